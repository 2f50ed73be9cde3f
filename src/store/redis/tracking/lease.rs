//! The lease of a tracking connection is the one under which the cache serves sessions.

use std::time::Duration;

use redis_cluster::TrackingLease;

use crate::{domain::time::ClockInstant, near_cache::source::Lease};

impl TrackingLease for Lease {
    type Instant = ClockInstant;

    /// Half of the smallest `cache.max_staleness`: a more frequent renewal costs the server and gains nothing.
    const RENEW_INTERVAL: Duration = Duration::from_millis(50);

    fn renew(&self, at: ClockInstant) {
        Lease::renew(self, at);
    }

    fn end(&self) {
        Lease::end(self);
    }

    fn has_ended(&self) -> bool {
        Lease::has_ended(self)
    }

    async fn wait_for_end(&self) {
        self.wait_for_proof(|_| false).await;
    }

    fn take_used(&self) -> bool {
        Lease::take_used(self)
    }

    async fn wait_for_renewal_request(&self) {
        Lease::wait_for_renewal_request(self).await;
    }
}
