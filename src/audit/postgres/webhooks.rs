//! The state of webhooks.

use async_trait::async_trait;
use tokio::time::timeout;

use super::{ANSWER_TIMEOUT, PostgresEventLog, acquire, append, settle_permitted, transaction::AuditTransaction};
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

/// The end of the year 9999. The times of messages end there.
const LAST_TIME: UnixMillis = UnixMillis::new(253_402_300_799_999);

macro_rules! in_postgres_transaction {
    ($log:expr, $during:literal, $transaction:ident => $work:block) => {{
        $log.ensure_schema().await?;
        let mut connection = acquire(&$log.pool).await?;
        let work = async {
            let mut begun = AuditTransaction::begin_write(&mut connection).await?;
            let $transaction = &mut begun;
            let outcome: sqlx::Result<_> = $work;
            let outcome = outcome?;
            begun.commit().await?;
            Ok(outcome)
        };
        let outcome = timeout(ANSWER_TIMEOUT, work).await;
        settle_permitted(connection, $during, outcome)
    }};
}

webhook_log!(PostgresEventLog, in_postgres_transaction, append::append_webhook_change);
