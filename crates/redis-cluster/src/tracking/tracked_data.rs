//! The application's side of tracking: its data, its leases, and its receiver of invalidations.

use std::{sync::Arc, time::Duration};

use redis::{Cmd, Value};

use crate::address::Endpoint;

/// Data of which the application caches a part, and the receiver of its invalidations.
///
/// The data is divided into parts, which are attached and detached as a whole. While a part is attached to a lease, its
/// invalidations are delivered under that lease. The methods that deliver return at once; when they return, data that
/// was read before is no longer used.
pub trait TrackedData: Send + Sync + 'static {
    /// A part of the data. All its keys are in one hash slot.
    type Part: Copy + Ord + Send + Sync + 'static;
    type Lease: TrackingLease;

    /// Returns all parts.
    fn parts(&self) -> Vec<Self::Part>;

    /// Returns two keys of a part that exist for as long as the part is in use, in the slot of the part. A server that
    /// has neither of them has lost the part. While a slot moves, a server answers for both only if it has the whole
    /// slot, or both of them.
    fn presence_keys(&self, part: Self::Part) -> [Vec<u8>; 2];

    /// Returns a key of a part for the probe of a new connection, which writes it and lets it expire. `connection` is
    /// unique on its server.
    fn probe_key(&self, part: Self::Part, connection: u64) -> Vec<u8>;

    /// Returns the command that reads the layout version of a part.
    fn layout_command(&self, part: Self::Part) -> Cmd;

    /// Checks the answer to [`layout_command`](Self::layout_command). Returns the reason for which the data cannot be
    /// used.
    fn check_layout(&self, layout: &Value) -> Result<(), String>;

    /// Creates the lease of a new connection.
    fn new_lease(&self) -> Self::Lease;

    /// Returns the current time, as of which leases are renewed.
    fn instant(&self) -> <Self::Lease as TrackingLease>::Instant;

    /// Returns the delay before the next connection after `failures` failed ones since the last that worked, at least
    /// one.
    fn retry_delay(&self, failures: u32) -> Duration;

    /// Attaches a part to a lease.
    fn attach(&self, part: Self::Part, lease: &Arc<Self::Lease>);

    /// Detaches a part from a lease: its invalidations are no longer delivered. Has no effect if the part is attached
    /// to another lease by now.
    fn detach(&self, part: Self::Part, lease: &Arc<Self::Lease>);

    /// Invalidates the data under a key. Returns `false` if no data is cached under such keys.
    fn invalidate_key(&self, key: &[u8]) -> bool;

    /// Invalidates a whole part.
    fn invalidate_part(&self, part: Self::Part);

    /// Reports that the tracking of a server was established or interrupted.
    fn report(&self, server: &Endpoint, change: TrackingChange<'_>);
}

/// A lease: the time up to which every invalidation under it is known to have been delivered. Cached data is used only
/// under a lease that is recent enough for the application.
pub trait TrackingLease: Send + Sync + 'static {
    /// A point in time.
    type Instant: Copy + Send + Sync;

    /// The interval between two renewals of a lease that is used.
    const RENEW_INTERVAL: Duration;

    /// Renews the lease: every invalidation up to `at` has been delivered. Has no effect on a lease that has ended.
    fn renew(&self, at: Self::Instant);

    /// Ends the lease: no invalidation is delivered under it any more.
    fn end(&self);

    fn has_ended(&self) -> bool;

    /// Waits until the lease ends.
    fn wait_for_end(&self) -> impl Future<Output = ()> + Send;

    /// Returns whether data was used under the lease since this was last called. A lease that is used is renewed often.
    fn take_used(&self) -> bool;

    /// Waits until the application requests a renewal at once.
    fn wait_for_renewal_request(&self) -> impl Future<Output = ()> + Send;
}

/// A change in the tracking of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackingChange<'a> {
    Established,
    /// The tracking failed. The next attempt is after `retry_in`.
    Interrupted {
        error: &'a str,
        retry_in: Duration,
    },
    /// The server, or a proxy in front of it, does not support tracking. The next attempt is in a minute.
    Unsupported {
        reason: &'a str,
    },
}
