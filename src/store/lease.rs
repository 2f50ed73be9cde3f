//! As of when all that had happened was told.

use std::time::Duration;

use tokio::sync::Notify;

use crate::{
    domain::{UnixMillis, time::ClockInstant},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

/// What answers from memory are given under. Whoever tells of changes renews it, as of a moment **before** it asked for
/// the proof, and after it has told all that came before the answer.
#[derive(Debug)]
pub struct Lease {
    kind: LeaseKind,
    /// Microseconds since boot of the last proof; 0: none yet.
    since_boot: AtomicU64,
    wall_clock: AtomicU64,
    ended: AtomicBool,
    used: AtomicBool,
    renewal_requested: Notify,
    changed: Notify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LeaseKind {
    Renewable,
    Permanent,
}

/// What a [`Lease`] proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseProof {
    /// Nothing: not yet, or no longer.
    Unproven,
    /// Everything that had happened at this moment has been told.
    AsOf(ClockInstant),
    /// Everything that has happened has been told.
    AsOfNow,
}

impl LeaseProof {
    /// Whether it is younger than `bound`.
    #[must_use]
    pub fn is_fresh(self, now: ClockInstant, bound: Duration) -> bool {
        match self {
            Self::Unproven => false,
            Self::AsOf(moment) => moment.elapsed_until(now) < bound,
            Self::AsOfNow => true,
        }
    }
}

impl Lease {
    /// One that has to be renewed.
    #[must_use]
    pub fn new() -> Self {
        Self::with_kind(LeaseKind::Renewable)
    }

    /// One that always holds until it is ended: of an engine that this process alone has, and tells of its changes before it answers them.
    #[must_use]
    pub fn new_permanent() -> Self {
        Self::with_kind(LeaseKind::Permanent)
    }

    fn with_kind(kind: LeaseKind) -> Self {
        Self {
            kind,
            since_boot: AtomicU64::new(0),
            wall_clock: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            used: AtomicBool::new(false),
            renewal_requested: Notify::new(),
            changed: Notify::new(),
        }
    }

    /// To be read **before** what it is to prove is looked up.
    #[must_use]
    pub fn proof(&self) -> LeaseProof {
        if self.kind == LeaseKind::Permanent {
            return if self.ended.load(Ordering::Acquire) { LeaseProof::Unproven } else { LeaseProof::AsOfNow };
        }
        // Whoever sees a renewal sees all that was told before it.
        let since_boot = self.since_boot.load(Ordering::Acquire);
        if since_boot == 0 || self.ended.load(Ordering::Acquire) {
            return LeaseProof::Unproven;
        }
        // Of a later renewal, at worst: then both clocks would have to be wrong.
        let wall = UnixMillis::new(self.wall_clock.load(Ordering::Relaxed));
        LeaseProof::AsOf(ClockInstant { since_boot: Duration::from_micros(since_boot), wall_clock: wall })
    }

    /// Everything that had happened at `at` has been told. Does nothing to one that is over.
    pub fn renew(&self, at: ClockInstant) {
        self.wall_clock.store(at.wall_clock.get(), Ordering::Relaxed);
        let micros = u64::try_from(at.since_boot.as_micros()).unwrap_or(u64::MAX);
        self.since_boot.store(micros.max(1), Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Nothing is told under it any more.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }

    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Waits until its proof is enough. `false` when it is over instead.
    pub async fn wait_for_proof(&self, is_enough: impl Fn(LeaseProof) -> bool) -> bool {
        loop {
            let changed = self.changed.notified();
            if is_enough(self.proof()) {
                return true;
            }
            if self.has_ended() {
                return false;
            }
            changed.await;
        }
    }

    /// Answers are given under it, so it is worth being kept young.
    pub fn mark_used(&self) {
        // Written only when it changes: all processors read it with every answer.
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    /// Whether [`Lease::mark_used`] was said since this was last asked.
    pub fn take_used(&self) -> bool {
        self.used.swap(false, Ordering::Relaxed)
    }

    /// Asks for a renewal now.
    pub fn request_renewal(&self) {
        self.mark_used();
        self.renewal_requested.notify_one();
    }

    /// Waits until a renewal is asked for.
    pub async fn wait_for_renewal_request(&self) {
        self.renewal_requested.notified().await;
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

    fn at(millis: u64) -> ClockInstant {
        ClockInstant { since_boot: Duration::from_millis(millis), wall_clock: UnixMillis::new(millis) }
    }

    #[test]
    fn proves_nothing_before_it_was_renewed_and_after_it_ended() {
        let lease = Lease::new();
        assert_eq!(lease.proof(), LeaseProof::Unproven);
        lease.renew(at(5));
        assert_eq!(lease.proof(), LeaseProof::AsOf(at(5)));
        lease.end();
        lease.renew(at(6));
        assert_eq!(lease.proof(), LeaseProof::Unproven);
    }

    #[test]
    fn a_proof_holds_for_less_than_its_bound() {
        let bound = Duration::from_millis(250);
        assert!(LeaseProof::AsOf(at(5)).is_fresh(at(254), bound));
        assert!(!LeaseProof::AsOf(at(5)).is_fresh(at(255), bound));
        assert!(!LeaseProof::Unproven.is_fresh(at(5), bound));
        assert!(Lease::new_permanent().proof().is_fresh(at(u64::from(u32::MAX)), bound));
    }

    #[test]
    fn a_waiter_is_woken_by_a_renewal_and_by_the_end() {
        let lease = Lease::new();
        let mut renewed = Box::pin(lease.wait_for_proof(|proof| proof != LeaseProof::Unproven));
        assert_eq!(renewed.as_mut().now_or_never(), None);
        let mut renewed = Box::pin(lease.wait_for_proof(|proof| proof != LeaseProof::Unproven));
        lease.renew(at(5));
        assert_eq!(renewed.as_mut().now_or_never(), Some(true));
        let mut later = Box::pin(lease.wait_for_proof(|proof| proof == LeaseProof::AsOf(at(6))));
        lease.end();
        assert_eq!(later.as_mut().now_or_never(), Some(false));
    }

    #[test]
    fn reports_its_use_once() {
        let lease = Lease::new();
        lease.mark_used();
        lease.mark_used();
        assert!(lease.take_used());
        assert!(!lease.take_used());
        lease.request_renewal();
        assert_eq!(lease.wait_for_renewal_request().now_or_never(), Some(()));
    }
}
