//! The statements of [`super::WebhookLog`], which both databases understand, and their implementation for either.

pub(in crate::audit) use super::rows::{EndpointRow, MessageRow, ProgressRow, to_lines};

pub(in crate::audit) const ENDPOINTS: &str = "SELECT * FROM webhook_endpoints ORDER BY name";

pub(in crate::audit) const ADD: &str = "INSERT INTO webhook_endpoints (
        name, url, format, event_types, tenants, audience, allow_private_addresses, include_ip,
        secret_salt, previous_salt, previous_until, created_at, updated_at
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    ON CONFLICT DO NOTHING";

/// The time of the addition, parameter 12, stays.
pub(in crate::audit) const UPDATE: &str = "UPDATE webhook_endpoints
    SET url = $2, format = $3, event_types = $4, tenants = $5, audience = $6, allow_private_addresses = $7,
        include_ip = $8, secret_salt = $9, previous_salt = $10, previous_until = $11, updated_at = $13
    WHERE name = $1 AND created_at <= $12";

pub(in crate::audit) const REMOVE: [&str; 3] = [
    "DELETE FROM webhook_endpoints WHERE name = $1",
    "DELETE FROM webhook_progress WHERE name = $1",
    "DELETE FROM webhook_messages WHERE endpoint = $1",
];

pub(in crate::audit) const ENABLE: &str = "UPDATE webhook_progress
    SET disabled_reason = NULL, disabled_at = NULL, failures = 0, paused_until = NULL
    WHERE name = $1";

pub(in crate::audit) const REPLAY_ID: &str = "UPDATE webhook_messages
    SET attempts = 0, queued_at = $3, next_attempt_at = $3
    WHERE endpoint = $1 AND message_id = $2 AND next_attempt_at IS NULL";

pub(in crate::audit) const REPLAY_OCCURRED: &str = "UPDATE webhook_messages
    SET attempts = 0, queued_at = $4, next_attempt_at = $4
    WHERE endpoint = $1 AND occurred_at >= $2 AND occurred_at < $3 AND next_attempt_at IS NULL";

/// The statement for alerts serves an index by the time of their events.
pub(in crate::audit) const REPLAY_RECORDED: &str = "UPDATE webhook_progress
    SET replay_number = coalesce(replay_number, 0) + 1, replay_since = $2, replay_requested_at = $3,
        replay_event_seq = NULL, replay_event_end = NULL,
        replay_alert_major = coalesce((SELECT min(major) - 1 FROM alerts WHERE event_time >= $2), alert_major),
        replay_alert_minor = 9223372036854775807,
        replay_alert_end_major = NULL, replay_alert_end_minor = NULL, replay_sent = 0
    WHERE name = $1";

pub(in crate::audit) const ADVANCE_REPLAY: &str = "UPDATE webhook_progress
    SET replay_event_seq = $4, replay_alert_major = $5, replay_alert_minor = $6, replay_sent = replay_sent + $7,
        replay_since = CASE WHEN $8 THEN NULL ELSE replay_since END,
        replay_event_end = $9, replay_alert_end_major = $10, replay_alert_end_minor = $11
    WHERE name = $1 AND owner = $2 AND replay_number = $3";

macro_rules! progress {
    ($rest:literal) => {
        concat!(
            "SELECT *,
                (SELECT count(*) FROM webhook_messages
                    WHERE endpoint = name AND next_attempt_at IS NOT NULL) AS pending,
                (SELECT count(*) FROM webhook_messages
                    WHERE endpoint = name AND next_attempt_at IS NULL) AS dead_letters
            FROM webhook_progress ",
            $rest
        )
    };
}

pub(in crate::audit) const PROGRESS: &str = progress!("ORDER BY name");
pub(in crate::audit) const PROGRESS_OF_ONE: &str = progress!("WHERE name = $1");

pub(in crate::audit) const REGISTER: &str = "INSERT INTO webhook_progress (
        name, event_seq, alert_major, alert_minor, caught_up_at, failures, last_error
    )
    SELECT
        $1,
        coalesce((SELECT max(seq) FROM session_events), 0),
        coalesce((SELECT major FROM alerts ORDER BY major DESC, minor DESC LIMIT 1), 0),
        coalesce((SELECT minor FROM alerts ORDER BY major DESC, minor DESC LIMIT 1), 0),
        $2, 0, ''
    WHERE true
    ON CONFLICT DO NOTHING";

pub(in crate::audit) const CLAIM: &str = "UPDATE webhook_progress
    SET owner = $2, lease_until = $4
    WHERE name = $1 AND (owner IS NULL OR owner = $2 OR lease_until <= $3)";

pub(in crate::audit) const RELEASE: &str = "UPDATE webhook_progress
    SET owner = NULL, lease_until = NULL
    WHERE name = $1 AND owner = $2";

pub(in crate::audit) const DUE: &str = "SELECT * FROM webhook_messages
    WHERE endpoint = $1 AND next_attempt_at <= $2
    ORDER BY next_attempt_at, message_id
    LIMIT $3";

pub(in crate::audit) const RECORD: &str = "UPDATE webhook_progress
    SET event_seq = $3, alert_major = $4, alert_minor = $5, caught_up_at = $6, disabled_reason = $7,
        disabled_at = $8, failures = $9, paused_until = $10, last_attempt_at = $11, last_success_at = $12,
        last_status = $13, last_error = $14
    WHERE name = $1 AND owner = $2";

pub(in crate::audit) const QUEUE: &str = "INSERT INTO webhook_messages (
        endpoint, message_id, event_type, occurred_at, attempts, queued_at, next_attempt_at, last_status, last_error
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (endpoint, message_id) DO UPDATE
    SET attempts = excluded.attempts, next_attempt_at = excluded.next_attempt_at, last_status = excluded.last_status,
        last_error = excluded.last_error";

pub(in crate::audit) const UNQUEUE: &str = "DELETE FROM webhook_messages WHERE endpoint = $1 AND message_id = $2";

pub(in crate::audit) const DEAD_LETTERS: &str = "SELECT * FROM webhook_messages
    WHERE next_attempt_at IS NULL AND ($1 = '' OR endpoint = $1) AND (endpoint, message_id) > ($2, $3)
    ORDER BY endpoint, message_id
    LIMIT $4";

/// Implements [`super::WebhookLog`] for an engine. `$in_transaction` is a macro that carries out work in a transaction,
/// and `$append` appends the event of a change.
macro_rules! webhook_log {
    ($log:ty, $in_transaction:ident, $append:path) => {
        #[async_trait]
        impl WebhookLog for $log {
            async fn endpoints(&self) -> Result<Vec<StoredEndpoint>, AuditError> {
                $in_transaction!(self, "reading webhook endpoints", transaction => {
                    let rows: Vec<EndpointRow> = sqlx::query_as(ENDPOINTS).fetch_all(&mut *transaction).await?;
                    rows.into_iter().map(EndpointRow::into_endpoint).collect::<sqlx::Result<_>>()
                })
            }

            async fn progress(&self) -> Result<Vec<WebhookProgress>, AuditError> {
                $in_transaction!(self, "reading the progress of webhooks", transaction => {
                    let rows: Vec<ProgressRow> = sqlx::query_as(PROGRESS).fetch_all(&mut *transaction).await?;
                    rows.into_iter().map(ProgressRow::into_progress).collect::<sqlx::Result<_>>()
                })
            }

            async fn edit(&self, edit: &WebhookEdit, event: &WebhookChangeEvent) -> Result<u64, AuditError> {
                let (name, now) = (event.change.name.as_str(), event.at);
                $in_transaction!(self, "changing a webhook", transaction => {
                    let mut changed = 0;
                    match edit {
                        WebhookEdit::Add(stored) | WebhookEdit::Update(stored) => {
                            let StoredEndpoint { endpoint, salts, created_at, updated_at } = stored;
                            let statement = if matches!(edit, WebhookEdit::Add(_)) { ADD } else { UPDATE };
                            let stored = sqlx::query(statement)
                                .bind(endpoint.name.as_str())
                                .bind(endpoint.url.as_str())
                                .bind(endpoint.format.name())
                                .bind(to_lines(endpoint.event_types.iter().map(|event_type| event_type.name())))
                                .bind(to_lines(endpoint.tenants.iter().map(TenantId::as_str)))
                                .bind(&endpoint.audience)
                                .bind(endpoint.allow_private_addresses)
                                .bind(endpoint.include_ip)
                                .bind(salts.current.to_vec())
                                .bind(salts.previous.map(|(salt, _)| salt.to_vec()))
                                .bind(salts.previous.map(|(_, until)| until))
                                .bind(*created_at)
                                .bind(*updated_at);
                            changed += stored.execute(&mut *transaction).await?.rows_affected();
                            if changed > 0 {
                                sqlx::query(REGISTER).bind(name).bind(now).execute(&mut *transaction).await?;
                            }
                        }
                        WebhookEdit::Remove => {
                            for (statement, number) in REMOVE.into_iter().zip(0..) {
                                let removed = sqlx::query(statement).bind(name).execute(&mut *transaction).await?;
                                if number == 0 {
                                    changed = removed.rows_affected();
                                }
                            }
                        }
                        WebhookEdit::Enable => {
                            let enabled = sqlx::query(ENABLE).bind(name).execute(&mut *transaction).await?;
                            changed += enabled.rows_affected();
                        }
                        WebhookEdit::Replay(ReplaySelection::Ids(ids)) => {
                            for id in ids {
                                let replayed = sqlx::query(REPLAY_ID).bind(name).bind(id).bind(now);
                                changed += replayed.execute(&mut *transaction).await?.rows_affected();
                            }
                        }
                        WebhookEdit::Replay(ReplaySelection::Occurred(TimeRange { start, end })) => {
                            let replayed = sqlx::query(REPLAY_OCCURRED)
                                .bind(name)
                                .bind(start.unwrap_or_default())
                                .bind(end.unwrap_or(LAST_TIME))
                                .bind(now);
                            changed += replayed.execute(&mut *transaction).await?.rows_affected();
                        }
                        WebhookEdit::Replay(ReplaySelection::RecordedSince(since)) => {
                            let replayed = sqlx::query(REPLAY_RECORDED).bind(name).bind(*since).bind(now);
                            changed += replayed.execute(&mut *transaction).await?.rows_affected();
                        }
                    }
                    if changed > 0 {
                        $append(transaction, event).await?;
                    }
                    Ok(changed)
                })
            }

            async fn register(&self, name: &WebhookName, now: UnixMillis) -> Result<(), AuditError> {
                $in_transaction!(self, "registering a webhook", transaction => {
                    sqlx::query(REGISTER).bind(name.as_str()).bind(now).execute(&mut *transaction).await?;
                    Ok(())
                })
            }

            async fn claim(
                &self,
                lease: &WebhookLease,
                now: UnixMillis,
                until: UnixMillis,
            ) -> Result<Option<WebhookProgress>, AuditError> {
                $in_transaction!(self, "claiming a webhook", transaction => {
                    let claim = sqlx::query(CLAIM).bind(lease.name.as_str()).bind(&lease.owner).bind(now).bind(until);
                    if claim.execute(&mut *transaction).await?.rows_affected() == 0 {
                        Ok(None)
                    } else {
                        let row = sqlx::query_as(PROGRESS_OF_ONE).bind(lease.name.as_str());
                        let row: Option<ProgressRow> = row.fetch_optional(&mut *transaction).await?;
                        row.map(ProgressRow::into_progress).transpose()
                    }
                })
            }

            async fn release(&self, lease: &WebhookLease) -> Result<(), AuditError> {
                $in_transaction!(self, "releasing a webhook", transaction => {
                    let release = sqlx::query(RELEASE).bind(lease.name.as_str()).bind(&lease.owner);
                    release.execute(&mut *transaction).await?;
                    Ok(())
                })
            }

            async fn due(
                &self,
                name: &WebhookName,
                now: UnixMillis,
                limit: u32,
            ) -> Result<Vec<QueuedMessage>, AuditError> {
                $in_transaction!(self, "reading due webhook messages", transaction => {
                    let due = sqlx::query_as(DUE).bind(name.as_str()).bind(now).bind(i64::from(limit));
                    let rows: Vec<MessageRow> = due.fetch_all(&mut *transaction).await?;
                    rows.into_iter().map(MessageRow::into_message).collect::<sqlx::Result<_>>()
                })
            }

            async fn record(&self, lease: &WebhookLease, record: &DeliveryRecord) -> Result<bool, AuditError> {
                let DeliveryRecord { position, caught_up_at, health, queued, removed, disabled, replay } = record;
                $in_transaction!(self, "recording webhook deliveries", transaction => {
                    let recorded = sqlx::query(RECORD)
                        .bind(lease.name.as_str())
                        .bind(&lease.owner)
                        .bind(i64::try_from(position.events.0).unwrap_or(i64::MAX))
                        .bind(to_column(position.alerts.major))
                        .bind(to_column(position.alerts.minor))
                        .bind(*caught_up_at)
                        .bind(health.disabled.as_ref().map(|(reason, _)| reason))
                        .bind(health.disabled.as_ref().map(|(_, at)| *at))
                        .bind(i64::try_from(health.failures).unwrap_or(i64::MAX))
                        .bind(health.paused_until)
                        .bind(health.last_attempt_at)
                        .bind(health.last_success_at)
                        .bind(health.last_status.map(i64::from))
                        .bind(&health.last_error);
                    let is_owner = recorded.execute(&mut *transaction).await?.rows_affected() > 0;
                    if is_owner {
                        for id in removed {
                            let unqueue = sqlx::query(UNQUEUE).bind(lease.name.as_str()).bind(id);
                            unqueue.execute(&mut *transaction).await?;
                        }
                        for message in queued {
                            let queue = sqlx::query(QUEUE)
                                .bind(message.endpoint.as_str())
                                .bind(&message.id)
                                .bind(&message.event_type)
                                .bind(message.occurred_at)
                                .bind(i64::from(message.attempts))
                                .bind(message.queued_at)
                                .bind(message.next_attempt_at)
                                .bind(message.last_status.map(i64::from))
                                .bind(&message.last_error);
                            queue.execute(&mut *transaction).await?;
                        }
                        if let Some(step) = replay {
                            let advance = sqlx::query(ADVANCE_REPLAY)
                                .bind(lease.name.as_str())
                                .bind(&lease.owner)
                                .bind(to_column(step.number))
                                .bind(to_column(step.reached.events.0))
                                .bind(to_column(step.reached.alerts.major))
                                .bind(to_column(step.reached.alerts.minor))
                                .bind(to_column(step.sent))
                                .bind(step.is_finished)
                                .bind(to_column(step.end.events.0))
                                .bind(to_column(step.end.alerts.major))
                                .bind(to_column(step.end.alerts.minor));
                            advance.execute(&mut *transaction).await?;
                        }
                        if let Some(event) = disabled {
                            $append(transaction, event).await?;
                        }
                    }
                    Ok(is_owner)
                })
            }

            async fn dead_letters(
                &self,
                name: Option<&WebhookName>,
                after: &DeadLetterPosition,
                limit: u32,
            ) -> Result<Vec<QueuedMessage>, AuditError> {
                $in_transaction!(self, "reading dead letters of webhooks", transaction => {
                    let letters = sqlx::query_as(DEAD_LETTERS)
                        .bind(name.map_or("", WebhookName::as_str))
                        .bind(&after.endpoint)
                        .bind(&after.id)
                        .bind(i64::from(limit));
                    let rows: Vec<MessageRow> = letters.fetch_all(&mut *transaction).await?;
                    rows.into_iter().map(MessageRow::into_message).collect::<sqlx::Result<_>>()
                })
            }
        }
    };
}

pub(in crate::audit) use webhook_log;
