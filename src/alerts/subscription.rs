//! What one subscriber gets: what was before, then what comes.

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

/// Where a subscription begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartPosition {
    /// With what is raised from now on.
    Now,
    /// After what was delivered up to here.
    After(AlertPosition),
    /// With the oldest alert that is kept.
    Oldest,
}

/// What a subscriber is handed.
#[derive(Clone, Debug)]
pub enum AlertDelivery {
    /// With its place in the stream.
    Alert(AlertPosition, Box<Alert>),
    Gap(AlertGap),
}

/// Why there is no subscription.
#[derive(Debug)]
pub enum SubscribeError {
    /// As many as may be are there.
    TooManySubscribers,
    ReadFailed(HistoryReadError),
}

/// Why a subscription is over.
#[derive(Debug)]
pub enum SubscriptionError {
    /// It was told of the gap before.
    SlowConsumer,
    /// It can be resumed from where it was.
    ReadFailed(HistoryReadError),
}

/// A place in the stream that moves on. Whoever does not ask for the next alert holds that place and a page of
/// history at most; the live alerts are the feed's and there once.
pub struct AlertSubscription {
    feed: Arc<AlertFeed>,
    messages: broadcast::Receiver<FeedMessage>,
    /// Up to here everything was delivered or filtered out.
    position: AlertPosition,
    /// What was read and not handed out.
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
    /// Reading the stream, while the ring gathers what comes.
    History,
    /// At the end of the stream, and nothing taken from the ring yet.
    Joining,
    Live,
    TooSlow,
}

impl AlertSubscription {
    pub(super) async fn start(
        feed: Arc<AlertFeed>,
        begin: StartPosition,
        filter: &AlertFilter,
    ) -> Result<Self, SubscribeError> {
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

    /// Up to where everything that passes the filter was handed out: to resume from.
    #[must_use]
    pub const fn position(&self) -> AlertPosition {
        self.position
    }

    /// Whether it gets alerts as they come: only then is it cut when it is too slow.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.phase == SubscriptionPhase::Live
    }

    /// Why it ends, for the observer; by itself it ends as left.
    pub const fn set_end_reason(&mut self, ending: SubscriptionEndReason) {
        self.end_reason = ending;
    }

    /// Ends a subscription whose reader takes nothing. Returns the gap to tell it of: from what it was handed last to the
    /// newest alert.
    pub fn end_as_slow_consumer(&mut self) -> AlertGap {
        self.end_reason = SubscriptionEndReason::SlowConsumer;
        self.feed.observer.gap_reported(GapReason::SlowConsumer);
        self.slow_consumer_gap()
    }

    fn slow_consumer_gap(&self) -> AlertGap {
        // History is read by the subscription itself, and may be ahead of the feed.
        let to = self.feed.status().borrow().newest_position.max(self.position);
        AlertGap { from: self.position, to, reason: GapReason::SlowConsumer }
    }

    /// The next that passes `filter`. Waits until there is one, and can be given up at any time without
    /// losing anything.
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

    /// Takes one message from the ring. Any that does not follow on `at` sends it back to the stream.
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
                    // Read already; what was missed of the ring would be, too.
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
            // The feed is held here, so that the ring is never closed.
            // What was overwritten while history was read is history.
            Ok(FeedMessage::Reset(_)) | Err(RecvError::Lagged(_) | RecvError::Closed) => {
                self.phase = SubscriptionPhase::History;
            }
        }
    }

    fn queue_page(&mut self, part: HistoryPage) {
        self.pending.extend(part.gap.map(PendingItem::Gap));
        self.pending.extend(part.alerts.into_iter().map(|alert| PendingItem::Alert(Arc::new(alert))));
    }

    /// Moves on by one, and hands it out if it passes.
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
                // Who was too slow goes on from where it was.
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
