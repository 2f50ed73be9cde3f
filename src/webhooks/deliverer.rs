//! Delivery to one endpoint.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, stream};
use tokio::{
    sync::watch,
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    attempt::FailureEffect,
    batch::{BatchEffect, DeliveryOutcome, MessageOrigin, MessageResult, TOLERATED_FAILURES},
    directory::ActiveEndpoint,
    parts::WebhookParts,
    replay::{event_search, read_replay},
    subject::MessageSubject,
};
use crate::{
    audit::{AuditError, DeliveryRecord, ReplayStep, WebhookLease, WebhookPosition, WebhookProgress},
    backoff::Backoff,
    domain::{
        Cause, EventId, UnixMillis,
        search::{AuditEvent, EventPosition, EventSearch, PageRequest, RecordingRange, TimeRange},
        webhook::{
            QueuedMessage, WebhookAction, WebhookChange, WebhookChangeEvent, WebhookEndpoint, WebhookEventType,
            WebhookName,
        },
    },
    entropy::random_bytes,
    store::AlertPosition,
};

/// Interval at which new and due messages are looked for.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The time for which a process may deliver without extending its lease, and the interval of extensions.
const LEASE: Duration = Duration::from_secs(30);
const LEASE_INTERVAL: Duration = Duration::from_secs(8);
/// The time for which attempts may complete once the process stops.
const STOP_GRACE: Duration = Duration::from_secs(3);
/// Maximum number of events, of alerts and of queued messages in a batch.
const BATCH: u32 = 64;
/// Maximum number of events and of alerts of a replay in a batch. New messages have more room, so that they are not
/// delayed.
const REPLAY_BATCH: u32 = 32;
/// Number of queued messages from which no further ones are read: the audit database holds them as well.
const MAX_PENDING: u64 = 1_000;

/// The position after every alert.
const LAST_ALERT: AlertPosition = AlertPosition { major: u64::MAX, minor: u64::MAX };

/// Delivers messages to one endpoint while this process has its lease.
pub(super) struct WebhookDeliverer {
    parts: Arc<WebhookParts>,
    /// The endpoint as it is now.
    active: watch::Receiver<ActiveEndpoint>,
    lease: WebhookLease,
    /// Set while this process has the lease.
    is_owner: bool,
}

/// The result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StepOutcome {
    /// There may be more to do now.
    Continue,
    Wait,
}

/// Messages to attempt, and the position that is reached with them.
struct MessageBatch {
    messages: Vec<BatchMessage>,
    position: WebhookPosition,
    caught_up_at: UnixMillis,
    has_more: bool,
    replay: Option<ReplayStep>,
}

/// A message with its entry of the queue. `None`: the event is no longer stored.
type BatchMessage = (Option<MessageSubject>, QueuedMessage, MessageOrigin);

impl WebhookDeliverer {
    pub(super) fn new(parts: Arc<WebhookParts>, active: watch::Receiver<ActiveEndpoint>, owner: &str) -> Self {
        let lease = WebhookLease { name: active.borrow().endpoint.name.clone(), owner: owner.to_owned() };
        Self { parts, active, lease, is_owner: false }
    }

    /// Delivers until `stop` is cancelled, and then gives the lease up.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut backoff = Backoff::new(Arc::clone(&self.parts.clock));
        let mut is_failing = false;
        loop {
            // A step is not interrupted: its deliveries are recorded.
            let outcome = self.step(&stop).await;
            let pause = match outcome {
                Ok(StepOutcome::Continue) => Duration::ZERO,
                Ok(StepOutcome::Wait) => POLL_INTERVAL,
                Err(_) => backoff.next_delay(),
            };
            match &outcome {
                Err(error) if !is_failing => {
                    tracing::warn!(webhook = %self.lease.name, %error, "failed to deliver webhooks; retrying with backoff");
                }
                Ok(_) => backoff.reset(),
                Err(_) => {}
            }
            is_failing = outcome.is_err();
            if stop.run_until_cancelled(sleep(pause)).await.is_none() {
                break;
            }
        }
        if self.is_owner {
            self.parts.observer.stopped(&self.lease.name);
            if let Err(error) = self.parts.log.release(&self.lease).await {
                tracing::debug!(webhook = %self.lease.name, %error, "failed to release a webhook; its lease expires");
            }
        }
    }

    /// Claims the endpoint, attempts one batch and records its outcome.
    async fn step(&mut self, stop: &CancellationToken) -> Result<StepOutcome, AuditError> {
        let Some(progress) = self.claim().await? else { return Ok(StepOutcome::Wait) };
        let now = self.parts.clock.now();
        self.parts.observer.progressed(&progress, now.since(progress.caught_up_at));
        let is_paused = progress.health.paused_until.is_some_and(|until| until > now);
        if progress.health.disabled.is_some() || is_paused {
            return Ok(StepOutcome::Wait);
        }
        let active = self.active.borrow().clone();
        let batch = self.read_batch(&active.endpoint, &progress, now).await?;
        let Some(results) = self.attempt_all(&active, batch.messages, stop).await? else {
            return Ok(StepOutcome::Wait);
        };
        let (position, caught_up_at) = (batch.position, batch.caught_up_at);
        let is_idle = results.is_empty() && batch.replay.is_none();
        if is_idle && !batch.has_more && position == progress.position && !Self::is_record_due(&progress, caught_up_at)
        {
            return Ok(StepOutcome::Wait);
        }
        let now = self.parts.clock.now();
        let effect = BatchEffect::from_results(progress.health.clone(), results, now, self.parts.entropy.as_ref());
        self.report(&effect);
        let replay = batch.replay.map(|step| ReplayStep { sent: effect.replayed, ..step });
        let disabled = effect.health.disabled.as_ref().map(|(reason, _)| self.disablement(reason, now));
        let record = DeliveryRecord {
            position,
            caught_up_at,
            health: effect.health,
            queued: effect.queued,
            removed: effect.removed,
            disabled,
            replay,
        };
        if !self.parts.log.record(&self.lease, &record).await? {
            self.lose_lease();
            return Ok(StepOutcome::Wait);
        }
        if replay.is_some_and(|step| step.is_finished) {
            tracing::info!(webhook = %self.lease.name, "the replay of the webhook is complete");
        }
        Ok(if batch.has_more { StepOutcome::Continue } else { StepOutcome::Wait })
    }

    /// Returns whether the time up to which everything is delivered is to be recorded although nothing else changed.
    fn is_record_due(progress: &WebhookProgress, caught_up_at: UnixMillis) -> bool {
        caught_up_at.since(progress.caught_up_at) >= LEASE_INTERVAL
    }

    /// Takes or extends the lease. Returns the progress of the endpoint, or `None` if another process has the lease.
    async fn claim(&mut self) -> Result<Option<WebhookProgress>, AuditError> {
        let now = self.parts.clock.now();
        let claimed = self.parts.log.claim(&self.lease, now, now.plus(LEASE)).await?;
        match (&claimed, self.is_owner) {
            (Some(_), false) => {
                tracing::info!(webhook = %self.lease.name, "this node delivers to the webhook");
                self.is_owner = true;
            }
            (None, true) => self.lose_lease(),
            (Some(_), true) | (None, false) => {}
        }
        Ok(claimed)
    }

    fn lose_lease(&mut self) {
        tracing::info!(webhook = %self.lease.name, "another node delivers to the webhook");
        self.is_owner = false;
        self.parts.observer.stopped(&self.lease.name);
    }

    /// Reads due messages and, unless too many are queued, new ones.
    async fn read_batch(
        &self,
        endpoint: &WebhookEndpoint,
        progress: &WebhookProgress,
        now: UnixMillis,
    ) -> Result<MessageBatch, AuditError> {
        let is_failing = progress.health.failures >= TOLERATED_FAILURES;
        let limit = if is_failing { 1 } else { BATCH };
        let due = self.parts.log.due(&endpoint.name, now, limit).await?;
        let mut messages = Vec::with_capacity(due.len());
        for message in due {
            messages.push((self.find_subject(&message).await?, message, MessageOrigin::Queued));
        }
        let queued_only = MessageBatch {
            messages,
            position: progress.position,
            caught_up_at: progress.caught_up_at,
            has_more: false,
            replay: None,
        };
        if progress.pending >= MAX_PENDING || is_failing && !queued_only.messages.is_empty() {
            return Ok(queued_only);
        }
        let mut batch = self.read_new(endpoint, limit, now, queued_only).await?;
        if let Some(replay) = progress.replay.as_ref().filter(|_| !is_failing || batch.messages.is_empty()) {
            let (subjects, step) =
                read_replay(&self.parts, endpoint, replay, progress.position, limit.min(REPLAY_BATCH)).await?;
            for subject in subjects {
                let message = subject.to_queued(endpoint, now);
                if batch.messages.iter().all(|(_, present, _)| present.id != message.id) {
                    batch.messages.push((Some(subject), message, MessageOrigin::Replayed));
                }
            }
            batch.has_more |= !step.is_finished;
            batch.replay = Some(step);
        }
        Ok(batch)
    }

    /// Adds messages that were recorded after the position.
    async fn read_new(
        &self,
        endpoint: &WebhookEndpoint,
        limit: u32,
        now: UnixMillis,
        mut batch: MessageBatch,
    ) -> Result<MessageBatch, AuditError> {
        let search = event_search(endpoint);
        let page = PageRequest { size: limit, after: Some(batch.position.events) };
        let recorded = self.parts.history.list_recorded(&search, RecordingRange::default(), page).await?;
        let alert_limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let alerts = self.parts.archive.read(batch.position.alerts, LAST_ALERT, alert_limit).await?;

        batch.has_more = recorded.has_more || alerts.len() >= alert_limit;
        batch.caught_up_at = match recorded.events.last() {
            _ if !batch.has_more => now,
            Some(event) => event.recorded_at.max(batch.caught_up_at),
            None => batch.caught_up_at,
        };
        batch.position.events = recorded.resume;
        if let Some(last) = alerts.last() {
            batch.position.alerts = last.position;
        }
        let events = recorded.events.into_iter().map(|event| MessageSubject::Event(Box::new(event)));
        let alerts = alerts.into_iter().filter_map(|alert| alert.alert.ok());
        let alerts = alerts.map(|alert| MessageSubject::Alert(Box::new(alert)));
        for subject in events.chain(alerts).filter(|subject| subject.is_wanted_by(endpoint)) {
            let message = subject.to_queued(endpoint, now);
            batch.messages.push((Some(subject), message, MessageOrigin::New));
        }
        Ok(batch)
    }

    /// Returns the event or the alert of a queued message, or `None` if it is no longer stored or was erased.
    async fn find_subject(&self, message: &QueuedMessage) -> Result<Option<MessageSubject>, AuditError> {
        if message.event_type == WebhookEventType::AlertRaised.name() {
            let Ok(id) = message.id.parse() else { return Ok(None) };
            let found = self.parts.archive.find(id).await?;
            return Ok(found.and_then(|found| found.alert.ok()).map(|alert| MessageSubject::Alert(Box::new(alert))));
        }
        let at = message.occurred_at;
        let occurred = TimeRange { start: Some(at), end: Some(at.plus(Duration::from_millis(1))) };
        let search = EventSearch { occurred, ..EventSearch::default() };
        let mut after: Option<EventPosition> = None;
        // Usually one event has this time. Pages cover the case of very many.
        loop {
            let page = PageRequest { size: BATCH, after };
            let events = self.parts.history.list_events(&search, page).await?;
            let is_last = events.len() < BATCH as usize;
            after = events.last().map(AuditEvent::position);
            let found = events.into_iter().find(|event| event.id.to_string() == message.id);
            if found.is_some() || is_last {
                return Ok(found.map(|event| MessageSubject::Event(Box::new(event))));
            }
        }
    }

    /// Attempts the messages, several at a time, and extends the lease meanwhile. Returns the results in the order in
    /// which they arrived, or `None` if the lease was lost. After `stop`, attempts have a moment to complete.
    async fn attempt_all(
        &mut self,
        active: &ActiveEndpoint,
        messages: Vec<BatchMessage>,
        stop: &CancellationToken,
    ) -> Result<Option<Vec<(QueuedMessage, MessageOrigin, MessageResult)>>, AuditError> {
        let mut unfinished: HashMap<_, _> =
            messages.iter().map(|(_, message, origin)| (message.id.clone(), (message.clone(), *origin))).collect();
        let (parts, is_over, failures) = (Arc::clone(&self.parts), AtomicBool::new(false), AtomicU64::new(0));
        let attempts = stream::iter(messages).map(|(subject, message, origin)| {
            let (parts, is_over, failures) = (&parts, &is_over, &failures);
            async move {
                let result = if is_over.load(Ordering::Relaxed) {
                    MessageResult::NotAttempted
                } else {
                    parts.attempt(active, subject.as_ref()).await
                };
                match &result {
                    MessageResult::Failed(failure) => {
                        let failed = failures.fetch_add(1, Ordering::Relaxed) + 1;
                        if failure.effect != FailureEffect::Retry || failed >= TOLERATED_FAILURES {
                            is_over.store(true, Ordering::Relaxed);
                        }
                    }
                    MessageResult::Delivered(_) => failures.store(0, Ordering::Relaxed),
                    MessageResult::Skipped | MessageResult::NotAttempted => {}
                }
                (message, origin, result)
            }
        });
        let mut attempts = pin!(attempts.buffer_unordered(parts.max_concurrency));
        let mut results = Vec::with_capacity(unfinished.len());
        let mut extensions = interval(LEASE_INTERVAL);
        // The lease was extended just now.
        extensions.reset();
        let mut end = pin!(async {
            stop.cancelled().await;
            is_over.store(true, Ordering::Relaxed);
            sleep(STOP_GRACE).await;
        });
        loop {
            tokio::select! {
                biased;
                result = attempts.next() => match result {
                    Some((message, origin, result)) => {
                        unfinished.remove(&message.id);
                        results.push((message, origin, result));
                    }
                    None => break,
                },
                () = &mut end => break,
                _ = extensions.tick() => if self.claim().await?.is_none() { return Ok(None) },
            }
        }
        let not_attempted =
            unfinished.into_values().map(|(message, origin)| (message, origin, MessageResult::NotAttempted));
        results.extend(not_attempted);
        Ok(Some(results))
    }

    fn report(&self, effect: &BatchEffect) {
        for outcome in &effect.outcomes {
            self.parts.observer.attempted(&self.lease.name, *outcome);
        }
        let dead = effect.outcomes.iter().filter(|outcome| **outcome == DeliveryOutcome::DeadLetter).count();
        if dead > 0 {
            tracing::error!(
                webhook = %self.lease.name,
                messages = dead,
                error = %effect.health.last_error,
                "webhook messages were given up after the last attempt; correct the endpoint, then send them again with \
                 `session-authority webhooks replay`"
            );
        }
        if let Some((reason, _)) = &effect.health.disabled {
            tracing::error!(
                webhook = %self.lease.name,
                %reason,
                "the webhook is disabled; nothing is sent until `session-authority webhooks enable`"
            );
        }
    }

    /// Returns the event that the service disabled the endpoint.
    fn disablement(&self, reason: &str, now: UnixMillis) -> WebhookChangeEvent {
        // Without random bytes, the time distinguishes the event from others.
        let random =
            random_bytes::<16>(self.parts.entropy.as_ref()).unwrap_or_else(|_| u128::from(now.get()).to_be_bytes());
        let name: WebhookName = self.lease.name.clone();
        WebhookChangeEvent {
            id: EventId::from_webhook_change(random),
            at: now,
            change: WebhookChange { name, action: WebhookAction::Disabled },
            cause: Cause::from_service(reason),
        }
    }
}
