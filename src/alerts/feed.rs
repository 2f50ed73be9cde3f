//! The alert feed: one node's view of the alert stream, for all its subscribers.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::stream::unfold;
use tokio::{
    sync::{Semaphore, broadcast, watch},
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_stream::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;

use super::{
    alert_history::AlertHistory,
    gap::{AlertGap, GapReason},
    observer::AlertObserver,
    stream_pages::read_page_after,
};
use crate::{
    audit::AlertArchive,
    backoff::Backoff,
    clock::Clock,
    domain::UnixMillis,
    store::{AlertMessages, AlertPosition, AlertStream, StoreError, StreamedAlert},
};

/// While messages arrive, only one poll in so many reads the stream: messages are lost only with their connection.
const POLL_EVERY_NTH_TICK_WHILE_LISTENING: u32 = 5;

/// Settings of the alert feed of a node.
#[derive(Clone, Copy, Debug)]
pub struct FeedSettings {
    /// Alerts that a subscriber may fall behind before its stream is ended.
    pub buffer: usize,
    pub max_subscribers: usize,
    /// Interval at which the stream is read while no messages arrive. While they do, it is read a fifth as often.
    pub poll_interval: Duration,
}

/// Status of the alert feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedStatus {
    /// Set while messages arrive. Otherwise, alerts arrive with the next read of the stream.
    pub is_listening: bool,
    /// Time at which the stream was last read to its end.
    pub caught_up_at: Option<UnixMillis>,
    /// Position up to which the stream was last read.
    pub newest_position: AlertPosition,
    pub failure: Option<String>,
}

/// A message to all subscribers. A subscriber that does not keep up finds the oldest ones overwritten.
#[derive(Clone, Debug)]
pub(super) enum FeedMessage {
    Alert(Arc<StreamedAlert>),
    /// The stream was rewound to this position, or the feed starts here. The alerts that follow may be repeats, and
    /// those before may not have been sent.
    Reset(AlertPosition),
}

/// The alerts of all nodes as this node receives them, complete and in order.
pub struct AlertFeed {
    pub(super) history: AlertHistory,
    pub(super) messages: broadcast::Sender<FeedMessage>,
    pub(super) observer: Arc<dyn AlertObserver>,
    pub(super) subscriber_slots: Arc<Semaphore>,
    clock: Arc<dyn Clock>,
    poll_interval: Duration,
    status: watch::Sender<FeedStatus>,
}

impl AlertFeed {
    #[must_use]
    pub fn new(
        stream: Arc<dyn AlertStream>,
        archive: Arc<dyn AlertArchive>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn AlertObserver>,
        settings: FeedSettings,
    ) -> Arc<Self> {
        // A feed that never manages to read lags from now on.
        let status = FeedStatus { caught_up_at: Some(clock.now()), ..FeedStatus::default() };
        Arc::new(Self {
            history: AlertHistory { stream, archive },
            messages: broadcast::Sender::new(settings.buffer),
            observer,
            subscriber_slots: Arc::new(Semaphore::new(settings.max_subscribers)),
            clock,
            poll_interval: settings.poll_interval,
            status: watch::Sender::new(status),
        })
    }

    pub fn status(&self) -> watch::Receiver<FeedStatus> {
        self.status.subscribe()
    }

    /// Follows the stream until `stop` is cancelled.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut messages =
            pin!(stream_messages(Arc::clone(&self.history.stream), Backoff::new(Arc::clone(&self.clock))));
        let mut poll = interval(self.poll_interval);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The feed starts at the newest alert. Subscribers read earlier alerts themselves.
        let mut position = None;
        let mut skipped_polls = 0;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                message = messages.next() => match message {
                    Some(StreamMessage::Alert(alert)) if position == Some(alert.previous) => {
                        position = Some(alert.position);
                        self.publish(*alert);
                    }
                    Some(StreamMessage::Alert(alert)) if position.is_some_and(|at| alert.position <= at) => {}
                    Some(StreamMessage::Alert(_)) => self.poll_stream(&mut position).await,
                    Some(StreamMessage::Connected) => self.set_listening(None),
                    Some(StreamMessage::Disconnected(error)) => self.set_listening(Some(&error)),
                    None => return,
                },
                _ = poll.tick() => {
                    skipped_polls += 1;
                    if position.is_none() || skipped_polls >= POLL_EVERY_NTH_TICK_WHILE_LISTENING || !self.is_healthy() {
                        skipped_polls = 0;
                        self.poll_stream(&mut position).await;
                    }
                }
            }
        }
    }

    /// Returns whether messages arrive and the last read succeeded.
    fn is_healthy(&self) -> bool {
        let status = self.status.borrow();
        status.is_listening && status.failure.is_none()
    }

    /// Reads the stream to its end and records the outcome.
    async fn poll_stream(&self, at: &mut Option<AlertPosition>) {
        let read = self.read_to_end(at).await;
        self.status.send_modify(|status| match (&read, &status.failure) {
            (Ok(()), failure) => {
                if failure.is_some() {
                    tracing::info!("reading the alert stream has resumed");
                }
                status.failure = None;
                status.caught_up_at = Some(self.clock.now());
                status.newest_position = at.unwrap_or_default();
            }
            (Err(error), failure) => {
                if failure.is_none() {
                    tracing::warn!(%error, "failed to read the alert stream; retrying at the next poll");
                }
                status.failure = Some(error.to_string());
            }
        });
    }

    async fn read_to_end(&self, at: &mut Option<AlertPosition>) -> Result<(), StoreError> {
        let Some(from) = at else {
            let newest = self.history.stream.newest().await?;
            *at = Some(newest);
            let _ = self.messages.send(FeedMessage::Reset(newest));
            return Ok(());
        };
        loop {
            let part = read_page_after(self.history.stream.as_ref(), *from).await?;
            if part.is_end() {
                return Ok(());
            }
            if let Some(AlertGap { to, reason, .. }) = part.gap {
                *from = to;
                if reason == GapReason::Rewound {
                    tracing::warn!(
                        "the alert stream was rewound, probably by a failover; some alerts will be delivered again"
                    );
                    let _ = self.messages.send(FeedMessage::Reset(to));
                }
            }
            for alert in part.alerts {
                *from = alert.position;
                let _ = self.messages.send(FeedMessage::Alert(Arc::new(alert)));
            }
        }
    }

    fn publish(&self, alert: StreamedAlert) {
        self.status.send_modify(|status| status.newest_position = alert.position);
        // Sending fails if there are no subscribers.
        let _ = self.messages.send(FeedMessage::Alert(Arc::new(alert)));
    }

    fn set_listening(&self, lost: Option<&StoreError>) {
        self.status.send_modify(|status| {
            match lost {
                Some(error) if status.is_listening => {
                    tracing::warn!(
                        %error,
                        "lost the alert notification channel; polling the stream until it reconnects"
                    );
                }
                _ => {}
            }
            status.is_listening = lost.is_none();
        });
    }
}

enum StreamMessage {
    Connected,
    Alert(Box<StreamedAlert>),
    Disconnected(StoreError),
}

/// Returns the messages of one connection after the other. Never ends.
fn stream_messages(stream: Arc<dyn AlertStream>, backoff: Backoff) -> impl Stream<Item = StreamMessage> {
    unfold((stream, backoff, None::<AlertMessages>, false), async |(stream, mut backoff, messages, pause)| {
        let Some(mut messages) = messages else {
            if pause {
                sleep(backoff.next_delay()).await;
            }
            return Some(match stream.listen().await {
                Ok(messages) => (StreamMessage::Connected, (stream, backoff, Some(messages), false)),
                Err(error) => (StreamMessage::Disconnected(error), (stream, backoff, None, true)),
            });
        };
        Some(match messages.next().await {
            Some(Ok(alert)) => {
                backoff.reset();
                (StreamMessage::Alert(Box::new(alert)), (stream, backoff, Some(messages), false))
            }
            Some(Err(error)) => (StreamMessage::Disconnected(error), (stream, backoff, None, true)),
            None => {
                let error = StoreError::corrupt("listening for alerts", "the subscription was closed");
                (StreamMessage::Disconnected(error), (stream, backoff, None, true))
            }
        })
    })
}
