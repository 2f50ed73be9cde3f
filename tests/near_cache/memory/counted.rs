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
