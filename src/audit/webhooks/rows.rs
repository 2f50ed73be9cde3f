//! Rows as they are read from either database. Lists are texts with one entry per line.

use sqlx::FromRow;

use super::{StoredEndpoint, WebhookPosition, WebhookProgress, WebhookReplay};
use crate::{
    audit::tables::{
        alerts::to_position,
        stored_columns::{decode_name, decode_number, violation_error},
    },
    domain::{
        TenantId, UnixMillis,
        search::RecordingPosition,
        webhook::{
            QueuedMessage, SecretSalts, WebhookEndpoint, WebhookEventType, WebhookFormat, WebhookHealth, WebhookName,
            WebhookUrl,
        },
    },
};

/// A row of `webhook_endpoints`.
#[derive(FromRow)]
pub(in crate::audit) struct EndpointRow {
    name: String,
    url: String,
    format: String,
    event_types: String,
    tenants: String,
    audience: String,
    allow_private_addresses: bool,
    include_ip: bool,
    secret_salt: Vec<u8>,
    previous_salt: Option<Vec<u8>>,
    previous_until: Option<UnixMillis>,
    created_at: UnixMillis,
    updated_at: UnixMillis,
}

impl EndpointRow {
    pub fn into_endpoint(self) -> sqlx::Result<StoredEndpoint> {
        let event_types = self.event_types.lines();
        let previous = self.previous_salt.map(|salt| to_salt(&salt)).transpose()?;
        let endpoint = WebhookEndpoint {
            name: WebhookName::new(&self.name).map_err(violation_error)?,
            url: WebhookUrl::new(&self.url, self.allow_private_addresses).map_err(violation_error)?,
            format: decode_name("format", &self.format, WebhookFormat::from_name)?,
            // A type of a newer release is one that this release never sends.
            event_types: event_types.filter_map(WebhookEventType::from_name).collect(),
            tenants: self.tenants.lines().map(TenantId::new).collect::<Result<_, _>>().map_err(violation_error)?,
            allow_private_addresses: self.allow_private_addresses,
            include_ip: self.include_ip,
            audience: self.audience,
        };
        let salts = SecretSalts { current: to_salt(&self.secret_salt)?, previous: previous.zip(self.previous_until) };
        Ok(StoredEndpoint { endpoint, salts, created_at: self.created_at, updated_at: self.updated_at })
    }
}

fn to_salt(column: &[u8]) -> sqlx::Result<[u8; 32]> {
    column.try_into().map_err(|_| sqlx::Error::Decode("a salt does not have 32 bytes".into()))
}

/// A row of `webhook_progress`, with the numbers of queued messages.
#[derive(FromRow)]
pub(in crate::audit) struct ProgressRow {
    name: String,
    event_seq: i64,
    alert_major: i64,
    alert_minor: i64,
    caught_up_at: UnixMillis,
    disabled_reason: Option<String>,
    disabled_at: Option<UnixMillis>,
    failures: i64,
    paused_until: Option<UnixMillis>,
    last_attempt_at: Option<UnixMillis>,
    last_success_at: Option<UnixMillis>,
    last_status: Option<i64>,
    last_error: String,
    pending: i64,
    dead_letters: i64,
    #[sqlx(flatten)]
    replay: ReplayRow,
}

/// The columns of `webhook_progress` about a replay.
#[derive(FromRow)]
#[expect(clippy::struct_field_names, reason = "they are the names of the columns")]
struct ReplayRow {
    replay_number: Option<i64>,
    replay_since: Option<UnixMillis>,
    replay_requested_at: Option<UnixMillis>,
    replay_event_seq: Option<i64>,
    replay_event_end: Option<i64>,
    replay_alert_major: Option<i64>,
    replay_alert_minor: Option<i64>,
    replay_alert_end_major: Option<i64>,
    replay_alert_end_minor: Option<i64>,
    replay_sent: Option<i64>,
}

impl ReplayRow {
    /// Returns the replay, or `None` if none is running.
    fn into_replay(self) -> Option<WebhookReplay> {
        let number = |column: Option<i64>| column.unwrap_or_default().unsigned_abs();
        let position = |major: Option<i64>, minor: Option<i64>| {
            to_position((major.unwrap_or_default(), minor.unwrap_or_default()))
        };
        Some(WebhookReplay {
            since: self.replay_since?,
            requested_at: self.replay_requested_at?,
            number: number(self.replay_number),
            events: self.replay_event_seq.map(|seq| RecordingPosition(seq.unsigned_abs())),
            alerts: position(self.replay_alert_major, self.replay_alert_minor),
            end: self.replay_event_end.map(|events| WebhookPosition {
                events: RecordingPosition(events.unsigned_abs()),
                alerts: position(self.replay_alert_end_major, self.replay_alert_end_minor),
            }),
            sent: number(self.replay_sent),
        })
    }
}

impl ProgressRow {
    pub fn into_progress(self) -> sqlx::Result<WebhookProgress> {
        let health = WebhookHealth {
            disabled: self.disabled_reason.zip(self.disabled_at),
            failures: self.failures.unsigned_abs(),
            paused_until: self.paused_until,
            last_attempt_at: self.last_attempt_at,
            last_success_at: self.last_success_at,
            last_status: to_status(self.last_status),
            last_error: self.last_error,
        };
        Ok(WebhookProgress {
            name: WebhookName::new(&self.name).map_err(violation_error)?,
            position: WebhookPosition {
                events: RecordingPosition(self.event_seq.unsigned_abs()),
                alerts: to_position((self.alert_major, self.alert_minor)),
            },
            caught_up_at: self.caught_up_at,
            health,
            pending: self.pending.unsigned_abs(),
            dead_letters: self.dead_letters.unsigned_abs(),
            replay: self.replay.into_replay(),
        })
    }
}

fn to_status(column: Option<i64>) -> Option<u16> {
    column.and_then(|status| u16::try_from(status).ok())
}

/// A row of `webhook_messages`.
#[derive(FromRow)]
pub(in crate::audit) struct MessageRow {
    endpoint: String,
    message_id: String,
    event_type: String,
    occurred_at: UnixMillis,
    attempts: i64,
    queued_at: UnixMillis,
    next_attempt_at: Option<UnixMillis>,
    last_status: Option<i64>,
    last_error: String,
}

impl MessageRow {
    pub fn into_message(self) -> sqlx::Result<QueuedMessage> {
        Ok(QueuedMessage {
            endpoint: WebhookName::new(&self.endpoint).map_err(violation_error)?,
            id: self.message_id,
            event_type: self.event_type,
            occurred_at: self.occurred_at,
            attempts: decode_number("attempts", self.attempts)?,
            queued_at: self.queued_at,
            next_attempt_at: self.next_attempt_at,
            last_status: to_status(self.last_status),
            last_error: self.last_error,
        })
    }
}

/// Returns a list as it is stored.
pub(in crate::audit) fn to_lines<'a>(entries: impl IntoIterator<Item = &'a str>) -> String {
    entries.into_iter().collect::<Vec<_>>().join("\n")
}
