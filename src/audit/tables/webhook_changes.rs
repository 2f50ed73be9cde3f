//! Changes of webhooks in the table of events.

use super::{
    ColumnValue::{Id, Text, Time},
    TableColumn, TableRow, non_empty,
};
use crate::domain::{search::AuditEventKind, webhook::WebhookChangeEvent};

/// A row of `session_events` about a change of a webhook. It has no user.
#[derive(Clone, Copy, Debug)]
pub(in crate::audit) struct WebhookChangeRow<'a>(pub &'a WebhookChangeEvent);

impl TableRow for WebhookChangeRow<'_> {
    const TABLE: &'static str = "session_events";

    fn columns() -> impl IntoIterator<Item = TableColumn<Self>> {
        [
            Self::column("event_id", Id(|row| Some(row.0.id))),
            Self::column("at", Time(|row| Some(row.0.at))),
            Self::column("kind", Text(|_| Some(AuditEventKind::WebhookChanged.name()))),
            Self::column("webhook", Text(|row| Some(row.0.change.name.as_str()))),
            Self::column("webhook_action", Text(|row| Some(row.0.change.action.name()))),
            Self::column("reason", Text(|row| non_empty(&row.0.cause.reason))),
            Self::column("actor", Text(|row| non_empty(&row.0.cause.actor))),
            Self::column("caller", Text(|row| non_empty(&row.0.cause.caller))),
            Self::column("request_id", Text(|row| non_empty(&row.0.cause.request_id))),
        ]
    }
}
