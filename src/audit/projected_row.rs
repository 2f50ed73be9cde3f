//! Latest state of sessions, derived from their events.

use std::collections::BTreeMap;

use super::rows::end_reason;
use crate::domain::{Event, EventKind, EventSubject, Session, SessionId, UnixMillis};

/// A row of `sessions`: the state that results from some events of one session.
///
/// The order in which events arrive does not matter. The end of a session, of which there is one, takes precedence;
/// otherwise the higher revision does. The last activity is the latest of all events. The same rule merges a row into a
/// stored one.
#[derive(Debug)]
pub(super) struct ProjectedRow<'a> {
    /// The session in the event that takes precedence.
    pub session: &'a Session,
    pub last_active: UnixMillis,
    /// The event that ended the session; `None` if it is live.
    pub end: Option<&'a Event>,
    /// The time at which the session was stored, from its creation event.
    pub stored_at: Option<UnixMillis>,
}

impl<'a> ProjectedRow<'a> {
    /// Returns one row for each session in `events`, in the order of their IDs.
    pub fn from_events(events: impl IntoIterator<Item = &'a Event>) -> Vec<Self> {
        let mut rows: BTreeMap<SessionId, Self> = BTreeMap::new();
        for row in events.into_iter().filter_map(Self::from_event) {
            rows.entry(row.session.id).and_modify(|before| before.merge(&row)).or_insert(row);
        }
        rows.into_values().collect()
    }

    /// Returns the end reason; empty while the session is live.
    pub fn end_reason(&self) -> &'static str {
        self.end.map_or("", |event| end_reason(event.kind))
    }

    fn from_event(event: &'a Event) -> Option<Self> {
        let EventSubject::Session(session) = &event.subject else { return None };
        let end = matches!(event.kind, EventKind::Ended(_)).then_some(event);
        let stored_at = (event.kind == EventKind::Created).then_some(event.at);
        Some(Self { session, last_active: session.clock.last_active, end, stored_at })
    }

    fn merge(&mut self, other: &Self) {
        let last_active = self.last_active.max(other.last_active);
        let order = |row: &Self| (row.end.is_some(), row.session.record.revision);
        if order(other) > order(self) {
            (self.session, self.end) = (other.session, other.end);
        }
        self.last_active = last_active;
        self.stored_at = self.stored_at.or(other.stored_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::samples::{event, revoked_all, session},
        domain::{EndReason, event::RevocationScope},
    };

    fn revision(number: u32, last_active: u64) -> Session {
        let mut session = session("ann", 1);
        session.record.revision = number;
        session.clock.last_active = UnixMillis::new(last_active);
        session
    }

    #[test]
    fn the_higher_revision_wins_and_activity_does_not_go_back() {
        let (older, newer) = (revision(1, 30), revision(2, 20));
        let events = [event(EventKind::Updated, &newer, 2), event(EventKind::Created, &older, 1)];
        for events in [[&events[0], &events[1]], [&events[1], &events[0]]] {
            let rows = ProjectedRow::from_events(events);
            assert_eq!(rows.len(), 1);
            assert_eq!((rows[0].session.record.revision, rows[0].last_active.get()), (2, 30));
            assert_eq!(rows[0].end_reason(), "");
        }
    }

    #[test]
    fn an_end_wins_over_everything() {
        let ended = event(EventKind::Ended(EndReason::Revoked), &revision(1, 10), 3);
        let updated = event(EventKind::Updated, &revision(2, 20), 2);
        for events in [[&ended, &updated], [&updated, &ended]] {
            let rows = ProjectedRow::from_events(events);
            assert_eq!((rows[0].session.record.revision, rows[0].last_active.get()), (1, 20));
            assert_eq!(rows[0].end_reason(), "revoked");
        }
    }

    #[test]
    fn each_session_has_a_row_and_a_mass_revocation_none() {
        let (ann, bob) = (session("ann", 2), session("bob", 1));
        let events = [ann, bob].map(|session| event(EventKind::Created, &session, 1));
        let mass = revoked_all(RevocationScope::Everyone, "operation", 2);
        let rows = ProjectedRow::from_events(events.iter().chain([&mass]));
        let users: Vec<_> = rows.iter().map(|row| row.session.owner.user.as_str()).collect();
        assert_eq!(users, ["bob", "ann"], "ordered by ID");
    }
}
