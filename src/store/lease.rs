//! As of when all that had happened was told.

use std::time::Duration;

use tokio::sync::Notify;

use crate::{
    domain::{UnixMillis, time::Moment},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

/// What answers from memory are given under. Whoever tells of changes renews it, as of a moment **before** it asked for
/// the proof, and after it has told all that came before the answer.
#[derive(Debug)]
pub struct Lease {
    kind: Kind,
    /// Microseconds since boot of the last proof; 0: none yet.
    since_boot: AtomicU64,
    wall: AtomicU64,
    over: AtomicBool,
    used: AtomicBool,
    wanted: Notify,
    changed: Notify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Renewed,
    Always,
}

/// What a [`Lease`] proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: not yet, or no longer.
    Nothing,
    /// Everything that had happened at this moment has been told.
    AsOf(Moment),
    /// Everything that has happened has been told.
    AsOfNow,
}

impl Proof {
    /// Whether it is younger than `bound`.
    #[must_use]
    pub fn holds(self, now: Moment, bound: Duration) -> bool {
        match self {
            Self::Nothing => false,
            Self::AsOf(moment) => moment.until(now) < bound,
            Self::AsOfNow => true,
        }
    }
}

impl Lease {
    /// One that has to be renewed.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Kind::Renewed)
    }

    /// One that always holds until it is ended: of an engine that this process alone has, and tells of its changes before it answers them.
    #[must_use]
    pub fn always() -> Self {
        Self::of(Kind::Always)
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind,
            since_boot: AtomicU64::new(0),
            wall: AtomicU64::new(0),
            over: AtomicBool::new(false),
            used: AtomicBool::new(false),
            wanted: Notify::new(),
            changed: Notify::new(),
        }
    }

    /// To be read **before** what it is to prove is looked up.
    #[must_use]
    pub fn proof(&self) -> Proof {
        if self.kind == Kind::Always {
            return if self.over.load(Ordering::Acquire) { Proof::Nothing } else { Proof::AsOfNow };
        }
        // Whoever sees a renewal sees all that was told before it.
        let since_boot = self.since_boot.load(Ordering::Acquire);
        if since_boot == 0 || self.over.load(Ordering::Acquire) {
            return Proof::Nothing;
        }
        // Of a later renewal, at worst: then both clocks would have to be wrong.
        let wall = UnixMillis::new(self.wall.load(Ordering::Relaxed));
        Proof::AsOf(Moment { since_boot: Duration::from_micros(since_boot), wall })
    }

    /// Everything that had happened at `at` has been told. Does nothing to one that is over.
    pub fn renew(&self, at: Moment) {
        self.wall.store(at.wall.get(), Ordering::Relaxed);
        let micros = u64::try_from(at.since_boot.as_micros()).unwrap_or(u64::MAX);
        self.since_boot.store(micros.max(1), Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Nothing is told under it any more.
    pub fn end(&self) {
        self.over.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }

    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Waits until its proof is enough. `false` when it is over instead.
    pub async fn until_proven(&self, is_enough: impl Fn(Proof) -> bool) -> bool {
        loop {
            let changed = self.changed.notified();
            if is_enough(self.proof()) {
                return true;
            }
            if self.is_over() {
                return false;
            }
            changed.await;
        }
    }

    /// Answers are given under it, so it is worth being kept young.
    pub fn note_use(&self) {
        // Written only when it changes: all processors read it with every answer.
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    /// Whether [`Lease::note_use`] was said since this was last asked.
    pub fn take_used(&self) -> bool {
        self.used.swap(false, Ordering::Relaxed)
    }

    /// Asks for a renewal now.
    pub fn want(&self) {
        self.note_use();
        self.wanted.notify_one();
    }

    /// Waits until a renewal is asked for.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }
}

impl Default for Lease {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn at(millis: u64) -> Moment {
        Moment { since_boot: Duration::from_millis(millis), wall: UnixMillis::new(millis) }
    }

    #[test]
    fn proves_nothing_before_it_was_renewed_and_after_it_ended() {
        let lease = Lease::new();
        assert_eq!(lease.proof(), Proof::Nothing);
        lease.renew(at(5));
        assert_eq!(lease.proof(), Proof::AsOf(at(5)));
        lease.end();
        lease.renew(at(6));
        assert_eq!(lease.proof(), Proof::Nothing);
    }

    #[test]
    fn a_proof_holds_for_less_than_its_bound() {
        let bound = Duration::from_millis(250);
        assert!(Proof::AsOf(at(5)).holds(at(254), bound));
        assert!(!Proof::AsOf(at(5)).holds(at(255), bound));
        assert!(!Proof::Nothing.holds(at(5), bound));
        assert!(Lease::always().proof().holds(at(u64::from(u32::MAX)), bound));
    }

    #[test]
    fn whoever_waits_is_woken_by_a_renewal_and_by_the_end() {
        let lease = Lease::new();
        let mut renewed = Box::pin(lease.until_proven(|proof| proof != Proof::Nothing));
        assert_eq!(renewed.as_mut().now_or_never(), None);
        let mut renewed = Box::pin(lease.until_proven(|proof| proof != Proof::Nothing));
        lease.renew(at(5));
        assert_eq!(renewed.as_mut().now_or_never(), Some(true));
        let mut later = Box::pin(lease.until_proven(|proof| proof == Proof::AsOf(at(6))));
        lease.end();
        assert_eq!(later.as_mut().now_or_never(), Some(false));
    }

    #[test]
    fn tells_once_that_it_is_used() {
        let lease = Lease::new();
        lease.note_use();
        lease.note_use();
        assert!(lease.take_used());
        assert!(!lease.take_used());
        lease.want();
        assert_eq!(lease.wanted().now_or_never(), Some(()));
    }
}
