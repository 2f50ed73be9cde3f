//! The denylist: IDs of JWTs that must not be accepted any more, each until its JWT expires.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{Cause, DeniedJwt, EventId, JwtIdDigest, TenantId, UnixMillis};

/// The denied JWTs of all tenants.
///
/// Every implementation keeps these rules:
///
/// - **One step per bucket.** Each ID belongs to the bucket of its digest. A call denies the IDs of a bucket in one
///   atomic step, on conditions that the step checks itself.
/// - **No denial without its event.** A call that denies an ID, or extends a denial, appends one event with all such
///   IDs, in its first step. A call that changes nothing appends none.
/// - **A denial never shortens.** It ends at the latest time that was stated for its ID, and cannot be withdrawn. The
///   caller of [`Denylist::find_denials`] computes whether it has ended; the engine only frees the space.
/// - **Bounded.** A bucket keeps at most [`limits::MAX_DENIALS_PER_BUCKET`] denials that have not ended. One more is
///   refused with [`StoreError::DenylistFull`]. No denial is dropped for another.
/// - **The store's clock decides**, as for [`SessionStore`](super::SessionStore).
///
/// [`limits::MAX_DENIALS_PER_BUCKET`]: crate::domain::limits::MAX_DENIALS_PER_BUCKET
#[async_trait]
pub trait Denylist: Send + Sync {
    /// Denies JWTs. If an error occurs after the first bucket, the call returns [`StoreError::PartiallyDenied`] or
    /// [`StoreError::DenylistFull`]; a repeat denies the others.
    async fn deny(&self, denial: JwtDenial) -> Result<DenialCounts, StoreError>;

    /// Returns the time at which the denial of each ID ends, in the order given; `None` if the ID is not denied. The
    /// time may have passed. The read is authoritative: if it starts after a denial was acknowledged, it sees the
    /// denial.
    async fn find_denials(&self, ids: &[JwtIdDigest]) -> Result<Vec<Option<UnixMillis>>, StoreError>;
}

/// JWTs to be denied.
#[derive(Clone, Debug)]
pub struct JwtDenial {
    pub now: UnixMillis,
    pub tenant: TenantId,
    /// The JWTs, no two of them with the same digest.
    pub jwts: Vec<DeniedJwt>,
    pub event: EventId,
    pub cause: Cause,
}

/// The outcome of a [`JwtDenial`]. The numbers add up to that of its JWTs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DenialCounts {
    /// The number of JWTs that this call denied, or whose denial it extended.
    pub denied: u32,
    /// The number of JWTs that were already denied for at least as long.
    pub already_denied: u32,
    /// The number of JWTs that have expired. They are not stored.
    pub expired: u32,
}

impl DenialCounts {
    /// Returns the sums of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            denied: self.denied + other.denied,
            already_denied: self.already_denied + other.already_denied,
            expired: self.expired + other.expired,
        }
    }
}
