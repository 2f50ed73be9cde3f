//! The alerts of one subscriber: first the history, then live alerts.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, broadcast, broadcast::error::RecvError};

use super::{
    alert_history::HistoryReadError,
    feed::{AlertFeed, FeedMessage},
    filter::AlertFilter,
    gap::{AlertGap, GapReason},
    observer::SubscriptionEndReason,
    stream_pages::HistoryPage,
};
use crate::{
    domain::Alert,
    store::{AlertPosition, MissingAlert, StreamedAlert},
};

/// The position at which a subscription starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartPosition {
    /// Starts with the alerts that are raised from now on.
    Now,
    /// Starts after this position, up to which alerts were delivered before.
    After(AlertPosition),
    /// Starts with the oldest retained alert.
    Oldest,
}

/// An item delivered to a subscriber.
#[derive(Clone, Debug)]
pub enum AlertDelivery {
    /// An alert with its position in the stream.
    Alert(AlertPosition, Box<Alert>),
    Gap(AlertGap),
}

/// The reason for which a subscription could not be started.
#[derive(Debug)]
pub enum SubscribeError {
    /// The maximum number of subscribers is reached.
    TooManySubscribers,
    ReadFailed(HistoryReadError),
}

/// The error with which a subscription ends.
#[derive(Debug)]
pub enum SubscriptionError {
    /// The subscriber was too slow. The gap was delivered before this error.
    SlowConsumer,
    /// The history could not be read. The subscription can be resumed from its position.
    ReadFailed(HistoryReadError),
}

/// A position in the stream that moves forward. A subscriber that does not ask for the next alert holds that position
/// and at most one page of history. Live alerts belong to the feed, which holds them once.
pub struct AlertSubscription {
    feed: Arc<AlertFeed>,
    messages: broadcast::Receiver<FeedMessage>,
    /// Position up to which every alert was delivered or filtered out.
    position: AlertPosition,
    /// Items that were read and not delivered yet.
    pending: VecDeque<PendingItem>,
    phase: SubscriptionPhase,
    end_reason: SubscriptionEndReason,
    _slot: OwnedSemaphorePermit,
}

enum PendingItem {
    Gap(AlertGap),
    Alert(Arc<StreamedAlert>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SubscriptionPhase {
    /// Reading the stream, while the channel buffers new messages.
    History,
    /// At the end of the stream, with no message taken from the channel yet.
    Joining,
    Live,
    TooSlow,
}

impl AlertFeed {
    /// Starts a subscription to every alert from `start` on that matches `filter`. Pass the same filter to every
    /// [`AlertSubscription::next`].
    pub async fn subscribe(
        self: &Arc<Self>,
        start: StartPosition,
        filter: &AlertFilter,
    ) -> Result<AlertSubscription, SubscribeError> {
        AlertSubscription::start(Arc::clone(self), start, filter).await
    }
}

impl AlertSubscription {
    async fn start(feed: Arc<AlertFeed>, begin: StartPosition, filter: &AlertFilter) -> Result<Self, SubscribeError> {
        let place =
            Arc::clone(&feed.subscriber_slots).try_acquire_owned().map_err(|_| SubscribeError::TooManySubscribers)?;
        let ring = feed.messages.subscribe();
        let read = match begin {
            StartPosition::Now => feed
                .history
                .stream
                .newest()
                .await
                .map(|at| (at, HistoryPage::default()))
                .map_err(HistoryReadError::from),
            StartPosition::After(position) => Ok((position, HistoryPage::default())),
            StartPosition::Oldest => feed.history.read_first_page(&filter.tenants()).await,
        };
        let (at, page) = read.map_err(SubscribeError::ReadFailed)?;
        feed.observer.subscribed();
        let (pending, phase, ending) =
            (VecDeque::new(), SubscriptionPhase::History, SubscriptionEndReason::ClientClosed);
        let mut subscription =
            Self { feed, messages: ring, position: at, pending, phase, end_reason: ending, _slot: place };
        subscription.queue_page(page);
        Ok(subscription)
    }

    /// Returns the position up to which every matching alert was delivered. A subscription can be resumed from it.
    #[must_use]
    pub const fn position(&self) -> AlertPosition {
        self.position
    }

    /// Returns whether the subscriber receives alerts as they are raised. Only then is it disconnected for being too
    /// slow.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.phase == SubscriptionPhase::Live
    }

    /// Sets the reason that is reported to the observer. The default is [`SubscriptionEndReason::ClientClosed`].
    pub const fn set_end_reason(&mut self, ending: SubscriptionEndReason) {
        self.end_reason = ending;
    }

    /// Ends a subscription whose reader accepts nothing. Returns the gap to report to it: from the last delivered alert
    /// to the newest one.
    pub fn end_as_slow_consumer(&mut self) -> AlertGap {
        self.end_reason = SubscriptionEndReason::SlowConsumer;
        self.feed.observer.gap_reported(GapReason::SlowConsumer);
        self.slow_consumer_gap()
    }

    fn slow_consumer_gap(&self) -> AlertGap {
        // The subscription reads history itself, so it may be ahead of the feed.
        let to = self.feed.status().borrow().newest_position.max(self.position);
        AlertGap { from: self.position, to, reason: GapReason::SlowConsumer }
    }

    /// Returns the next gap, or the next alert that matches `filter`. Waits until there is one. Can be cancelled at any
    /// time without losing anything.
    pub async fn next(&mut self, filter: &AlertFilter) -> Result<AlertDelivery, SubscriptionError> {
        loop {
            while let Some(item) = self.pending.pop_front() {
                if let Some(delivery) = self.deliver(item, filter) {
                    return Ok(delivery);
                }
            }
            match self.phase {
                SubscriptionPhase::History => {
                    let part =
                        self.feed.history.read_page_after(self.position, &filter.tenants()).await.map_err(|error| {
                            self.end_reason = match error {
                                HistoryReadError::Store(_) => SubscriptionEndReason::StoreUnavailable,
                                HistoryReadError::Archive(_) => SubscriptionEndReason::ArchiveUnavailable,
                            };
                            SubscriptionError::ReadFailed(error)
                        })?;
                    if part.is_end() {
                        self.phase = SubscriptionPhase::Joining;
                    }
                    self.queue_page(part);
                }
                SubscriptionPhase::Joining | SubscriptionPhase::Live => self.receive_message().await,
                SubscriptionPhase::TooSlow => {
                    self.end_reason = SubscriptionEndReason::SlowConsumer;
                    return Err(SubscriptionError::SlowConsumer);
                }
            }
        }
    }

    /// Takes one message from the channel. A message that does not continue from `position` sends the subscription back
    /// to the stream.
    async fn receive_message(&mut self) {
        match self.messages.recv().await {
            Ok(FeedMessage::Alert(alert)) => {
                let was_joining = self.phase == SubscriptionPhase::Joining;
                self.phase = SubscriptionPhase::Live;
                if alert.previous == self.position {
                    self.pending.push_back(PendingItem::Alert(alert));
                } else if alert.position > self.position {
                    self.phase = SubscriptionPhase::History;
                } else if was_joining {
                    // The alert was read already, and so were any messages that were overwritten before it.
                    self.phase = SubscriptionPhase::Joining;
                }
            }
            Ok(FeedMessage::Reset(to)) if to < self.position => {
                self.pending.push_back(PendingItem::Gap(AlertGap {
                    from: self.position,
                    to,
                    reason: GapReason::Rewound,
                }));
                self.phase = SubscriptionPhase::History;
            }
            Err(RecvError::Lagged(_)) if self.phase == SubscriptionPhase::Live => {
                self.pending.push_back(PendingItem::Gap(self.slow_consumer_gap()));
                self.phase = SubscriptionPhase::TooSlow;
            }
            // The subscription holds the feed, so the channel is never closed.
            // Messages that were overwritten while history was read are part of the history.
            Ok(FeedMessage::Reset(_)) | Err(RecvError::Lagged(_) | RecvError::Closed) => {
                self.phase = SubscriptionPhase::History;
            }
        }
    }

    fn queue_page(&mut self, part: HistoryPage) {
        self.pending.extend(part.gap.map(PendingItem::Gap));
        self.pending.extend(part.alerts.into_iter().map(|alert| PendingItem::Alert(Arc::new(alert))));
    }

    /// Advances past `item`. Returns the item if it is a gap or a matching alert.
    fn deliver(&mut self, item: PendingItem, filter: &AlertFilter) -> Option<AlertDelivery> {
        let gap = match item {
            PendingItem::Alert(streamed) => {
                let from = std::mem::replace(&mut self.position, streamed.position);
                match &streamed.alert {
                    Ok(alert) if filter.matches(alert) => {
                        self.feed.observer.delivered();
                        return Some(AlertDelivery::Alert(self.position, Box::new(alert.clone())));
                    }
                    Ok(_) | Err(MissingAlert::Forgotten) => return None,
                    Err(MissingAlert::Unreadable(_)) => {
                        AlertGap { from, to: self.position, reason: GapReason::Unreadable }
                    }
                }
            }
            PendingItem::Gap(gap) => {
                // A slow consumer resumes from its own position.
                if gap.reason != GapReason::SlowConsumer {
                    self.position = gap.to;
                }
                gap
            }
        };
        self.feed.observer.gap_reported(gap.reason);
        Some(AlertDelivery::Gap(gap))
    }
}

impl Drop for AlertSubscription {
    fn drop(&mut self) {
        self.feed.observer.ended(self.end_reason);
    }
}
