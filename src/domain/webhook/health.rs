use super::WebhookName;
use crate::domain::time::UnixMillis;

/// The health of an endpoint, as the node that delivers to it records it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookHealth {
    /// The reason why nothing is sent; `None` if the endpoint is enabled.
    pub disabled: Option<(String, UnixMillis)>,
    /// Number of attempts that failed since the last success.
    pub failures: u64,
    /// The time until which nothing is sent, because the endpoint asked for a pause or keeps failing.
    pub paused_until: Option<UnixMillis>,
    pub last_attempt_at: Option<UnixMillis>,
    pub last_success_at: Option<UnixMillis>,
    /// The HTTP status of the last attempt; `None` if there was no response.
    pub last_status: Option<u16>,
    /// The error of the last attempt, without anything that the endpoint sent; empty after a success.
    pub last_error: String,
}

/// A message that is to be sent again, or that no longer is (a dead letter). It names its event and has no content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedMessage {
    pub endpoint: WebhookName,
    /// The ID of the event or of the alert, which is also that of the message.
    pub id: String,
    /// The name of the [`super::WebhookEventType`].
    pub event_type: String,
    pub occurred_at: UnixMillis,
    /// Number of attempts since it was queued or replayed.
    pub attempts: u32,
    pub queued_at: UnixMillis,
    /// The time of the next attempt; `None` for a dead letter.
    pub next_attempt_at: Option<UnixMillis>,
    pub last_status: Option<u16>,
    pub last_error: String,
}
