//! What one subscriber gets: what was before, then what comes.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, broadcast, broadcast::error::RecvError};

use super::{
    feed::{Feed, Told},
    filter::Filter,
    gap::{Gap, GapReason},
    history::Part,
    kept::ReadError,
    observer::Ending,
};
use crate::{
    domain::Alert,
    store::{AlertPosition, NoAlert, StreamedAlert},
};

/// Where a subscription begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With what is raised from now on.
    Now,
    /// After what was delivered up to here.
    After(AlertPosition),
    /// With the oldest alert that is kept.
    Start,
}

/// What a subscriber is handed.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// With its place in the stream.
    Alert(AlertPosition, Box<Alert>),
    Gap(Gap),
}

/// Why there is no subscription.
#[derive(Debug)]
pub enum SubscribeError {
    /// As many as may be are there.
    Full,
    Unread(ReadError),
}

/// Why a subscription is over.
#[derive(Debug)]
pub enum Cut {
    /// It was told of the gap before.
    SlowConsumer,
    /// It can be resumed from where it was.
    Unread(ReadError),
}

/// A place in the stream that moves on. Whoever does not ask for the next alert holds that place and a page of
/// history at most; the live alerts are the feed's and there once.
pub struct Subscription {
    feed: Arc<Feed>,
    ring: broadcast::Receiver<Told>,
    /// Up to here everything was delivered or filtered out.
    at: AlertPosition,
    /// What was read and not handed out.
    pending: VecDeque<Item>,
    phase: Phase,
    ending: Ending,
    _place: OwnedSemaphorePermit,
}

enum Item {
    Gap(Gap),
    Alert(Arc<StreamedAlert>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Reading the stream, while the ring gathers what comes.
    History,
    /// At the end of the stream, and nothing taken from the ring yet.
    Joining,
    Live,
    Cut,
}

impl Subscription {
    pub(super) async fn begin(feed: Arc<Feed>, begin: Begin, filter: &Filter) -> Result<Self, SubscribeError> {
        let place = Arc::clone(&feed.places).try_acquire_owned().map_err(|_| SubscribeError::Full)?;
        let ring = feed.ring.subscribe();
        let read = match begin {
            Begin::Now => feed.kept.stream.newest().await.map(|at| (at, Part::default())).map_err(ReadError::from),
            Begin::After(position) => Ok((position, Part::default())),
            Begin::Start => feed.kept.read_from_start(&filter.tenants()).await,
        };
        let (at, part) = read.map_err(SubscribeError::Unread)?;
        feed.observer.subscribed();
        let (pending, phase, ending) = (VecDeque::new(), Phase::History, Ending::Left);
        let mut subscription = Self { feed, ring, at, pending, phase, ending, _place: place };
        subscription.take(part);
        Ok(subscription)
    }

    /// Up to where everything that passes the filter was handed out: to resume from.
    #[must_use]
    pub const fn position(&self) -> AlertPosition {
        self.at
    }

    /// Whether it gets alerts as they come: only then is it cut when it is too slow.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    /// Why it ends, for the observer; by itself it ends as left.
    pub const fn end_as(&mut self, ending: Ending) {
        self.ending = ending;
    }

    /// Ends a subscription whose reader takes nothing. Returns the gap to tell it of: from what it was handed last to the
    /// newest alert.
    pub fn end_as_unread(&mut self) -> Gap {
        self.ending = Ending::SlowConsumer;
        self.feed.observer.missed(GapReason::SlowConsumer);
        self.slow_consumer_gap()
    }

    fn slow_consumer_gap(&self) -> Gap {
        // History is read by the subscription itself, and may be ahead of the feed.
        let to = self.feed.status().borrow().newest.max(self.at);
        Gap { from: self.at, to, reason: GapReason::SlowConsumer }
    }

    /// The next that passes `filter`. Waits until there is one, and can be given up at any time without
    /// losing anything.
    pub async fn next(&mut self, filter: &Filter) -> Result<Delivery, Cut> {
        loop {
            while let Some(item) = self.pending.pop_front() {
                if let Some(delivery) = self.handed(item, filter) {
                    return Ok(delivery);
                }
            }
            match self.phase {
                Phase::History => {
                    let part = self.feed.kept.read_on(self.at, &filter.tenants()).await.map_err(|error| {
                        self.ending = match error {
                            ReadError::Store(_) => Ending::StoreUnavailable,
                            ReadError::Archive(_) => Ending::ArchiveUnavailable,
                        };
                        Cut::Unread(error)
                    })?;
                    if part.is_end() {
                        self.phase = Phase::Joining;
                    }
                    self.take(part);
                }
                Phase::Joining | Phase::Live => self.hear().await,
                Phase::Cut => {
                    self.ending = Ending::SlowConsumer;
                    return Err(Cut::SlowConsumer);
                }
            }
        }
    }

    /// Takes one message from the ring. Any that does not follow on `at` sends it back to the stream.
    async fn hear(&mut self) {
        match self.ring.recv().await {
            Ok(Told::Alert(alert)) => {
                let was_joining = self.phase == Phase::Joining;
                self.phase = Phase::Live;
                if alert.previous == self.at {
                    self.pending.push_back(Item::Alert(alert));
                } else if alert.position > self.at {
                    self.phase = Phase::History;
                } else if was_joining {
                    // Read already; what was missed of the ring would be, too.
                    self.phase = Phase::Joining;
                }
            }
            Ok(Told::Anew(to)) if to < self.at => {
                self.pending.push_back(Item::Gap(Gap { from: self.at, to, reason: GapReason::Rewound }));
                self.phase = Phase::History;
            }
            Err(RecvError::Lagged(_)) if self.phase == Phase::Live => {
                self.pending.push_back(Item::Gap(self.slow_consumer_gap()));
                self.phase = Phase::Cut;
            }
            // The feed is held here, so that the ring is never closed.
            // What was overwritten while history was read is history.
            Ok(Told::Anew(_)) | Err(RecvError::Lagged(_) | RecvError::Closed) => self.phase = Phase::History,
        }
    }

    fn take(&mut self, part: Part) {
        self.pending.extend(part.gap.map(Item::Gap));
        self.pending.extend(part.alerts.into_iter().map(|alert| Item::Alert(Arc::new(alert))));
    }

    /// Moves on by one, and hands it out if it passes.
    fn handed(&mut self, item: Item, filter: &Filter) -> Option<Delivery> {
        let gap = match item {
            Item::Alert(streamed) => {
                let from = std::mem::replace(&mut self.at, streamed.position);
                match &streamed.alert {
                    Ok(alert) if filter.passes(alert) => {
                        self.feed.observer.delivered();
                        return Some(Delivery::Alert(self.at, Box::new(alert.clone())));
                    }
                    Ok(_) | Err(NoAlert::Forgotten) => return None,
                    Err(NoAlert::Unreadable(_)) => Gap { from, to: self.at, reason: GapReason::Unreadable },
                }
            }
            Item::Gap(gap) => {
                // Who was too slow goes on from where it was.
                if gap.reason != GapReason::SlowConsumer {
                    self.at = gap.to;
                }
                gap
            }
        };
        self.feed.observer.missed(gap.reason);
        Some(Delivery::Gap(gap))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.feed.observer.ended(self.ending);
    }
}
