//! The state of webhooks.

use async_trait::async_trait;

use super::{SqliteEventLog, append, finish, refusal_as_unavailable};
use crate::{
    audit::{
        AuditError, DeadLetterPosition, DeliveryRecord, ReplaySelection, StoredEndpoint, WebhookEdit, WebhookLease,
        WebhookLog, WebhookProgress,
        tables::alerts::to_column,
        webhooks::statements::{
            ADD, ADVANCE_REPLAY, CLAIM, DEAD_LETTERS, DUE, ENABLE, ENDPOINTS, EndpointRow, MessageRow, PROGRESS,
            PROGRESS_OF_ONE, ProgressRow, QUEUE, RECORD, REGISTER, RELEASE, REMOVE, REPLAY_ID, REPLAY_OCCURRED,
            REPLAY_RECORDED, UNQUEUE, UPDATE, to_lines, webhook_log,
        },
    },
    domain::{
        TenantId, UnixMillis,
        search::TimeRange,
        webhook::{QueuedMessage, WebhookChangeEvent, WebhookName},
    },
};

const LAST_TIME: UnixMillis = UnixMillis::MAX;

macro_rules! in_sqlite_transaction {
    ($log:expr, $during:literal, $transaction:ident => $work:block) => {{
        let mut begun = $log.begin($during).await?;
        let work = async {
            let $transaction = &mut *begun;
            $work
        };
        let outcome: sqlx::Result<_> = work.await;
        finish(begun, $during, outcome).await.map_err(|error| refusal_as_unavailable($during, error))
    }};
}

webhook_log!(SqliteEventLog, in_sqlite_transaction, append::append_webhook_change);
