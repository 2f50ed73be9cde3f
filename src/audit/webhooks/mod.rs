//! The state of webhooks: endpoints that administrators added, the progress of each endpoint, and queued messages.

mod rows;
pub(super) mod statements;

use async_trait::async_trait;

use super::AuditError;
use crate::{
    domain::{
        UnixMillis,
        search::{RecordingPosition, TimeRange},
        webhook::{QueuedMessage, SecretSalts, WebhookChangeEvent, WebhookEndpoint, WebhookHealth, WebhookName},
    },
    store::AlertPosition,
};

/// An endpoint that an administrator added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEndpoint {
    pub endpoint: WebhookEndpoint,
    pub salts: SecretSalts,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
}

/// The positions up to which the events and alerts of an endpoint are delivered or queued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookPosition {
    pub events: RecordingPosition,
    pub alerts: AlertPosition,
}

/// The progress of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookProgress {
    pub name: WebhookName,
    pub position: WebhookPosition,
    /// The time up to which everything that was recorded is delivered or queued.
    pub caught_up_at: UnixMillis,
    pub health: WebhookHealth,
    /// Number of messages that are to be sent again.
    pub pending: u64,
    pub dead_letters: u64,
    pub replay: Option<WebhookReplay>,
}

/// A replay of everything that was recorded since a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookReplay {
    /// Distinguishes it from other replays of the endpoint.
    pub number: u64,
    pub since: UnixMillis,
    pub requested_at: UnixMillis,
    /// The last event that was read; `None` before the first batch.
    pub events: Option<RecordingPosition>,
    pub alerts: AlertPosition,
    /// The position at which it ends; `None` before the first batch.
    pub end: Option<WebhookPosition>,
    /// Number of messages that were delivered again.
    pub sent: u64,
}

/// The part of a replay that a batch carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayStep {
    /// The number of the replay.
    pub number: u64,
    pub reached: WebhookPosition,
    /// The position at which the replay ends: that of the endpoint before the first batch.
    pub end: WebhookPosition,
    /// Number of messages of the batch that were delivered again.
    pub sent: u64,
    pub is_finished: bool,
}

/// The right of one process to deliver to an endpoint, until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookLease {
    pub name: WebhookName,
    /// Identifies the process.
    pub owner: String,
}

/// The outcome of a batch of attempts.
#[derive(Clone, Debug)]
pub struct DeliveryRecord {
    pub position: WebhookPosition,
    pub caught_up_at: UnixMillis,
    pub health: WebhookHealth,
    /// The messages to store: those to be sent again, and dead letters.
    pub queued: Vec<QueuedMessage>,
    /// The IDs of messages that are no longer queued.
    pub removed: Vec<String>,
    /// The event to append if the endpoint was disabled.
    pub disabled: Option<WebhookChangeEvent>,
    /// Has no effect if another replay was requested meanwhile.
    pub replay: Option<ReplayStep>,
}

/// A change by an administrator.
#[derive(Clone, Debug)]
pub enum WebhookEdit {
    /// Adds an endpoint, which receives events and alerts from now on.
    Add(StoredEndpoint),
    /// Replaces the endpoint of the same name.
    Update(StoredEndpoint),
    /// Removes an endpoint with its progress and its queued messages.
    Remove,
    /// Ends the pause or the disablement of an endpoint.
    Enable,
    /// Sends messages again.
    Replay(ReplaySelection),
}

/// The messages that are to be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplaySelection {
    /// Dead letters.
    Ids(Vec<String>),
    /// Dead letters, by the time of their events.
    Occurred(TimeRange),
    /// The messages that were recorded since this time and delivered or queued. It replaces a replay that is running.
    RecordedSince(UnixMillis),
}

/// The position of a dead letter in a list: its endpoint and its ID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadLetterPosition {
    pub endpoint: String,
    pub id: String,
}

/// The state of webhooks in the audit database. Each method is one transaction, and can be repeated.
#[async_trait]
pub trait WebhookLog: Send + Sync {
    /// Returns the endpoints that administrators added, by name.
    async fn endpoints(&self) -> Result<Vec<StoredEndpoint>, AuditError>;

    /// Returns the progress of every endpoint that was ever registered and not removed, by name.
    async fn progress(&self) -> Result<Vec<WebhookProgress>, AuditError>;

    /// Carries out an edit of the endpoint that `event` names, and appends the event. Returns the number of endpoints
    /// or queued messages that changed. Zero means that it does not exist, or for `Add` that there is one already; then
    /// no event is appended.
    async fn edit(&self, edit: &WebhookEdit, event: &WebhookChangeEvent) -> Result<u64, AuditError>;

    /// Registers an endpoint if it is not: it receives events and alerts from now on.
    async fn register(&self, name: &WebhookName, now: UnixMillis) -> Result<(), AuditError>;

    /// Takes or extends the lease, if no other process has it at `now`. Returns the progress of the endpoint, or `None`
    /// if another process has the lease, or the endpoint is not registered.
    async fn claim(
        &self,
        lease: &WebhookLease,
        now: UnixMillis,
        until: UnixMillis,
    ) -> Result<Option<WebhookProgress>, AuditError>;

    /// Gives the lease up, if the process has it.
    async fn release(&self, lease: &WebhookLease) -> Result<(), AuditError>;

    /// Returns messages of an endpoint that are due at `now`, those that have waited longest first.
    async fn due(&self, name: &WebhookName, now: UnixMillis, limit: u32) -> Result<Vec<QueuedMessage>, AuditError>;

    /// Records the outcome of a batch. Returns `false`, and changes nothing, if another process has the lease.
    async fn record(&self, lease: &WebhookLease, record: &DeliveryRecord) -> Result<bool, AuditError>;

    /// Returns dead letters after a position, by endpoint and ID, of one endpoint or of all.
    async fn dead_letters(
        &self,
        name: Option<&WebhookName>,
        after: &DeadLetterPosition,
        limit: u32,
    ) -> Result<Vec<QueuedMessage>, AuditError>;
}
