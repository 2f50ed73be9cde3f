//! The revocation of the sessions that match a filter.
//!
//! The audit database finds the sessions. Each is ended in the session store if it is still active there.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::iter};

use super::{
    activity::SessionActivity, audit_reader::AuditReader, backlog::BacklogGate, change_recorder::ChangeRecorder,
};
use crate::{
    clock::Clock,
    domain::{
        CallError, Cause, EndReason, SessionEnding, SessionId, UnixMillis,
        search::{AuditedSession, PageRequest, SessionFilter, SessionPosition, SessionSearch, SessionState, TimeRange},
    },
    store::{AccessGuard, LoadOutcome, RevocationTarget, SessionRevocation, SessionStore, StoreError},
};

/// The number of matching sessions in a preview.
const SAMPLE_SIZE: u32 = 20;
/// The number of sessions between two responses.
const BATCH: u32 = 256;
/// The number of sessions that are ended concurrently.
const CONCURRENT_REVOCATIONS: usize = 16;

/// A request to revoke the sessions that match a filter.
#[derive(Clone, Debug)]
pub struct FilterRevocationRequest {
    pub filter: SessionFilter,
    /// The maximum number of matching sessions. If more match, no session is ended. `None`: no limit.
    pub max_count: Option<u64>,
    pub cause: Cause,
}

/// The matching sessions, before any of them is ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RevocationPreview {
    pub count: u64,
    /// A sample of the matching sessions, latest start first.
    pub sample: Vec<AuditedSession>,
    /// The time up to which the matches are complete: sessions that started later may be missing. `None`: not known.
    pub complete_until: Option<UnixMillis>,
}

/// A revocation in progress.
#[derive(Debug)]
pub struct RevocationProgress {
    search: SessionSearch,
    cause: Cause,
    /// The position up to which all sessions are done.
    after: Option<SessionPosition>,
    /// The number of sessions that may still be ended.
    remaining: u64,
    revoked: u64,
    /// The error of a session that could not be ended.
    failure: Option<StoreError>,
}

impl RevocationProgress {
    /// Returns the number of sessions ended so far.
    #[must_use]
    pub const fn revoked(&self) -> u64 {
        self.revoked
    }
}

/// Revokes the sessions that match a filter.
pub struct FilterRevoker {
    pub audit: AuditReader,
    pub store: Arc<dyn SessionStore>,
    pub clock: Arc<dyn Clock>,
    pub activity: Arc<SessionActivity>,
    pub changes: ChangeRecorder,
    pub backlog: Arc<BacklogGate>,
}

impl FilterRevoker {
    /// Finds the active sessions that match. Ends none of them; [`FilterRevoker::revoke_batch`] does.
    pub async fn find(
        &self,
        request: FilterRevocationRequest,
    ) -> Result<(RevocationPreview, RevocationProgress), CallError> {
        let FilterRevocationRequest { mut filter, max_count, cause } = request;
        // Times are whole milliseconds, and the current one has not ended yet.
        let later = self.clock.now().plus(Duration::from_millis(1));
        filter.created.end = Some(filter.created.end.map_or(later, |end| end.min(later)));
        let search = SessionSearch { filter, state: Some(SessionState::Live), end_reason: None };

        let complete_until = self.audit.complete_until();
        let history = self.audit.history()?;
        let count = history.count_sessions(&search).await?;
        let left = max_count.unwrap_or(u64::MAX);
        if count > left {
            return Err(CallError::TooManyMatches { matched: count, allowed: left });
        }
        let sample = history.search_sessions(&search, PageRequest { size: SAMPLE_SIZE, after: None }).await?;
        Ok((
            RevocationPreview { count, sample, complete_until },
            RevocationProgress { search, cause, after: None, remaining: left, revoked: 0, failure: None },
        ))
    }

    /// Ends some of the sessions. Returns whether there are more. A session that cannot be ended does not prevent the
    /// end of others. This becomes an error once all sessions were tried, or if no session of a batch could be ended.
    /// Sessions that were ended stay ended after an error, and if the revocation is dropped.
    pub async fn revoke_batch(&self, revoking: &mut RevocationProgress) -> Result<bool, CallError> {
        if !self.backlog.admits_changes() {
            return Err(CallError::AuditBacklogFull);
        }
        let size = u32::try_from(revoking.remaining).unwrap_or(BATCH).min(BATCH);
        let page = PageRequest { size, after: revoking.after };
        let found = self.audit.history()?.search_sessions(&revoking.search, page).await?;
        let looked_at = found.len() as u64;
        let last = found.last().map(AuditedSession::position);

        let ids = found.into_iter().map(|entry| entry.id);
        let mut endings = iter(ids).map(|id| self.revoke_one(id, revoking)).buffer_unordered(CONCURRENT_REVOCATIONS);
        let (mut revoked, mut failure) = (0, None);
        while let Some(ended) = endings.next().await {
            match ended {
                Ok(ended) => {
                    self.changes.record_ended(&ended);
                    revoked += ended.len() as u64;
                }
                Err(error) => failure = Some(error),
            }
        }
        drop(endings);
        revoking.revoked += revoked;
        revoking.remaining -= looked_at;
        revoking.after = last.or(revoking.after);
        let is_store_unavailable = revoked == 0 && failure.is_some();
        revoking.failure = failure.or(revoking.failure.take());
        let more = looked_at == u64::from(size) && revoking.remaining > 0;
        match revoking.failure.take_if(|_| is_store_unavailable || !more) {
            Some(error) => Err(error.into()),
            None => Ok(more),
        }
    }

    /// Ends one session. It must still belong to the tenants and the user of the filter, and its last activity must
    /// match, because the audit database learns of activity later than the store.
    fn revoke_one(
        &self,
        id: SessionId,
        revoking: &RevocationProgress,
    ) -> impl Future<Output = Result<Vec<SessionEnding>, StoreError>> + Send + use<> {
        let filter = &revoking.search.filter;
        let revocation = SessionRevocation {
            now: self.clock.now(),
            target: RevocationTarget::Session(id),
            guard: AccessGuard { tenants: filter.tenants.clone(), user: filter.user.clone(), secret: None },
            is_compromised: false,
            reason: EndReason::Revoked,
            cause: revoking.cause.clone(),
        };
        let (store, window) = (Arc::clone(&self.store), filter.last_active);
        let noted = self.activity.latest(id);
        async move {
            if window != TimeRange::default() {
                let LoadOutcome::Found(found) = store.load(id).await? else { return Ok(Vec::new()) };
                let last_active = found.session.clock.last_active;
                if !window.contains(noted.map_or(last_active, |noted| noted.max(last_active))) {
                    return Ok(Vec::new());
                }
            }
            store.revoke(revocation).await
        }
    }
}
