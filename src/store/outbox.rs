//! The outbox: events on their way to the audit, as both engines store them.

use std::fmt;

use async_trait::async_trait;

use crate::domain::{
    AuthEventKind, Bucket, BucketSet, EndReason, Event, EventId, EventKind, EventSubject, Owner, Session, SessionId,
    UnixMillis,
    alert::{AcknowledgedAlert, AlertId, AlertVerdict},
    event::RevocationScope,
};

use super::{StoreClock, error::StoreError, record};

/// The events that the steps of a [`super::SessionStore`] have appended and that are not in the audit yet.
///
/// The time of an event is compared with the store's own clock, so an outbox gives access to it.
#[async_trait]
pub trait Outbox: StoreClock {
    /// Returns the events of each bucket, oldest first, at most `limit` per bucket.
    async fn read_outbox(&self, buckets: BucketSet, limit: usize) -> Result<Vec<PendingEvent>, StoreError>;

    /// Removes exactly these events. Events that are already gone are skipped.
    async fn delete_from_outbox(&self, positions: &[OutboxPosition]) -> Result<(), StoreError>;

    /// Returns the backlog of the outbox.
    async fn backlog(&self) -> Result<Backlog, StoreError>;
}

/// The position of an event in the outbox: its bucket and the engine's own name for the entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxPosition {
    pub bucket: Bucket,
    pub entry: String,
}

/// An event in the outbox.
#[derive(Debug)]
pub struct PendingEvent {
    pub position: OutboxPosition,
    /// The stored entry. An entry that the audit database cannot accept is kept as it is.
    pub entry: OutboxEntry,
    /// The event, or the error if the entry cannot be decoded.
    pub event: Result<Event, StoreError>,
}

impl PendingEvent {
    /// Decodes `entry`, and keeps it beside the result.
    #[must_use]
    pub fn from_entry(position: OutboxPosition, entry: OutboxEntry) -> Self {
        let event = entry.decode();
        Self { position, entry, event }
    }
}

/// The backlog of an outbox: the number of entries, and the time of the oldest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    pub events: u64,
    /// The time at which the oldest of them was written, by the store's clock.
    pub oldest: Option<UnixMillis>,
}

/// An outbox entry. Scripts write it without decoding records, so an entry carries them in their stored form. A part
/// that is missing in the store is empty here.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The [`kind_code`] of the event. For the end of a session, `reason` is the code of its reason.
    pub kind: u8,
    pub reason: u8,
    /// The ID of the session (20 bytes), or that of the event (16 bytes) if it is not about a session.
    pub subject: Vec<u8>,
    /// The session's owner, or the scope.
    pub owner: Vec<u8>,
    pub at: u64,
    /// The record of the session, the denied JWTs, or the ID of the answered alert (16 bytes) and of its session (20
    /// bytes, or none).
    pub record: Vec<u8>,
    pub clock: Vec<u8>,
    pub cause: Vec<u8>,
}

/// Shows neither record nor owner: the record contains an e-mail address, and the owner may be one.
impl fmt::Debug for OutboxEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxEntry")
            .field("kind", &self.kind)
            .field("reason", &self.reason)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// Returns the number of a kind in an outbox entry.
#[must_use]
pub const fn kind_code(kind: EventKind) -> u8 {
    match kind {
        EventKind::Created => 1,
        EventKind::Updated => 2,
        EventKind::Rotated => 3,
        EventKind::Ended(_) => 4,
        EventKind::RevokedAll => 5,
        EventKind::UserForgotten => 6,
        EventKind::TokensDenied => 7,
        EventKind::AuthFailed(_) => 8,
        EventKind::AlertAcknowledged => 9,
    }
}

impl OutboxEntry {
    /// Decodes the event of the entry.
    pub fn decode(&self) -> Result<Event, StoreError> {
        let corrupt = |what: &str| StoreError::corrupt("reading an outbox entry", what);
        let kind = match self.kind {
            1 => EventKind::Created,
            2 => EventKind::Updated,
            3 => EventKind::Rotated,
            4 => EventKind::Ended(EndReason::from_code(self.reason).ok_or_else(|| corrupt("unknown end reason"))?),
            5 => EventKind::RevokedAll,
            6 => EventKind::UserForgotten,
            7 => EventKind::TokensDenied,
            8 => EventKind::AuthFailed(
                AuthEventKind::from_code(self.reason).ok_or_else(|| corrupt("unknown kind of failure"))?,
            ),
            9 => EventKind::AlertAcknowledged,
            _ => return Err(corrupt("unknown event kind (written by a newer release?)")),
        };
        let (id, subject) = match kind {
            EventKind::RevokedAll | EventKind::UserForgotten => (self.event_id()?, EventSubject::Scope(self.scope()?)),
            EventKind::TokensDenied => {
                let RevocationScope::Tenant(tenant) = self.scope()? else { return Err(corrupt("not a tenant")) };
                let jwts = record::decode_denied_jwts(&self.record).map_err(|error| corrupt(&error.to_string()))?;
                (self.event_id()?, EventSubject::DeniedJwts { tenant, jwts })
            }
            EventKind::Created | EventKind::Updated | EventKind::Rotated | EventKind::Ended(_) => {
                let session = self.session()?;
                let id = EventId::from_session(kind, session.id, session.record.revision);
                (id, EventSubject::Session(Box::new(session)))
            }
            EventKind::AuthFailed(failure) => {
                let RevocationScope::User(owner) = self.scope()? else { return Err(corrupt("not a user")) };
                let failure = record::decode_auth_failure(&self.record, owner, failure)?;
                (self.event_id()?, EventSubject::AuthFailure(Box::new(failure)))
            }
            EventKind::AlertAcknowledged => (self.event_id()?, self.acknowledgement()?),
        };
        let cause = record::decode_cause(&self.cause).map_err(|error| corrupt(&error.to_string()))?;
        Ok(Event { id, kind, at: UnixMillis::new(self.at), subject, cause })
    }

    /// Returns the entry of a failed authentication, without its time; `None` for any other event.
    pub(super) fn from_auth_failure(event: &Event) -> Option<Self> {
        let (EventKind::AuthFailed(kind), EventSubject::AuthFailure(failure)) = (event.kind, &event.subject) else {
            return None;
        };
        Some(Self {
            kind: kind_code(event.kind),
            reason: kind.code(),
            subject: event.id.0.to_vec(),
            owner: RevocationScope::User(failure.owner.clone()).to_bytes(),
            record: record::encode_auth_failure(failure),
            cause: record::encode_cause(&event.cause),
            ..Self::default()
        })
    }

    /// Returns the entry of an answer to an alert, without its time and cause.
    pub(super) fn from_acknowledgement(
        owner: &Owner,
        session: Option<SessionId>,
        acknowledged: AcknowledgedAlert,
    ) -> Self {
        let session = session.map(|id| id.to_bytes().to_vec()).unwrap_or_default();
        Self {
            kind: kind_code(EventKind::AlertAcknowledged),
            reason: acknowledged.verdict.code(),
            subject: EventId::from_acknowledgement(acknowledged).0.to_vec(),
            owner: RevocationScope::User(owner.clone()).to_bytes(),
            record: [&acknowledged.alert.0[..], &session[..]].concat(),
            ..Self::default()
        }
    }

    fn acknowledgement(&self) -> Result<EventSubject, StoreError> {
        let corrupt = |what: &str| StoreError::corrupt("reading an outbox entry", what);
        let RevocationScope::User(owner) = self.scope()? else { return Err(corrupt("not a user")) };
        let verdict = AlertVerdict::from_code(self.reason).ok_or_else(|| corrupt("unknown verdict"))?;
        let (alert, session) = self.record.split_first_chunk().ok_or_else(|| corrupt("truncated alert id"))?;
        let session = match session {
            [] => None,
            id => Some(SessionId::from_slice(id).ok_or_else(|| corrupt("the session id is not 20 bytes long"))?),
        };
        let acknowledged = AcknowledgedAlert { alert: AlertId(*alert), verdict };
        Ok(EventSubject::Acknowledgement { owner, session, acknowledged })
    }

    fn event_id(&self) -> Result<EventId, StoreError> {
        let id = self.subject.as_slice().try_into();
        id.map(EventId).map_err(|_| StoreError::corrupt("reading an outbox entry", "the event id is not 16 bytes long"))
    }

    fn scope(&self) -> Result<RevocationScope, StoreError> {
        let scope = RevocationScope::from_bytes(&self.owner);
        scope.ok_or_else(|| StoreError::corrupt("reading an outbox entry", "unknown scope"))
    }

    fn session(&self) -> Result<Session, StoreError> {
        let corrupt = |what: &str| StoreError::corrupt("reading an outbox entry", what);
        let id = SessionId::from_slice(&self.subject).ok_or_else(|| corrupt("the session id is not 20 bytes long"))?;
        let owner = Owner::from_bytes(&self.owner).ok_or_else(|| corrupt("invalid owner"))?;
        let (record, _) = record::decode(&self.record)?;
        let (clock, _) = record::decode_clock(&self.clock)?;
        Ok(Session { id, owner, record, clock })
    }
}
