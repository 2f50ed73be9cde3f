//! The sessions that match a filter are to end.
//!
//! The audit database knows which they are; each is ended in the session store, if it lives there still.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::iter};

use super::Authority;
use crate::{
    domain::{
        CallError, Cause, EndReason, SessionEnding, SessionId, UnixMillis,
        search::{AuditedSession, PageRequest, SessionFilter, SessionPosition, SessionSearch, SessionState, TimeRange},
    },
    store::{AccessGuard, LoadOutcome, RevocationTarget, SessionRevocation, StoreError},
};

/// Sessions that are shown of those that match.
const SAMPLE_SIZE: u32 = 20;
/// Sessions between two answers.
const BATCH: u32 = 256;
/// Sessions that are ended at a time.
const CONCURRENT_REVOCATIONS: usize = 16;

/// Sessions to be ended.
#[derive(Clone, Debug)]
pub struct FilterRevocationRequest {
    pub filter: SessionFilter,
    /// If more match, none is ended. `None`: no limit.
    pub max_count: Option<u64>,
    pub cause: Cause,
}

/// What matches, before anything is ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RevocationPreview {
    pub count: u64,
    /// Some of them, latest start first.
    pub sample: Vec<AuditedSession>,
    /// What started later may be missing. `None`: not known.
    pub complete_until: Option<UnixMillis>,
}

/// A revocation that is under way.
#[derive(Debug)]
pub struct RevocationProgress {
    search: SessionSearch,
    cause: Cause,
    /// What was looked at up to here is done.
    after: Option<SessionPosition>,
    /// How many may still be ended.
    remaining: u64,
    revoked: u64,
    /// Why some were not.
    failure: Option<StoreError>,
}

impl RevocationProgress {
    /// How many sessions were ended so far.
    #[must_use]
    pub const fn revoked(&self) -> u64 {
        self.revoked
    }
}

impl Authority {
    /// Finds what is to be ended: sessions that live now. Ends nothing; [`Authority::revoke_batch`] does.
    pub async fn revoke_where(
        &self,
        request: FilterRevocationRequest,
    ) -> Result<(RevocationPreview, RevocationProgress), CallError> {
        let FilterRevocationRequest { mut filter, max_count, cause } = request;
        // Times are whole milliseconds: this one is not over.
        let later = self.now().plus(Duration::from_millis(1));
        filter.created.end = Some(filter.created.end.map_or(later, |end| end.min(later)));
        let search = SessionSearch { filter, state: Some(SessionState::Live), end_reason: None };

        let complete_until = self.complete_until();
        let history = self.history()?;
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

    /// Ends some of the sessions, and answers whether there are more. One that cannot be ended keeps no other from its
    /// end: that is an error when all were tried, or when of a batch none could be ended. After an error, and where this
    /// is dropped, those that were ended stay ended.
    pub async fn revoke_batch(&self, revoking: &mut RevocationProgress) -> Result<bool, CallError> {
        if !self.parts.backlog.admits_changes() {
            return Err(CallError::AuditBacklogFull);
        }
        let size = u32::try_from(revoking.remaining).unwrap_or(BATCH).min(BATCH);
        let page = PageRequest { size, after: revoking.after };
        let found = self.history()?.search_sessions(&revoking.search, page).await?;
        let looked_at = found.len() as u64;
        let last = found.last().map(AuditedSession::position);

        let ids = found.into_iter().map(|entry| entry.id);
        let mut endings = iter(ids).map(|id| self.revoke_one(id, revoking)).buffer_unordered(CONCURRENT_REVOCATIONS);
        let (mut revoked, mut failure) = (0, None);
        while let Some(ended) = endings.next().await {
            match ended {
                Ok(ended) => {
                    self.note_ended(&ended);
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

    /// The end of one session, which must still be of a tenant and user that are meant, and last active when it was
    /// meant to be: of activity the audit database learns later than the store.
    fn revoke_one(
        &self,
        id: SessionId,
        revoking: &RevocationProgress,
    ) -> impl Future<Output = Result<Vec<SessionEnding>, StoreError>> + Send + use<> {
        let filter = &revoking.search.filter;
        let revocation = SessionRevocation {
            now: self.now(),
            target: RevocationTarget::Session(id),
            guard: AccessGuard { tenants: filter.tenants.clone(), user: filter.user.clone(), secret: None },
            is_compromised: false,
            reason: EndReason::Revoked,
            cause: revoking.cause.clone(),
        };
        let (store, window) = (Arc::clone(&self.parts.store), filter.last_active);
        let noted = self.activity.lock_session(id).latest();
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
