//! The table of logins.

use super::{
    ColumnValue::{Address, Boolean, Id, Integer, SessionId, Text, Texts, Time},
    TableColumn, TableRow, non_empty,
    session_events::{SessionEventRow, known_asn},
};
use crate::domain::{Event, EventKind, EventSubject, Session};

/// A row of `login_events`: the creation of a session, and the session as it was created.
#[derive(Clone, Copy, Debug)]
pub(in crate::audit) struct LoginEventRow<'a> {
    event: &'a Event,
    session: &'a Session,
    is_redacted: bool,
}

impl<'a> LoginEventRow<'a> {
    /// Returns a row for the creation of a session, and `None` for any other event.
    pub fn from_session_event(row: &SessionEventRow<'a>) -> Option<Self> {
        let SessionEventRow { event, is_redacted } = *row;
        match &event.subject {
            EventSubject::Session(session) if event.kind == EventKind::Created => {
                Some(Self { event, session, is_redacted })
            }
            _ => None,
        }
    }
}

impl TableRow for LoginEventRow<'_> {
    const TABLE: &'static str = "login_events";

    fn columns() -> impl IntoIterator<Item = TableColumn<Self>> {
        [
            Self::column("event_id", Id(|row| Some(row.event.id))),
            Self::column("at", Time(|row| Some(row.event.at))),
            Self::column("tenant", Text(|row| Some(row.session.owner.tenant.as_str()))),
            Self::personal_column("user_id", Text(|row| Some(row.session.owner.user.as_str()))),
            Self::personal_column("session_id", SessionId(|row| Some(row.session.id))),
            Self::column("policy", Text(|row| Some(&row.session.record.policy))),
            Self::column("remembered", Boolean(|row| Some(row.session.record.remembered))),
            Self::column("expires_at", Time(|row| Some(row.session.clock.expires_at))),
            Self::column("authenticated_at", Time(|row| Some(row.session.record.authenticated_at))),
            Self::column("auth_methods", Texts(|row| Some(&row.session.record.auth_methods))),
            Self::column("assurance_level", Integer(|row| Some(row.session.record.assurance_level.into()))),
            Self::personal_column("ip", Address(|row| row.session.record.location.ip)),
            Self::personal_column("country", Text(|row| non_empty(&row.session.record.location.country))),
            Self::personal_column("region", Text(|row| non_empty(&row.session.record.location.region))),
            Self::personal_column("city", Text(|row| non_empty(&row.session.record.location.city))),
            Self::personal_column("asn", Integer(|row| known_asn(&row.session.record.location))),
            Self::personal_column("network", Text(|row| non_empty(&row.session.record.location.network))),
            Self::personal_column("device_id", Text(|row| non_empty(&row.session.record.device.id))),
            Self::personal_column("device_name", Text(|row| non_empty(&row.session.record.device.name))),
            Self::personal_column("device_type", Text(|row| non_empty(row.session.record.device.kind.name()))),
            // An erasure leaves it in the rows that exist.
            Self::column("device_first_seen", Boolean(|row| Some(row.is_first_seen()))),
            Self::personal_column("browser", Text(|row| non_empty(&row.session.record.device.browser))),
            Self::personal_column("os", Text(|row| non_empty(&row.session.record.device.os))),
            Self::personal_column("user_agent", Text(|row| non_empty(&row.session.record.device.user_agent))),
            Self::personal_column("reason", Text(|row| non_empty(&row.event.cause.reason))),
            Self::personal_column("actor", Text(|row| non_empty(&row.event.cause.actor))),
            Self::column("caller", Text(|row| non_empty(&row.event.cause.caller))),
            Self::personal_column("request_id", Text(|row| non_empty(&row.event.cause.request_id))),
        ]
    }

    fn is_redacted(&self) -> bool {
        self.is_redacted
    }
}

impl LoginEventRow<'_> {
    const fn is_first_seen(&self) -> bool {
        self.session.record.device.first_seen && !self.is_redacted
    }
}
