//! The denial of JWTs by their IDs.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use super::change_recorder::ChangeRecorder;
use crate::{
    clock::Clock,
    domain::{CallError, Cause, DeniedJwt, EventId, FieldViolation, JwtId, TenantId, UnixMillis, limits::MAX_DENIAL},
    entropy::{Entropy, random_bytes},
    store::{DenialCounts, Denylist, JwtDenial},
};

/// A request to deny JWTs.
#[derive(Clone, Debug)]
pub struct DenialRequest {
    pub tenant: TenantId,
    /// The ID and the expiry of each JWT. An ID may occur more than once.
    pub jwts: Vec<(JwtId, UnixMillis)>,
    /// Records the IDs in the audit, and not only their digests.
    pub records_ids: bool,
    pub cause: Cause,
}

/// Denies JWTs.
pub struct JwtDenier {
    /// The denylist. Its changes invalidate the cache of this node.
    pub denylist: Arc<dyn Denylist>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub changes: ChangeRecorder,
}

impl JwtDenier {
    /// Requires that a JWT that expires at `expires_at` can be denied.
    pub fn check_expiry(&self, expires_at: UnixMillis) -> Result<(), FieldViolation> {
        if expires_at > self.clock.now().plus(MAX_DENIAL) {
            let days = MAX_DENIAL.as_secs() / 86_400;
            return Err(FieldViolation::new("expires_at", format!("is more than {days} days from now")));
        }
        Ok(())
    }

    /// Denies JWTs. If an ID occurs more than once, its latest expiry counts, and the others count as already denied.
    pub async fn deny(&self, request: DenialRequest) -> Result<DenialCounts, CallError> {
        let DenialRequest { tenant, jwts, records_ids, cause } = request;
        let now = self.clock.now();
        let mut repeated = DenialCounts::default();
        let mut distinct = BTreeMap::new();
        for (id, expires_at) in jwts {
            let digest = id.digest(&tenant);
            match distinct.entry(digest) {
                Entry::Vacant(entry) => {
                    entry.insert(DeniedJwt { digest, expires_at, recorded_id: records_ids.then_some(id) });
                }
                Entry::Occupied(mut entry) => {
                    if expires_at.min(entry.get().expires_at) <= now {
                        repeated.expired += 1;
                    } else {
                        repeated.already_denied += 1;
                    }
                    entry.get_mut().expires_at = expires_at.max(entry.get().expires_at);
                }
            }
        }
        let event = EventId::from_denial(random_bytes(self.entropy.as_ref())?);
        let denial = JwtDenial { now, tenant, jwts: distinct.into_values().collect(), event, cause };
        let denied = self.denylist.deny(denial).await;
        // A denial that failed in some buckets has an event, too.
        self.changes.record_denied(denied.as_ref().map_or(0, |counts| counts.denied));
        Ok(denied?.plus(repeated))
    }
}
