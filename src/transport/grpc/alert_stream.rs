//! The answers of `StreamAlerts`.

use std::{mem::replace, sync::Arc, time::Duration};

use futures_util::stream::unfold;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_stream::Stream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};

use super::{alert::alert, alert_filter, answer::timestamp, call::Call, standing::Standing, status};
use crate::{
    alerts::{Cut, Delivery, Ending, Feed, Filter, Gap, ReadError, SubscribeError, Subscription, encode},
    api::{self, stream_alerts_response::Event},
    authority::{
        Authenticator,
        permissions::{Method, permit_in},
    },
    clock::Clock,
    domain::Error,
};

/// What streams of alerts are made of.
#[derive(Clone)]
pub struct AlertStreams {
    pub feed: Arc<Feed>,
    pub authenticator: Arc<dyn Authenticator>,
    pub clock: Arc<dyn Clock>,
    pub heartbeat_interval: Duration,
    /// Ends all of them, each with a heartbeat to resume from.
    pub stop: CancellationToken,
}

impl AlertStreams {
    /// The stream that was asked for. It begins with a heartbeat, and everything raised after that comes.
    pub(super) async fn open(
        &self,
        request: Request<api::StreamAlertsRequest>,
    ) -> Result<impl Stream<Item = Result<api::StreamAlertsResponse, Status>> + Send + use<>, Error> {
        let call = Call::of(&request)?;
        let standing = Standing::of(&request, Method::StreamAlerts, Arc::clone(&self.authenticator));
        let (begin, filter) = alert_filter::subscription(request.into_inner(), &call.caller)?;
        let subscription = self.feed.subscribe(begin).await.map_err(|error| match error {
            SubscribeError::Full => Error::Overloaded,
            SubscribeError::Unread(error) => unread(error),
        })?;
        let mut heartbeat = interval(self.heartbeat_interval);
        // The first one is said without it.
        heartbeat.reset();
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let told = Telling {
            streams: self.clone(),
            subscription,
            filter,
            standing,
            heartbeat,
            request_id: call.request_id.clone(),
            phase: Phase::Beginning,
        };
        Ok(unfold(told, async |mut told| told.next().await.map(|message| (message, told))))
    }
}

/// One stream.
struct Telling {
    streams: AlertStreams,
    subscription: Subscription,
    filter: Filter,
    /// Looked at again with every heartbeat.
    standing: Standing,
    heartbeat: Interval,
    request_id: String,
    phase: Phase,
}

enum Phase {
    /// Nothing was said yet.
    Beginning,
    Open,
    /// The last message was said, and this comes after it.
    Ending(Error),
    Over,
}

impl Telling {
    async fn next(&mut self) -> Option<Result<api::StreamAlertsResponse, Status>> {
        match replace(&mut self.phase, Phase::Open) {
            Phase::Beginning => return Some(Ok(api::StreamAlertsResponse { event: Some(self.heartbeat()) })),
            Phase::Open => {}
            Phase::Ending(error) => {
                self.phase = Phase::Over;
                return Some(Err(self.ended(&error)));
            }
            Phase::Over => {
                self.phase = Phase::Over;
                return None;
            }
        }
        let event = tokio::select! {
            biased;
            () = self.streams.stop.cancelled() => {
                self.subscription.end_as(Ending::ShutDown);
                self.phase = Phase::Ending(Error::ShuttingDown);
                Ok(self.heartbeat())
            }
            _ = self.heartbeat.tick() => self.still_permitted().map(|()| self.heartbeat()),
            delivery = self.subscription.next(&self.filter) => delivery.map(event).map_err(|cut| match cut {
                Cut::SlowConsumer => Error::SlowConsumer,
                Cut::Unread(error) => unread(error),
            }),
        };
        Some(match event {
            Ok(event) => Ok(api::StreamAlertsResponse { event: Some(event) }),
            Err(error) => {
                self.phase = Phase::Over;
                Err(self.ended(&error))
            }
        })
    }

    fn heartbeat(&self) -> Event {
        let cursor = encode(self.subscription.position());
        Event::Heartbeat(api::Heartbeat { cursor, at: Some(timestamp(self.streams.clock.now())) })
    }

    /// Whether the credential that the call came with still opens this stream, and for which tenants.
    fn still_permitted(&mut self) -> Result<(), Error> {
        let permitted = self.standing.caller().and_then(|caller| {
            if let Some(tenant) = &self.filter.tenant {
                permit_in(&caller, Method::StreamAlerts, tenant)?;
            }
            Ok(caller.tenants.clone())
        });
        match permitted {
            Ok(tenants) => {
                self.filter.scope = tenants;
                Ok(())
            }
            Err(error) => {
                self.subscription.end_as(Ending::Unauthenticated);
                Err(error)
            }
        }
    }

    fn ended(&self, error: &Error) -> Status {
        tracing::debug!(request_id = self.request_id, ?error, "a stream of alerts ended");
        status::failed(error)
    }
}

fn unread(error: ReadError) -> Error {
    match error {
        ReadError::Store(error) => error.into(),
        ReadError::Archive(error) => Error::AuditUnavailable(error.to_string()),
    }
}

fn event(delivery: Delivery) -> Event {
    match delivery {
        Delivery::Alert(position, raised) => Event::Alert(alert(*raised, encode(position))),
        Delivery::Gap(Gap { from, to, reason }) => {
            Event::Gap(api::Gap { from_cursor: encode(from), to_cursor: encode(to), reason: reason.name().to_owned() })
        }
    }
}
