//! What one node hears of the stream, for all its subscribers.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::stream::unfold;
use tokio::{
    sync::{Semaphore, broadcast, watch},
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_stream::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;

use super::{
    filter::Filter,
    gap::{Gap, GapReason},
    history::read_on,
    kept::Kept,
    observer::AlertObserver,
    subscription::{Begin, SubscribeError, Subscription},
};
use crate::{
    audit::AlertArchive,
    backoff::Backoff,
    clock::Clock,
    domain::UnixMillis,
    store::{AlertMessages, AlertPosition, AlertStream, StoreError, StreamedAlert},
};

/// While messages are heard, the stream is read at every so many opportunities: they are lost only with their connection.
const READ_WHILE_LISTENING: u32 = 5;

/// How a node follows the stream.
#[derive(Clone, Copy, Debug)]
pub struct FeedSettings {
    /// Alerts that a subscriber may be behind the node before it is cut.
    pub buffer: usize,
    pub max_subscribers: usize,
    /// How often the stream is read while nothing is heard; while messages are heard, a fifth as often.
    pub catch_up: Duration,
}

/// How it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedStatus {
    /// Messages are heard. Without, alerts arrive with the next reading of the stream.
    pub is_listening: bool,
    /// When the stream was last read to its end.
    pub complete_at: Option<UnixMillis>,
    /// What it was last read up to.
    pub newest: AlertPosition,
    pub failure: Option<String>,
}

/// What subscribers are told. One that does not keep up finds the oldest overwritten.
#[derive(Clone, Debug)]
pub(super) enum Told {
    Alert(Arc<StreamedAlert>),
    /// What follows may have been told before, or not at all: the stream went back here, or the feed begins.
    Anew(AlertPosition),
}

/// The alerts of all nodes as this one hears of them, complete and in order.
pub struct Feed {
    pub(super) kept: Kept,
    pub(super) ring: broadcast::Sender<Told>,
    pub(super) observer: Arc<dyn AlertObserver>,
    pub(super) places: Arc<Semaphore>,
    clock: Arc<dyn Clock>,
    catch_up: Duration,
    status: watch::Sender<FeedStatus>,
}

impl Feed {
    #[must_use]
    pub fn new(
        stream: Arc<dyn AlertStream>,
        archive: Arc<dyn AlertArchive>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn AlertObserver>,
        settings: FeedSettings,
    ) -> Arc<Self> {
        // One that never reads is behind since now.
        let status = FeedStatus { complete_at: Some(clock.now()), ..FeedStatus::default() };
        Arc::new(Self {
            kept: Kept { stream, archive },
            ring: broadcast::Sender::new(settings.buffer),
            observer,
            places: Arc::new(Semaphore::new(settings.max_subscribers)),
            clock,
            catch_up: settings.catch_up,
            status: watch::Sender::new(status),
        })
    }

    pub fn status(&self) -> watch::Receiver<FeedStatus> {
        self.status.subscribe()
    }

    /// A subscription that has every alert from `begin` on that passes `filter`, which goes with every
    /// [`Subscription::next`], too.
    pub async fn subscribe(self: &Arc<Self>, begin: Begin, filter: &Filter) -> Result<Subscription, SubscribeError> {
        Subscription::begin(Arc::clone(self), begin, filter).await
    }

    /// Follows the stream until told to stop.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut heard = pin!(heard(Arc::clone(&self.kept.stream), Backoff::new(Arc::clone(&self.clock))));
        let mut reading = interval(self.catch_up);
        reading.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Where the node begins: subscribers read what is before that by themselves.
        let mut at = None;
        let mut passed_over = 0;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                message = heard.next() => match message {
                    Some(Heard::Alert(alert)) if at == Some(alert.previous) => {
                        at = Some(alert.position);
                        self.tell(*alert);
                    }
                    Some(Heard::Alert(alert)) if at.is_some_and(|at| alert.position <= at) => {}
                    Some(Heard::Alert(_)) => self.read(&mut at).await,
                    Some(Heard::Connected) => self.listening(None),
                    Some(Heard::Lost(error)) => self.listening(Some(&error)),
                    None => return,
                },
                _ = reading.tick() => {
                    passed_over += 1;
                    if at.is_none() || passed_over >= READ_WHILE_LISTENING || !self.is_at_ease() {
                        passed_over = 0;
                        self.read(&mut at).await;
                    }
                }
            }
        }
    }

    /// Whether messages are heard and the last reading went well.
    fn is_at_ease(&self) -> bool {
        let status = self.status.borrow();
        status.is_listening && status.failure.is_none()
    }

    /// Reads the stream to its end, and notes how that went.
    async fn read(&self, at: &mut Option<AlertPosition>) {
        let read = self.read_to_end(at).await;
        self.status.send_modify(|status| match (&read, &status.failure) {
            (Ok(()), failure) => {
                if failure.is_some() {
                    tracing::info!("the stream of alerts is read again");
                }
                status.failure = None;
                status.complete_at = Some(self.clock.now());
                status.newest = at.unwrap_or_default();
            }
            (Err(error), failure) => {
                if failure.is_none() {
                    tracing::warn!(%error, "the stream of alerts is not read; it is tried again and again");
                }
                status.failure = Some(error.to_string());
            }
        });
    }

    async fn read_to_end(&self, at: &mut Option<AlertPosition>) -> Result<(), StoreError> {
        let Some(from) = at else {
            let newest = self.kept.stream.newest().await?;
            *at = Some(newest);
            let _ = self.ring.send(Told::Anew(newest));
            return Ok(());
        };
        loop {
            let part = read_on(self.kept.stream.as_ref(), *from).await?;
            if part.is_end() {
                return Ok(());
            }
            if let Some(Gap { to, reason, .. }) = part.gap {
                *from = to;
                if reason == GapReason::Rewound {
                    tracing::warn!("the stream of alerts went back, as in a failover; some are delivered again");
                    let _ = self.ring.send(Told::Anew(to));
                }
            }
            for alert in part.alerts {
                *from = alert.position;
                let _ = self.ring.send(Told::Alert(Arc::new(alert)));
            }
        }
    }

    fn tell(&self, alert: StreamedAlert) {
        self.status.send_modify(|status| status.newest = alert.position);
        // Nobody need have subscribed.
        let _ = self.ring.send(Told::Alert(Arc::new(alert)));
    }

    fn listening(&self, lost: Option<&StoreError>) {
        self.status.send_modify(|status| {
            match lost {
                Some(error) if status.is_listening => {
                    tracing::warn!(%error, "alerts are not heard at once; the stream is read every second");
                }
                _ => {}
            }
            status.is_listening = lost.is_none();
        });
    }
}

enum Heard {
    Connected,
    Alert(Box<StreamedAlert>),
    Lost(StoreError),
}

/// All that is heard, on one connection after the other. Does not end.
fn heard(stream: Arc<dyn AlertStream>, backoff: Backoff) -> impl Stream<Item = Heard> {
    unfold((stream, backoff, None::<AlertMessages>, false), async |(stream, mut backoff, messages, pause)| {
        let Some(mut messages) = messages else {
            if pause {
                sleep(backoff.pause()).await;
            }
            return Some(match stream.listen().await {
                Ok(messages) => (Heard::Connected, (stream, backoff, Some(messages), false)),
                Err(error) => (Heard::Lost(error), (stream, backoff, None, true)),
            });
        };
        Some(match messages.next().await {
            Some(Ok(alert)) => {
                backoff.reset();
                (Heard::Alert(Box::new(alert)), (stream, backoff, Some(messages), false))
            }
            Some(Err(error)) => (Heard::Lost(error), (stream, backoff, None, true)),
            None => {
                let error = StoreError::corrupt("listening for alerts", "the messages ended");
                (Heard::Lost(error), (stream, backoff, None, true))
            }
        })
    })
}
