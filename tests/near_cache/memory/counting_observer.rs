//! An observer that counts.

use std::sync::Mutex;
use std::time::Duration;

use session_authority::near_cache::{CacheObserver, Fallback};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheCounts {
    pub hits: usize,
    pub cached: usize,
    pub not_cached: usize,
    pub joined: usize,
    pub fallbacks: Vec<Fallback>,
    pub outdated: usize,
}

impl CacheCounts {
    /// Returns the share of reads since `before` that were served from memory.
    pub fn hit_rate_since(&self, before: &Self) -> f64 {
        let all =
            |counts: &Self| counts.hits + counts.cached + counts.not_cached + counts.joined + counts.fallbacks.len();
        let (hits, reads) = (self.hits - before.hits, all(self) - all(before));
        f64::from(u32::try_from(hits).expect("few reads")) / f64::from(u32::try_from(reads).expect("few reads"))
    }
}

#[derive(Default)]
pub struct CountingObserver(Mutex<CacheCounts>);

impl CountingObserver {
    pub fn snapshot(&self) -> CacheCounts {
        self.0.lock().expect("counts").clone()
    }

    fn count(&self, count: impl FnOnce(&mut CacheCounts)) {
        count(&mut self.0.lock().expect("counts"));
    }
}

impl CacheObserver for CountingObserver {
    fn hit(&self, _: Duration) {
        self.count(|counts| counts.hits += 1);
    }

    fn missed(&self, kept: bool) {
        self.count(|counts| if kept { counts.cached += 1 } else { counts.not_cached += 1 });
    }

    fn joined(&self) {
        self.count(|counts| counts.joined += 1);
    }

    fn fell_back(&self, why: Fallback) {
        self.count(|counts| counts.fallbacks.push(why));
    }

    fn served_stale(&self) {
        self.count(|counts| counts.outdated += 1);
    }
}
