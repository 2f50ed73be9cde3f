//! The sessions that match a filter are to end.
//!
//! The audit database knows which they are; each is ended in the session store, if it lives there still.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::iter};

use super::Authority;
use crate::{
    domain::{
        Cause, EndReason, Ended, Error, SessionId, UnixMillis,
        search::{Page, SessionEntry, SessionFilter, SessionPosition, SessionSearch, SessionState, Window},
    },
    store::{Guard, Loaded, Revocation, RevokeTarget, StoreError},
};

/// Sessions that are shown of those that match.
const SAMPLE: u32 = 20;
/// Sessions between two answers.
const BATCH: u32 = 256;
/// Sessions that are ended at a time.
const AT_A_TIME: usize = 16;

/// Sessions to be ended.
#[derive(Clone, Debug)]
pub struct RevokeWhere {
    pub filter: SessionFilter,
    /// If more match, none is ended. `None`: no limit.
    pub max_count: Option<u64>,
    pub cause: Cause,
}

/// What matches, before anything is ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Matching {
    pub count: u64,
    /// Some of them, latest start first.
    pub sample: Vec<SessionEntry>,
    /// What started later may be missing. `None`: not known.
    pub complete_until: Option<UnixMillis>,
}

/// A revocation that is under way.
#[derive(Debug)]
pub struct Revoking {
    search: SessionSearch,
    cause: Cause,
    /// What was looked at up to here is done.
    after: Option<SessionPosition>,
    /// How many may still be ended.
    left: u64,
    revoked: u64,
    /// Why some were not.
    failure: Option<StoreError>,
}

impl Revoking {
    /// How many sessions were ended so far.
    #[must_use]
    pub const fn revoked(&self) -> u64 {
        self.revoked
    }
}

impl Authority {
    /// Finds what is to be ended: sessions that live now. Ends nothing; [`Authority::revoke_some`] does.
    pub async fn revoke_where(&self, request: RevokeWhere) -> Result<(Matching, Revoking), Error> {
        let RevokeWhere { mut filter, max_count, cause } = request;
        // Times are whole milliseconds: this one is not over.
        let later = self.now().plus(Duration::from_millis(1));
        filter.created.end = Some(filter.created.end.map_or(later, |end| end.min(later)));
        let search = SessionSearch { filter, state: Some(SessionState::Live), end_reason: None };

        let complete_until = self.complete_until();
        let history = self.history()?;
        let count = history.count_sessions(&search).await?;
        let left = max_count.unwrap_or(u64::MAX);
        if count > left {
            return Err(Error::TooManyMatches { matched: count, allowed: left });
        }
        let sample = history.search_sessions(&search, Page { size: SAMPLE, after: None }).await?;
        Ok((
            Matching { count, sample, complete_until },
            Revoking { search, cause, after: None, left, revoked: 0, failure: None },
        ))
    }

    /// Ends some of the sessions, and answers whether there are more. One that cannot be ended keeps no other from its
    /// end: that is an error when all were tried, or when of a batch none could be ended. After an error, and where this
    /// is dropped, those that were ended stay ended.
    pub async fn revoke_some(&self, revoking: &mut Revoking) -> Result<bool, Error> {
        if !self.parts.backlog.admits_changes() {
            return Err(Error::AuditBacklogFull);
        }
        let size = u32::try_from(revoking.left).unwrap_or(BATCH).min(BATCH);
        let page = Page { size, after: revoking.after };
        let found = self.history()?.search_sessions(&revoking.search, page).await?;
        let looked_at = found.len() as u64;
        let last = found.last().map(SessionEntry::position);

        let ids = found.into_iter().map(|entry| entry.id);
        let mut endings = iter(ids).map(|id| self.ending(id, revoking)).buffer_unordered(AT_A_TIME);
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
        revoking.left -= looked_at;
        revoking.after = last.or(revoking.after);
        let is_away = revoked == 0 && failure.is_some();
        revoking.failure = failure.or(revoking.failure.take());
        let more = looked_at == u64::from(size) && revoking.left > 0;
        match revoking.failure.take_if(|_| is_away || !more) {
            Some(error) => Err(error.into()),
            None => Ok(more),
        }
    }

    /// The end of one session, which must still be of a tenant and user that are meant, and last active when it was
    /// meant to be: of activity the audit database learns later than the store.
    fn ending(
        &self,
        id: SessionId,
        revoking: &Revoking,
    ) -> impl Future<Output = Result<Vec<Ended>, StoreError>> + Send + use<> {
        let filter = &revoking.search.filter;
        let revocation = Revocation {
            now: self.now(),
            target: RevokeTarget::Session(id),
            guard: Guard { tenants: filter.tenants.clone(), user: filter.user.clone(), secret: None },
            is_compromised: false,
            reason: EndReason::Revoked,
            cause: revoking.cause.clone(),
        };
        let (store, window) = (Arc::clone(&self.parts.store), filter.last_active);
        let noted = self.activity.of(id).latest();
        async move {
            if window != Window::default() {
                let Loaded::Found(found) = store.load(id).await? else { return Ok(Vec::new()) };
                let last_active = found.session.clock.last_active;
                if !window.has(noted.map_or(last_active, |noted| noted.max(last_active))) {
                    return Ok(Vec::new());
                }
            }
            store.revoke(revocation).await
        }
    }
}
