//! A batch of attempts, and its effect on an endpoint and on its queue.

use std::time::Duration;

use super::{
    attempt::{AttemptFailure, FailureEffect},
    schedule::{delay_after, pause_after},
};
use crate::{
    domain::{
        UnixMillis,
        limits::truncate_text,
        webhook::{QueuedMessage, WebhookHealth},
    },
    entropy::Entropy,
};

/// Number of failures in a row from which an endpoint is paused between attempts, and probed with one message at a
/// time.
pub(super) const TOLERATED_FAILURES: u64 = 5;
/// Maximum length of the error of an attempt, in bytes.
const ERROR_BYTES: usize = 200;

/// The outcome of an attempt, as metrics count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryOutcome {
    Delivered,
    /// The message will be sent again.
    Failed,
    /// The last attempt has failed.
    DeadLetter,
}

impl DeliveryOutcome {
    pub const ALL: [Self; 3] = [Self::Delivered, Self::Failed, Self::DeadLetter];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::DeadLetter => "dead_letter",
        }
    }
}

/// The result for one message of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MessageResult {
    /// Delivered, with this status.
    Delivered(u16),
    /// There is nothing to send: the format has no message for it, or its event is no longer stored.
    Skipped,
    /// The batch ended before its turn.
    NotAttempted,
    Failed(AttemptFailure),
}

/// The origin of a message of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessageOrigin {
    /// A message that was recorded since the last batch.
    New,
    Queued,
    /// A message that was delivered or queued before, and may still be queued.
    Replayed,
}

/// The effect of a batch.
#[derive(Debug)]
pub(super) struct BatchEffect {
    pub health: WebhookHealth,
    pub queued: Vec<QueuedMessage>,
    pub removed: Vec<String>,
    pub outcomes: Vec<DeliveryOutcome>,
    /// Number of replayed messages that were delivered.
    pub replayed: u64,
}

impl BatchEffect {
    /// Computes the effect from the results, in the order in which they arrived.
    pub(super) fn from_results(
        mut health: WebhookHealth,
        results: Vec<(QueuedMessage, MessageOrigin, MessageResult)>,
        now: UnixMillis,
        entropy: &dyn Entropy,
    ) -> Self {
        let (mut queued, mut removed, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut replayed, mut pause): (u64, Option<Duration>) = (0, None);
        for (message, origin, result) in results {
            let may_be_queued = origin != MessageOrigin::New;
            match result {
                MessageResult::Delivered(status) => {
                    health = WebhookHealth {
                        failures: 0,
                        paused_until: None,
                        last_attempt_at: Some(now),
                        last_success_at: Some(now),
                        last_status: Some(status),
                        last_error: String::new(),
                        ..health
                    };
                    outcomes.push(DeliveryOutcome::Delivered);
                    replayed += u64::from(origin == MessageOrigin::Replayed);
                    removed.extend(may_be_queued.then_some(message.id));
                }
                MessageResult::Skipped => removed.extend(may_be_queued.then_some(message.id)),
                MessageResult::NotAttempted if origin == MessageOrigin::Queued => {}
                MessageResult::NotAttempted => queued.push(message),
                MessageResult::Failed(failure) => {
                    let error = truncate_text(&failure.error, ERROR_BYTES);
                    health.failures += 1;
                    health.last_attempt_at = Some(now);
                    health.last_status = failure.status;
                    health.last_error.clone_from(&error);
                    match failure.effect {
                        FailureEffect::Retry => {}
                        FailureEffect::Throttle => {
                            let asked = failure.retry_after.unwrap_or_else(|| pause_after(health.failures, entropy));
                            pause = pause.max(Some(asked));
                        }
                        FailureEffect::Disable => {
                            health.disabled = Some((error.clone(), now));
                        }
                    }
                    let message = after_failure(message, &failure, error, now, entropy);
                    let is_dead = message.next_attempt_at.is_none();
                    outcomes.push(if is_dead { DeliveryOutcome::DeadLetter } else { DeliveryOutcome::Failed });
                    queued.push(message);
                }
            }
        }
        if health.failures >= TOLERATED_FAILURES {
            pause = pause.max(Some(pause_after(health.failures - TOLERATED_FAILURES, entropy)));
        }
        health.paused_until = pause.map(|pause| now.plus(pause)).max(health.paused_until.filter(|until| *until > now));
        Self { health, queued, removed, outcomes, replayed }
    }
}

/// Returns a message after a failed attempt: with the time of the next one, or as a dead letter.
fn after_failure(
    message: QueuedMessage,
    failure: &AttemptFailure,
    error: String,
    now: UnixMillis,
    entropy: &dyn Entropy,
) -> QueuedMessage {
    let attempts = message.attempts.saturating_add(1);
    let delay = match failure.effect {
        // It waits until an administrator enables the endpoint.
        FailureEffect::Disable => Some(Duration::ZERO),
        FailureEffect::Retry | FailureEffect::Throttle => {
            delay_after(attempts, entropy).map(|delay| delay.max(failure.retry_after.unwrap_or_default()))
        }
    };
    QueuedMessage {
        attempts,
        next_attempt_at: delay.map(|delay| now.plus(delay)),
        last_status: failure.status,
        last_error: error,
        ..message
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::webhook::WebhookName, entropy::EntropyError};

    struct ZeroEntropy;

    impl Entropy for ZeroEntropy {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            bytes.fill(0);
            Ok(())
        }
    }

    const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);

    fn message(id: &str, attempts: u32) -> QueuedMessage {
        QueuedMessage {
            endpoint: WebhookName::new("hook").expect("a name"),
            id: id.to_owned(),
            event_type: "session.created".to_owned(),
            occurred_at: NOW,
            attempts,
            queued_at: NOW,
            next_attempt_at: Some(NOW),
            last_status: None,
            last_error: String::new(),
        }
    }

    fn failed(effect: FailureEffect, retry_after: Option<u64>) -> MessageResult {
        let retry_after = retry_after.map(Duration::from_secs);
        MessageResult::Failed(AttemptFailure { status: Some(500), error: "no".to_owned(), retry_after, effect })
    }

    fn effect(health: WebhookHealth, results: Vec<(QueuedMessage, MessageOrigin, MessageResult)>) -> BatchEffect {
        BatchEffect::from_results(health, results, NOW, &ZeroEntropy)
    }

    #[test]
    fn only_what_was_not_delivered_is_queued() {
        let results = vec![
            (message("new", 0), MessageOrigin::New, MessageResult::Delivered(200)),
            (message("repeated", 1), MessageOrigin::Queued, MessageResult::Delivered(204)),
            (message("gone", 1), MessageOrigin::Queued, MessageResult::Skipped),
            (message("late", 0), MessageOrigin::New, MessageResult::NotAttempted),
            (message("waiting", 2), MessageOrigin::Queued, MessageResult::NotAttempted),
            (message("failed", 1), MessageOrigin::Queued, failed(FailureEffect::Retry, None)),
        ];
        let effect = effect(WebhookHealth { failures: 3, ..WebhookHealth::default() }, results);
        assert_eq!(effect.removed, ["repeated", "gone"]);
        let queued: Vec<_> = effect.queued.iter().map(|message| (message.id.as_str(), message.attempts)).collect();
        assert_eq!(queued, [("late", 0), ("failed", 2)]);
        assert_eq!(effect.queued[1].next_attempt_at, Some(NOW.plus(Duration::from_mins(5))));
        assert_eq!((effect.health.failures, effect.health.last_success_at), (1, Some(NOW)));
        assert_eq!(effect.health.paused_until, None);
    }

    #[test]
    fn a_replayed_message_leaves_the_queue_when_it_is_delivered_and_enters_it_otherwise() {
        let results = vec![
            (message("again", 0), MessageOrigin::Replayed, MessageResult::Delivered(200)),
            (message("late", 0), MessageOrigin::Replayed, MessageResult::NotAttempted),
            (message("failed", 0), MessageOrigin::Replayed, failed(FailureEffect::Retry, None)),
            (message("new", 0), MessageOrigin::New, MessageResult::Delivered(200)),
        ];
        let effect = effect(WebhookHealth::default(), results);
        assert_eq!((effect.replayed, effect.removed.as_slice()), (1, ["again".to_owned()].as_slice()));
        let queued: Vec<_> = effect.queued.iter().map(|message| (message.id.as_str(), message.attempts)).collect();
        assert_eq!(queued, [("late", 0), ("failed", 1)]);
    }

    #[test]
    fn the_tenth_failure_makes_a_dead_letter() {
        let results = vec![(message("m", 9), MessageOrigin::Queued, failed(FailureEffect::Retry, None))];
        let effect = effect(WebhookHealth::default(), results);
        assert_eq!((effect.queued[0].attempts, effect.queued[0].next_attempt_at), (10, None));
        assert_eq!(effect.outcomes, [DeliveryOutcome::DeadLetter]);
    }

    #[test]
    fn an_endpoint_is_paused_when_it_asks_and_when_it_keeps_failing() {
        let asked = effect(
            WebhookHealth::default(),
            vec![(message("m", 0), MessageOrigin::New, failed(FailureEffect::Throttle, Some(3600)))],
        );
        let in_an_hour = Some(NOW.plus(Duration::from_hours(1)));
        assert_eq!((asked.health.paused_until, asked.queued[0].next_attempt_at), (in_an_hour, in_an_hour));

        let health = WebhookHealth { failures: TOLERATED_FAILURES, ..WebhookHealth::default() };
        let failing = effect(health, vec![(message("m", 0), MessageOrigin::New, failed(FailureEffect::Retry, None))]);
        assert_eq!(failing.health.paused_until, Some(NOW.plus(Duration::from_secs(10))));
    }

    #[test]
    fn a_message_to_a_disabled_endpoint_waits_even_after_its_last_attempt() {
        let disabled = effect(
            WebhookHealth::default(),
            vec![(message("m", 9), MessageOrigin::Queued, failed(FailureEffect::Disable, None))],
        );
        assert_eq!(disabled.health.disabled, Some(("no".to_owned(), NOW)));
        assert_eq!(disabled.queued[0].next_attempt_at, Some(NOW));
    }
}
