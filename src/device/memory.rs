use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Description;

/// Remembers descriptions by user agent, never more than the number it was made for.
///
/// Two generations: what is asked for lives in the young one, and when that holds half of the
/// total, the old one is dropped and the young one takes its place. What is asked for again
/// within a generation stays, at constant cost and without an order to maintain.
pub(super) struct Memory {
    generation: usize,
    entries: Mutex<Generations>,
}

type Entries = HashMap<Box<str>, Arc<Description>>;

#[derive(Default)]
struct Generations {
    young: Entries,
    old: Entries,
}

impl Memory {
    /// Holds at most `capacity` descriptions, and at least two.
    pub(super) fn holding(capacity: usize) -> Self {
        Self { generation: (capacity / 2).max(1), entries: Mutex::default() }
    }

    pub(super) fn recall(&self, user_agent: &str) -> Option<Arc<Description>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = entries.young.get(user_agent) {
            return Some(Arc::clone(known));
        }
        let (key, known) = entries.old.remove_entry(user_agent)?;
        entries.insert(key, Arc::clone(&known), self.generation);
        Some(known)
    }

    pub(super) fn keep(&self, user_agent: &str, description: Arc<Description>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.insert(user_agent.into(), description, self.generation);
    }
}

impl Generations {
    fn insert(&mut self, key: Box<str>, description: Arc<Description>, generation: usize) {
        if self.young.len() >= generation {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, description);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(memory: &Memory) -> usize {
        let entries = memory.entries.lock().expect("no panic under the lock");
        entries.young.len() + entries.old.len()
    }

    #[test]
    fn never_holds_more_than_its_capacity() {
        let memory = Memory::holding(64);
        for n in 0..1000 {
            memory.keep(&format!("agent/{n}"), Arc::default());
            memory.recall(&format!("agent/{}", n / 2));
            assert!(held(&memory) <= 64);
        }
    }

    #[test]
    fn what_is_asked_for_again_survives_a_flood_of_others() {
        let memory = Memory::holding(64);
        memory.keep("regular", Arc::default());
        for n in 0..1000 {
            memory.keep(&format!("stranger/{n}"), Arc::default());
            assert!(memory.recall("regular").is_some());
        }
        assert!(memory.recall("stranger/0").is_none());
    }
}
