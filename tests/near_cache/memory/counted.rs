//! An observer that counts.

use std::sync::Mutex;
use std::time::Duration;

use session_authority::cache::{CacheObserver, Fallback};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub hits: usize,
    pub kept: usize,
    pub not_kept: usize,
    pub joined: usize,
    pub fallbacks: Vec<Fallback>,
    pub outdated: usize,
}

impl Counts {
    /// The share of reads since `before` that were answered from memory.
    pub fn hit_rate_since(&self, before: &Self) -> f64 {
        let all = |counts: &Self| counts.hits + counts.kept + counts.not_kept + counts.joined + counts.fallbacks.len();
        let (hits, reads) = (self.hits - before.hits, all(self) - all(before));
        f64::from(u32::try_from(hits).expect("few reads")) / f64::from(u32::try_from(reads).expect("few reads"))
    }
}

#[derive(Default)]
pub struct Counted(Mutex<Counts>);

impl Counted {
    pub fn so_far(&self) -> Counts {
        self.0.lock().expect("counts").clone()
    }

    fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.0.lock().expect("counts"));
    }
}

impl CacheObserver for Counted {
    fn hit(&self, _: Duration) {
        self.count(|counts| counts.hits += 1);
    }

    fn missed(&self, kept: bool) {
        self.count(|counts| if kept { counts.kept += 1 } else { counts.not_kept += 1 });
    }

    fn joined(&self) {
        self.count(|counts| counts.joined += 1);
    }

    fn fell_back(&self, why: Fallback) {
        self.count(|counts| counts.fallbacks.push(why));
    }

    fn outdated(&self) {
        self.count(|counts| counts.outdated += 1);
    }
}
