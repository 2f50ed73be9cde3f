//! The table of mass revocations.

use super::{
    ColumnValue::{Id, Text, Time},
    TableColumn, TableRow, non_empty,
};
use crate::domain::{Event, EventKind, EventSubject, event::RevocationScope};

/// A row of `mass_revocations`: a mass revocation whose sessions are to be ended.
#[derive(Clone, Copy, Debug)]
pub(in crate::audit) struct MassRevocationRow<'a> {
    event: &'a Event,
    /// `None`: everyone.
    tenant: Option<&'a str>,
}

impl<'a> MassRevocationRow<'a> {
    /// Returns the row of a mass revocation, or `None` for any other event: the endings of a user's sessions are
    /// separate events.
    pub fn from_event(event: &'a Event) -> Option<Self> {
        match (event.kind, &event.subject) {
            (EventKind::RevokedAll, EventSubject::Scope(RevocationScope::Tenant(tenant))) => {
                Some(Self { event, tenant: Some(tenant.as_str()) })
            }
            (EventKind::RevokedAll, EventSubject::Scope(RevocationScope::Everyone)) => {
                Some(Self { event, tenant: None })
            }
            _ => None,
        }
    }
}

impl TableRow for MassRevocationRow<'_> {
    const TABLE: &'static str = "mass_revocations";

    fn columns() -> impl IntoIterator<Item = TableColumn<Self>> {
        [
            Self::column("event_id", Id(|row| Some(row.event.id))),
            Self::column("at", Time(|row| Some(row.event.at))),
            Self::column("tenant", Text(|row| row.tenant)),
            Self::column("reason", Text(|row| non_empty(&row.event.cause.reason))),
            Self::column("actor", Text(|row| non_empty(&row.event.cause.actor))),
            Self::column("caller", Text(|row| non_empty(&row.event.cause.caller))),
            Self::column("request_id", Text(|row| non_empty(&row.event.cause.request_id))),
            Self::column("operation_id", Text(|row| non_empty(&row.event.cause.operation_id))),
        ]
    }
}
