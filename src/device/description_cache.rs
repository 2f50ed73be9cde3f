use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::DeviceDescription;

/// Caches descriptions by user agent, up to a maximum number.
///
/// The cache has two generations. Entries that are requested live in the young one. When that holds half of the
/// maximum, the old one is dropped and the young one takes its place. An entry that is requested again within a
/// generation stays, at constant cost and without an order to maintain.
pub(super) struct DescriptionCache {
    generation_size: usize,
    entries: Mutex<CacheGenerations>,
}

type DescriptionMap = HashMap<Box<str>, Arc<DeviceDescription>>;

#[derive(Default)]
struct CacheGenerations {
    young: DescriptionMap,
    old: DescriptionMap,
}

impl DescriptionCache {
    /// Creates a cache of at most `capacity` descriptions, and at least two.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { generation_size: (capacity / 2).max(1), entries: Mutex::default() }
    }

    pub(super) fn get(&self, user_agent: &str) -> Option<Arc<DeviceDescription>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = entries.young.get(user_agent) {
            return Some(Arc::clone(known));
        }
        let (key, known) = entries.old.remove_entry(user_agent)?;
        entries.insert(key, Arc::clone(&known), self.generation_size);
        Some(known)
    }

    pub(super) fn insert(&self, user_agent: &str, description: Arc<DeviceDescription>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.insert(user_agent.into(), description, self.generation_size);
    }
}

impl CacheGenerations {
    fn insert(&mut self, key: Box<str>, description: Arc<DeviceDescription>, generation: usize) {
        if self.young.len() >= generation {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, description);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cached_entries(cache: &DescriptionCache) -> usize {
        let entries = cache.entries.lock().expect("no panic under the lock");
        entries.young.len() + entries.old.len()
    }

    #[test]
    fn never_holds_more_than_its_capacity() {
        let cache = DescriptionCache::with_capacity(64);
        for n in 0..1000 {
            cache.insert(&format!("agent/{n}"), Arc::default());
            cache.get(&format!("agent/{}", n / 2));
            assert!(cached_entries(&cache) <= 64);
        }
    }

    #[test]
    fn what_is_asked_for_again_survives_a_flood_of_others() {
        let cache = DescriptionCache::with_capacity(64);
        cache.insert("regular", Arc::default());
        for n in 0..1000 {
            cache.insert(&format!("stranger/{n}"), Arc::default());
            assert!(cache.get("regular").is_some());
        }
        assert!(cache.get("stranger/0").is_none());
    }
}
