//! Leases: the time up to which this node is known to have received every invalidation.

use std::time::Duration;

use tokio::sync::Notify;

use crate::{
    domain::{UnixMillis, time::ClockInstant},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

/// A lease: the time up to which this node is known to have received every invalidation of a bucket. A cached session
/// is served only under a lease. The source of the invalidations renews it, as of a moment **before** it asked for the
/// proof, and after it has delivered every invalidation that preceded the response.
#[derive(Debug)]
pub struct Lease {
    kind: LeaseKind,
    /// The time of the last proof in microseconds since boot; 0 before the first proof.
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

/// The proof of a [`Lease`] at the moment it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseProof {
    /// The lease proves nothing, not yet or no longer.
    Unproven,
    /// Every invalidation up to this moment has been delivered.
    AsOf(ClockInstant),
    /// Every invalidation up to now has been delivered.
    AsOfNow,
}

impl LeaseProof {
    /// Returns whether the proof is younger than `bound`.
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
    /// Creates a lease that must be renewed.
    #[must_use]
    pub fn new() -> Self {
        Self::with_kind(LeaseKind::Renewable)
    }

    /// Creates a lease that holds until it is ended. It is for an engine that only this process uses, and that delivers
    /// its invalidations before it responds.
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

    /// Returns the proof of the lease. It must be read **before** the lookup that it covers.
    #[must_use]
    pub fn proof(&self) -> LeaseProof {
        if self.kind == LeaseKind::Permanent {
            return if self.ended.load(Ordering::Acquire) { LeaseProof::Unproven } else { LeaseProof::AsOfNow };
        }
        // A thread that sees a renewal also sees every invalidation that was delivered before it.
        let since_boot = self.since_boot.load(Ordering::Acquire);
        if since_boot == 0 || self.ended.load(Ordering::Acquire) {
            return LeaseProof::Unproven;
        }
        // At worst the value is of a later renewal, which does harm only if both clocks are wrong.
        let wall = UnixMillis::new(self.wall_clock.load(Ordering::Relaxed));
        LeaseProof::AsOf(ClockInstant { since_boot: Duration::from_micros(since_boot), wall_clock: wall })
    }

    /// Renews the lease: every invalidation up to `at` has been delivered. Has no effect on a lease that has ended.
    pub fn renew(&self, at: ClockInstant) {
        self.wall_clock.store(at.wall_clock.get(), Ordering::Relaxed);
        let micros = u64::try_from(at.since_boot.as_micros()).unwrap_or(u64::MAX);
        self.since_boot.store(micros.max(1), Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Ends the lease: no invalidation is delivered under it any more.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }

    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Waits until the proof is enough. Returns `false` if the lease ends first.
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

    /// Marks the lease as used: sessions are served under it, so it is worth renewing.
    pub fn mark_used(&self) {
        // Written only if it changes, because all processors read it with every response.
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    /// Returns whether [`Lease::mark_used`] was called since this was last called.
    pub fn take_used(&self) -> bool {
        self.used.swap(false, Ordering::Relaxed)
    }

    /// Requests a renewal now.
    pub fn request_renewal(&self) {
        self.mark_used();
        self.renewal_requested.notify_one();
    }

    /// Waits until a renewal is requested.
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
