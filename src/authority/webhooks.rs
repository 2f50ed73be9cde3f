//! The administration of webhooks.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::Notify;
use zeroize::Zeroizing;

use super::audit_condition::AuditCondition;
use crate::{
    audit::{
        DeadLetterPosition, ReplaySelection, StoredEndpoint, WebhookEdit, WebhookLog, WebhookProgress, WebhookReplay,
    },
    clock::Clock,
    domain::{
        CallError, Cause, EventId, FieldViolation, InstallationSecret, UnixMillis,
        search::TimeRange,
        webhook::{
            MAX_ENDPOINTS, QueuedMessage, SecretSalts, WebhookAction, WebhookChange, WebhookChangeEvent,
            WebhookEndpoint, WebhookFormat, WebhookHealth, WebhookName, WebhookSecret,
        },
    },
    entropy::{Entropy, EntropyError, random_bytes},
};

/// The time for which messages are signed with the previous secret, too.
const SECRET_OVERLAP: Duration = Duration::from_hours(24);

/// The outcome of a test message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookTest {
    pub message_id: String,
    /// The status of the response; `None` if there was none.
    pub status: Option<u16>,
    /// Empty if the message was delivered.
    pub error: String,
    pub elapsed: Duration,
}

/// Sends test messages.
#[async_trait]
pub trait WebhookTester: Send + Sync {
    /// Sends a test message to an endpoint now. Returns `None` if there is no endpoint of this name.
    async fn send_test(&self, name: &WebhookName) -> Result<Option<WebhookTest>, CallError>;
}

/// An endpoint with its progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookStatus {
    pub endpoint: WebhookEndpoint,
    /// The times of the addition and of the last change; `None` for an endpoint of the configuration.
    pub added: Option<(UnixMillis, UnixMillis)>,
    pub progress: Option<WebhookProgressSummary>,
}

/// The progress of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookProgressSummary {
    pub caught_up_at: UnixMillis,
    pub lag: Duration,
    pub health: WebhookHealth,
    pub pending: u64,
    pub dead_letters: u64,
    pub replay: Option<WebhookReplay>,
}

/// A page of dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetterPage {
    pub letters: Vec<QueuedMessage>,
    pub has_more: bool,
}

/// Administers webhooks.
pub struct WebhookAdministration {
    /// The endpoints of the configuration.
    pub configured: Vec<WebhookEndpoint>,
    /// Set if the installation has a key for security event tokens.
    pub signs_sets: bool,
    pub log: Arc<dyn WebhookLog>,
    pub condition: Arc<AuditCondition>,
    pub tester: Arc<dyn WebhookTester>,
    pub installation: InstallationSecret,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// Notified after a change, so that this node follows it at once.
    pub changed: Arc<Notify>,
}

impl WebhookAdministration {
    /// Returns all endpoints by name, with their progress.
    pub async fn list(&self) -> Result<Vec<WebhookStatus>, CallError> {
        self.condition.verify_readable()?;
        let (stored, progress) = (self.log.endpoints().await?, self.log.progress().await?);
        let now = self.clock.now();
        let progress: HashMap<_, _> =
            progress.into_iter().map(|progress| (progress.name.clone(), summarise(progress, now))).collect();
        let configured = self.configured.iter().map(|endpoint| (endpoint.clone(), None));
        let added = stored.into_iter().filter(|stored| !self.is_configured(&stored.endpoint.name));
        let added = added.map(|stored| (stored.endpoint, Some((stored.created_at, stored.updated_at))));
        let mut listed: Vec<_> = configured
            .chain(added)
            .map(|(endpoint, added)| {
                let progress = progress.get(&endpoint.name).cloned();
                WebhookStatus { endpoint, added, progress }
            })
            .collect();
        listed.sort_by(|first, second| first.endpoint.name.cmp(&second.endpoint.name));
        Ok(listed)
    }

    /// Adds an endpoint. Returns the secret for its receiver.
    pub async fn add(&self, endpoint: WebhookEndpoint, cause: Cause) -> Result<Zeroizing<String>, CallError> {
        self.require_key(&endpoint)?;
        if self.is_configured(&endpoint.name) {
            return Err(CallError::WebhookExists);
        }
        let stored = self.stored().await?;
        if stored.iter().any(|stored| stored.endpoint.name == endpoint.name) {
            return Err(CallError::WebhookExists);
        }
        if stored.len() + self.configured.len() >= MAX_ENDPOINTS {
            return Err(CallError::TooManyWebhooks);
        }
        let now = self.clock.now();
        let salts = SecretSalts { current: self.random()?, previous: None };
        let secret = WebhookSecret::derive(&self.installation, &endpoint.name, &salts.current).to_text();
        let event = self.event(&endpoint.name, WebhookAction::Added, now, cause)?;
        let added = WebhookEdit::Add(StoredEndpoint { endpoint, salts, created_at: now, updated_at: now });
        // Another call may have added it meanwhile.
        if self.edit(&added, &event).await? == 0 { Err(CallError::WebhookExists) } else { Ok(secret) }
    }

    /// Replaces the settings of an added endpoint. With `rotates_secret`, returns the new secret and the time until
    /// which the previous one signs, too.
    pub async fn update(
        &self,
        endpoint: WebhookEndpoint,
        rotates_secret: bool,
        cause: Cause,
    ) -> Result<Option<(Zeroizing<String>, UnixMillis)>, CallError> {
        self.require_added(&endpoint.name)?;
        self.require_key(&endpoint)?;
        let stored = self.stored().await?.into_iter().find(|stored| stored.endpoint.name == endpoint.name);
        let mut stored = stored.ok_or(CallError::WebhookNotFound)?;
        let now = self.clock.now();
        let mut rotated = None;
        if rotates_secret {
            let until = now.plus(SECRET_OVERLAP);
            stored.salts = SecretSalts { current: self.random()?, previous: Some((stored.salts.current, until)) };
            let secret = WebhookSecret::derive(&self.installation, &endpoint.name, &stored.salts.current);
            rotated = Some((secret.to_text(), until));
        }
        let event = self.event(&endpoint.name, WebhookAction::Updated, now, cause)?;
        let updated = WebhookEdit::Update(StoredEndpoint { endpoint, updated_at: now, ..stored });
        if self.edit(&updated, &event).await? == 0 { Err(CallError::WebhookNotFound) } else { Ok(rotated) }
    }

    /// Removes an added endpoint.
    pub async fn remove(&self, name: &WebhookName, cause: Cause) -> Result<(), CallError> {
        self.require_added(name)?;
        let event = self.event(name, WebhookAction::Removed, self.clock.now(), cause)?;
        if self.edit(&WebhookEdit::Remove, &event).await? == 0 { Err(CallError::WebhookNotFound) } else { Ok(()) }
    }

    /// Ends the disablement or the pause of an endpoint.
    pub async fn enable(&self, name: &WebhookName, cause: Cause) -> Result<(), CallError> {
        let event = self.event(name, WebhookAction::Enabled, self.clock.now(), cause)?;
        if self.edit(&WebhookEdit::Enable, &event).await? == 0 { Err(CallError::WebhookNotFound) } else { Ok(()) }
    }

    /// Sends dead letters again: those with these IDs, or those of events in the window. Returns their number.
    pub async fn replay(
        &self,
        name: &WebhookName,
        ids: Vec<String>,
        occurred: TimeRange,
        cause: Cause,
    ) -> Result<u64, CallError> {
        let event = self.event(name, WebhookAction::Replayed, self.clock.now(), cause)?;
        let selection = if ids.is_empty() { ReplaySelection::Occurred(occurred) } else { ReplaySelection::Ids(ids) };
        self.edit(&WebhookEdit::Replay(selection), &event).await
    }

    /// Sends everything again that was recorded since a time, delivered or not.
    pub async fn replay_since(&self, name: &WebhookName, since: UnixMillis, cause: Cause) -> Result<(), CallError> {
        let event = self.event(name, WebhookAction::Replayed, self.clock.now(), cause)?;
        let replay = WebhookEdit::Replay(ReplaySelection::RecordedSince(since));
        if self.edit(&replay, &event).await? == 0 { Err(CallError::WebhookNotFound) } else { Ok(()) }
    }

    /// Sends a test message to an endpoint now.
    pub async fn test(&self, name: &WebhookName) -> Result<WebhookTest, CallError> {
        self.tester.send_test(name).await?.ok_or(CallError::WebhookNotFound)
    }

    /// Returns dead letters after one of them (endpoint and ID), of one endpoint or of all.
    pub async fn dead_letters(
        &self,
        name: Option<&WebhookName>,
        after: (String, String),
        limit: u32,
    ) -> Result<DeadLetterPage, CallError> {
        self.condition.verify_readable()?;
        let (endpoint, id) = after;
        let after = DeadLetterPosition { endpoint, id };
        let mut letters = self.log.dead_letters(name, &after, limit.saturating_add(1)).await?;
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = letters.len() > size;
        letters.truncate(size);
        Ok(DeadLetterPage { letters, has_more })
    }

    async fn stored(&self) -> Result<Vec<StoredEndpoint>, CallError> {
        self.condition.verify_readable()?;
        Ok(self.log.endpoints().await?)
    }

    async fn edit(&self, edit: &WebhookEdit, event: &WebhookChangeEvent) -> Result<u64, CallError> {
        self.condition.verify_writable()?;
        let changed = self.log.edit(edit, event).await?;
        self.changed.notify_one();
        Ok(changed)
    }

    /// Requires that this node can sign the messages.
    fn require_key(&self, endpoint: &WebhookEndpoint) -> Result<(), FieldViolation> {
        if endpoint.format == WebhookFormat::CaepSet && !self.signs_sets {
            let text = "needs a key; set `webhooks.set_key_file` and `webhooks.set_issuer`";
            return Err(FieldViolation::new("webhook.format", text));
        }
        Ok(())
    }

    fn require_added(&self, name: &WebhookName) -> Result<(), CallError> {
        if self.is_configured(name) { Err(CallError::WebhookInConfiguration) } else { Ok(()) }
    }

    fn is_configured(&self, name: &WebhookName) -> bool {
        self.configured.iter().any(|endpoint| endpoint.name == *name)
    }

    fn event(
        &self,
        name: &WebhookName,
        action: WebhookAction,
        at: UnixMillis,
        cause: Cause,
    ) -> Result<WebhookChangeEvent, CallError> {
        let id = EventId::from_webhook_change(self.random()?);
        Ok(WebhookChangeEvent { id, at, change: WebhookChange { name: name.clone(), action }, cause })
    }

    fn random<const N: usize>(&self) -> Result<[u8; N], CallError> {
        random_bytes(self.entropy.as_ref()).map_err(|error: EntropyError| CallError::Internal(error.into()))
    }
}

fn summarise(progress: WebhookProgress, now: UnixMillis) -> WebhookProgressSummary {
    WebhookProgressSummary {
        caught_up_at: progress.caught_up_at,
        lag: now.since(progress.caught_up_at),
        health: progress.health,
        pending: progress.pending,
        dead_letters: progress.dead_letters,
        replay: progress.replay,
    }
}
