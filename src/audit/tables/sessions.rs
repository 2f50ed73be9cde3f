//! The table of sessions: the latest state of each session, derived from its events.

use std::{collections::BTreeMap, time::Duration};

use sqlx::FromRow;

use super::{
    ColumnValue::{Address, Boolean, Integer, Real, SessionId as SessionKey, Text, Texts, Time},
    TableColumn, TableRow,
    last_seen::decode_last_seen,
    non_empty,
    session_events::{end_reason, known_asn},
    stored_columns::{StoredDevice, StoredLocation, TextList, decode_name, decode_number, violation_error},
};
use crate::domain::{
    Device, EndReason, Event, EventKind, EventSubject, Location, Owner, Session, SessionId, UnixMillis,
    location::GeoPosition,
    search::{AuditedEnding, AuditedSession},
    time::millis,
};

/// A row of `sessions`: the state that results from some events of one session.
///
/// The order in which events arrive does not matter. The end of a session, of which there is one, takes precedence;
/// otherwise the higher revision does. The last activity is the latest of all events. The same rule merges a row into a
/// stored one.
#[derive(Debug)]
pub(in crate::audit) struct ProjectedRow<'a> {
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

    fn idle_timeout(&self) -> i64 {
        millis(self.session.clock.idle_timeout).try_into().unwrap_or(i64::MAX)
    }

    fn position(&self) -> Option<&'a GeoPosition> {
        self.session.record.location.position.as_ref()
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

impl TableRow for ProjectedRow<'_> {
    const TABLE: &'static str = "sessions";

    fn columns() -> impl IntoIterator<Item = TableColumn<Self>> {
        [
            Self::column("session_id", SessionKey(|row| Some(row.session.id))),
            Self::column("tenant", Text(|row| Some(row.session.owner.tenant.as_str()))),
            Self::column("user_id", Text(|row| Some(row.session.owner.user.as_str()))),
            Self::column("revision", Integer(|row| Some(row.session.record.revision.into()))),
            Self::column("email", Text(|row| non_empty(&row.session.record.email))),
            Self::column("roles", Texts(|row| Some(&row.session.record.roles))),
            Self::column("policy", Text(|row| Some(&row.session.record.policy))),
            Self::column("remembered", Boolean(|row| Some(row.session.record.remembered))),
            Self::column("created_at", Time(|row| Some(row.session.record.created_at))),
            Self::column("authenticated_at", Time(|row| Some(row.session.record.authenticated_at))),
            Self::column("auth_methods", Texts(|row| Some(&row.session.record.auth_methods))),
            Self::column("assurance_level", Integer(|row| Some(row.session.record.assurance_level.into()))),
            Self::column("last_active_at", Time(|row| Some(row.last_active))),
            Self::column("idle_timeout", Integer(|row| Some(row.idle_timeout()))),
            Self::column("expires_at", Time(|row| Some(row.session.clock.expires_at))),
            Self::column("ended_at", Time(|row| Some(row.end?.at))),
            Self::column("end_reason", Text(|row| end_reason(row.end?.kind))),
            Self::column("reason", Text(|row| non_empty(&row.end?.cause.reason))),
            Self::column("actor", Text(|row| non_empty(&row.end?.cause.actor))),
            Self::column("device_id", Text(|row| non_empty(&row.session.record.device.id))),
            Self::column("device_name", Text(|row| non_empty(&row.session.record.device.name))),
            Self::column("device_type", Text(|row| non_empty(row.session.record.device.kind.name()))),
            Self::column("device_first_seen", Boolean(|row| Some(row.session.record.device.first_seen))),
            Self::column("browser", Text(|row| non_empty(&row.session.record.device.browser))),
            Self::column("os", Text(|row| non_empty(&row.session.record.device.os))),
            Self::column("user_agent", Text(|row| non_empty(&row.session.record.device.user_agent))),
            Self::column("ip", Address(|row| row.session.record.location.ip)),
            Self::column("country", Text(|row| non_empty(&row.session.record.location.country))),
            Self::column("region", Text(|row| non_empty(&row.session.record.location.region))),
            Self::column("city", Text(|row| non_empty(&row.session.record.location.city))),
            Self::column("latitude", Real(|row| Some(row.position()?.latitude))),
            Self::column("longitude", Real(|row| Some(row.position()?.longitude))),
            Self::column("accuracy_radius_km", Integer(|row| Some(row.position()?.accuracy_radius_km.into()))),
            Self::column("asn", Integer(|row| known_asn(&row.session.record.location))),
            Self::column("network", Text(|row| non_empty(&row.session.record.location.network))),
            Self::column("stored_at", Time(|row| row.stored_at)),
        ]
    }
}

/// Columns that a merge does not take from the row that takes precedence: they never change, or have a rule of their
/// own.
const NOT_REPLACED: [&str; 6] = ["session_id", "tenant", "user_id", "created_at", "last_active_at", "stored_at"];

/// Returns the assignments that replace a stored row by the row that takes precedence.
pub(in crate::audit) fn replacing_assignments() -> String {
    let columns = ProjectedRow::columns().into_iter().map(|column| column.name);
    let replaced = columns.filter(|name| !NOT_REPLACED.contains(name)).map(|name| format!("{name} = excluded.{name}"));
    replaced.collect::<Vec<_>>().join(", ")
}

/// A session as it is read.
#[derive(Debug, FromRow)]
pub(in crate::audit) struct StoredSession {
    session_id: String,
    tenant: String,
    user_id: String,
    revision: i64,
    email: Option<String>,
    roles: TextList,
    policy: String,
    remembered: bool,
    created_at: UnixMillis,
    authenticated_at: UnixMillis,
    auth_methods: TextList,
    assurance_level: i64,
    last_active_at: UnixMillis,
    idle_timeout: i64,
    expires_at: UnixMillis,
    ended_at: Option<UnixMillis>,
    end_reason: Option<String>,
    reason: Option<String>,
    actor: Option<String>,
    #[sqlx(flatten)]
    device: StoredDevice,
    device_first_seen: bool,
    user_agent: Option<String>,
    #[sqlx(flatten)]
    location: StoredLocation,
    latitude: Option<f64>,
    longitude: Option<f64>,
    accuracy_radius_km: Option<i64>,
    last_seen_text: Option<String>,
}

impl StoredSession {
    /// Returns whether the position has no accuracy, which no release writes.
    pub fn lacks_accuracy(&self) -> bool {
        self.latitude.is_some() && self.longitude.is_some() && self.accuracy_radius_km.is_none()
    }

    /// Converts the row. A position without accuracy is left out. Returns an error for a row of a newer release that this
    /// one cannot read.
    pub fn into_session(self) -> sqlx::Result<AuditedSession> {
        let position = match (self.latitude, self.longitude, self.accuracy_radius_km) {
            (Some(latitude), Some(longitude), Some(radius)) => {
                let accuracy_radius_km = decode_number("accuracy_radius_km", radius)?;
                Some(GeoPosition { latitude, longitude, accuracy_radius_km })
            }
            _ => None,
        };
        let end = match (self.ended_at, self.end_reason) {
            (Some(at), Some(reason)) => Some(AuditedEnding {
                at,
                reason: decode_name("end_reason", &reason, EndReason::from_name)?,
                stated_reason: self.reason.unwrap_or_default(),
                actor: self.actor.unwrap_or_default(),
            }),
            _ => None,
        };
        Ok(AuditedSession {
            id: self.session_id.parse().map_err(violation_error)?,
            owner: Owner::new(&self.tenant, &self.user_id).map_err(violation_error)?,
            revision: decode_number("revision", self.revision)?,
            email: self.email.unwrap_or_default(),
            roles: self.roles.0,
            policy: self.policy,
            remembered: self.remembered,
            created_at: self.created_at,
            authenticated_at: self.authenticated_at,
            auth_methods: self.auth_methods.0,
            assurance_level: decode_number("assurance_level", self.assurance_level)?,
            last_active: self.last_active_at,
            idle_timeout: Duration::from_millis(decode_number("idle_timeout", self.idle_timeout)?),
            expires_at: self.expires_at,
            device: Device {
                user_agent: self.user_agent.unwrap_or_default(),
                first_seen: self.device_first_seen,
                ..self.device.into_device()
            },
            location: Location { position, ..self.location.into_location()? },
            last_seen: self.last_seen_text.as_deref().map(decode_last_seen).transpose()?.map(Box::new),
            end,
        })
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
            assert_eq!(rows[0].end, None);
        }
    }

    #[test]
    fn an_end_wins_over_everything() {
        let ended = event(EventKind::Ended(EndReason::Revoked), &revision(1, 10), 3);
        let updated = event(EventKind::Updated, &revision(2, 20), 2);
        for events in [[&ended, &updated], [&updated, &ended]] {
            let rows = ProjectedRow::from_events(events);
            assert_eq!((rows[0].session.record.revision, rows[0].last_active.get()), (1, 20));
            assert_eq!(rows[0].end, Some(&ended));
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
