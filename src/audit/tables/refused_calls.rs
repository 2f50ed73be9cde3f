//! Refused calls in the table of events.

use super::{
    ColumnValue::{Address, Id, Integer, Text, Time},
    TableColumn, TableRow, non_empty,
    session_events::known_asn,
};
use crate::domain::{RefusedCalls, TenantId, search::AuditEventKind};

/// A row of `session_events` about refused calls. It has no user.
#[derive(Clone, Copy, Debug)]
pub(in crate::audit) struct RefusedCallsRow<'a>(pub &'a RefusedCalls);

impl TableRow for RefusedCallsRow<'_> {
    const TABLE: &'static str = "session_events";

    fn columns() -> impl IntoIterator<Item = TableColumn<Self>> {
        [
            Self::column("event_id", Id(|row| Some(row.0.id))),
            Self::column("at", Time(|row| Some(row.0.at))),
            Self::column("kind", Text(|_| Some(AuditEventKind::CallRefused.name()))),
            Self::column("tenant", Text(|row| row.0.tenant.as_ref().map(TenantId::as_str))),
            Self::column("ip", Address(|row| row.0.location.ip)),
            Self::column("country", Text(|row| non_empty(&row.0.location.country))),
            Self::column("region", Text(|row| non_empty(&row.0.location.region))),
            Self::column("city", Text(|row| non_empty(&row.0.location.city))),
            Self::column("asn", Integer(|row| known_asn(&row.0.location))),
            Self::column("network", Text(|row| non_empty(&row.0.location.network))),
            Self::column("reason", Text(|row| non_empty(&row.0.reason))),
            Self::column("caller", Text(|row| non_empty(&row.0.caller))),
            Self::column("request_id", Text(|row| non_empty(&row.0.request_id))),
        ]
    }
}
