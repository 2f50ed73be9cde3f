//! The check whether JWTs are denied.

use std::sync::Arc;

use super::{clock_monitor::ClockMonitor, observer::AuthorityObserver};
use crate::{
    clock::Clock,
    domain::{CallError, JwtId, JwtIdDigest, TenantId, UnixMillis},
    near_cache::DenylistReader,
};

/// A request to check JWTs.
#[derive(Clone, Debug)]
pub struct DenylistCheckRequest {
    pub tenant: TenantId,
    pub ids: Vec<JwtId>,
    /// Demands verdicts that include every denial acknowledged before, at the cost of a round trip to the store.
    /// Otherwise they may lack denials acknowledged within the staleness bound.
    pub strong: bool,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DenylistVerdicts {
    /// The time until which each JWT is denied, in the order of the request; `None` if it is not denied.
    pub denied_until: Vec<Option<UnixMillis>>,
    /// The time before which every acknowledged denial is included.
    pub as_of: UnixMillis,
    /// True if the store was not read.
    pub from_cache: bool,
}

/// Checks whether JWTs are denied.
pub struct DenylistChecker {
    pub reader: Arc<DenylistReader>,
    pub clock: Arc<dyn Clock>,
    pub clock_monitor: Arc<ClockMonitor>,
    pub observer: Arc<dyn AuthorityObserver>,
}

impl DenylistChecker {
    /// Checks JWTs by their IDs. An error means that no verdict was reached, never that the JWTs may be accepted.
    pub async fn check(&self, request: DenylistCheckRequest) -> Result<DenylistVerdicts, CallError> {
        let moment = self.clock.instant();
        let now = moment.wall_clock;
        self.clock_monitor.verify(moment)?;
        let digests: Vec<JwtIdDigest> = request.ids.iter().map(|id| id.digest(&request.tenant)).collect();
        let read = if request.strong {
            self.reader.read_store(&digests).await?
        } else {
            self.reader.read_bounded(&digests).await?
        };
        let has_ended = |ends_at: &Option<UnixMillis>| ends_at.is_some_and(|at| at <= now);
        if read.denial_ends.iter().any(has_ended) {
            self.clock_monitor.verify_recent(moment)?;
        }
        let denied_until: Vec<_> = read.denial_ends.into_iter().map(|ends_at| ends_at.filter(|at| *at > now)).collect();
        let denied = denied_until.iter().flatten().count();
        self.observer.denylist_checked(denied, denied_until.len() - denied);
        Ok(DenylistVerdicts { denied_until, as_of: read.as_of, from_cache: read.from_cache })
    }
}
