//! Events on their way to the audit, as both engines keep them.

use std::fmt;

use crate::domain::{
    Bucket, EndReason, Event, EventId, EventKind, EventSubject, Owner, Session, SessionId, UnixMillis,
    event::RevocationScope,
};

use super::{error::StoreError, record};

/// Where an event lies in the outbox: its bucket and the engine's own name for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxPosition {
    pub bucket: Bucket,
    pub entry: String,
}

/// An event that waits in the outbox.
#[derive(Debug)]
pub struct PendingEvent {
    pub position: OutboxPosition,
    /// As it lies there, so that what the audit cannot take can be kept unread.
    pub entry: OutboxEntry,
    /// What is wrong with it, when it cannot be read.
    pub event: Result<Event, StoreError>,
}

impl PendingEvent {
    /// Reads `entry`, and keeps it beside what it says.
    #[must_use]
    pub fn from_entry(position: OutboxPosition, entry: OutboxEntry) -> Self {
        let event = entry.decode();
        Self { position, entry, event }
    }
}

/// How much waits, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    pub events: u64,
    /// When the oldest of them was written, by the store's clock.
    pub oldest: Option<UnixMillis>,
}

/// What an outbox entry consists of. Scripts write it without understanding records, so an entry
/// carries them as they are stored. A part that is missing in the store is empty here.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OutboxEntry {
    /// [`kind_code`], and for an ending the code of its reason.
    pub kind: u8,
    pub reason: u8,
    /// The session's id (20 bytes), or the event's (16 bytes) where it is not about a session.
    pub subject: Vec<u8>,
    /// The session's owner, or the scope.
    pub owner: Vec<u8>,
    pub at: u64,
    pub record: Vec<u8>,
    pub clock: Vec<u8>,
    pub cause: Vec<u8>,
}

/// The record holds an e-mail address, the owner may be one: neither is shown.
impl fmt::Debug for OutboxEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("kind", &self.kind)
            .field("reason", &self.reason)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// The number of a kind in an outbox entry.
#[must_use]
pub const fn kind_code(kind: EventKind) -> u8 {
    match kind {
        EventKind::Created => 1,
        EventKind::Updated => 2,
        EventKind::Rotated => 3,
        EventKind::Ended(_) => 4,
        EventKind::RevokedAll => 5,
        EventKind::UserForgotten => 6,
    }
}

impl OutboxEntry {
    /// The event that the entry tells of.
    pub fn decode(&self) -> Result<Event, StoreError> {
        let corrupt = |what: &str| StoreError::corrupt("reading an outbox entry", what);
        let kind = match self.kind {
            1 => EventKind::Created,
            2 => EventKind::Updated,
            3 => EventKind::Rotated,
            4 => EventKind::Ended(EndReason::from_code(self.reason).ok_or_else(|| corrupt("unknown end reason"))?),
            5 => EventKind::RevokedAll,
            6 => EventKind::UserForgotten,
            _ => return Err(corrupt("unknown kind of event; was it written by a newer release?")),
        };
        let (id, subject) = if matches!(kind, EventKind::RevokedAll | EventKind::UserForgotten) {
            let id = self.subject.as_slice().try_into().map_err(|_| corrupt("the event id is not 16 bytes long"))?;
            let scope = RevocationScope::from_bytes(&self.owner).ok_or_else(|| corrupt("unknown scope"))?;
            (EventId(id), EventSubject::Scope(scope))
        } else {
            let session = self.session()?;
            (EventId::from_session(kind, session.id, session.record.revision), EventSubject::Session(Box::new(session)))
        };
        let cause = record::decode_cause(&self.cause).map_err(|error| corrupt(&error.to_string()))?;
        Ok(Event { id, kind, at: UnixMillis::new(self.at), subject, cause })
    }

    fn session(&self) -> Result<Session, StoreError> {
        let corrupt = |what: &str| StoreError::corrupt("reading an outbox entry", what);
        let id = SessionId::from_slice(&self.subject).ok_or_else(|| corrupt("the session id is not 20 bytes long"))?;
        let owner = Owner::from_bytes(&self.owner).ok_or_else(|| corrupt("the owner is not one"))?;
        let (record, _) = record::decode(&self.record)?;
        let (clock, _) = record::decode_clock(&self.clock)?;
        Ok(Session { id, owner, record, clock })
    }
}
