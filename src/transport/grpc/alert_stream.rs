//! The responses of `StreamAlerts`.

use std::{sync::Arc, time::Duration};

use tokio::time::{Interval, MissedTickBehavior, interval};
use tonic::Request;

use super::{
    admission::Place,
    alert::alert,
    alert_filter,
    answer::timestamp,
    call::Call,
    response_stream::{Interruption, ResponseSender, ResponseStream, ResponseStreams, StreamEnd},
    standing::Standing,
    status,
};
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
    /// At shutdown each of them ends with a heartbeat to resume from.
    pub responses: ResponseStreams,
}

impl AlertStreams {
    /// The stream that was asked for. It begins with a heartbeat, and everything raised after that comes.
    pub(super) async fn open(
        &self,
        request: Request<api::StreamAlertsRequest>,
    ) -> Result<ResponseStream<api::StreamAlertsResponse>, Error> {
        let call = Call::of(&request)?;
        let standing = Standing::of(&request, Method::StreamAlerts, Arc::clone(&self.authenticator));
        let (begin, filter) = alert_filter::subscription(request.into_inner(), &call.caller)?;
        let subscription = self.feed.subscribe(begin, &filter).await.map_err(|error| match error {
            SubscribeError::Full => Error::Overloaded,
            SubscribeError::Unread(error) => unread(error),
        })?;
        let mut heartbeat = interval(self.heartbeat_interval);
        // The first one is said without it.
        heartbeat.reset();
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let task = AlertStreamTask {
            streams: self.clone(),
            subscription,
            filter,
            standing,
            heartbeat,
            request_id: call.request_id.clone(),
            _place: call.take_stream_place(),
        };
        Ok(self.responses.spawn(|responses| task.run(responses)))
    }
}

/// The work of one stream.
struct AlertStreamTask {
    streams: AlertStreams,
    subscription: Subscription,
    filter: Filter,
    /// Looked at again with every heartbeat.
    standing: Standing,
    heartbeat: Interval,
    request_id: String,
    /// Among open streams of alerts.
    _place: Option<Place>,
}

/// A last event, if there is one, and the error that follows it.
type LastEvent = (Option<Event>, Error);

impl AlertStreamTask {
    async fn run(
        mut self,
        responses: ResponseSender<api::StreamAlertsResponse>,
    ) -> StreamEnd<api::StreamAlertsResponse> {
        let (last, error) = self.deliver(&responses).await;
        tracing::debug!(request_id = self.request_id, ?error, "a stream of alerts ended");
        StreamEnd { last: last.map(message).into_iter().collect(), status: Err(status::failed(&error)) }
    }

    /// Sends events until the stream has to end. Takes an event from the subscription only once there is room for it:
    /// the position to resume from is never past what was sent.
    async fn deliver(&mut self, responses: &ResponseSender<api::StreamAlertsResponse>) -> LastEvent {
        let mut first = Some(self.heartbeat());
        loop {
            let room = match responses.reserve().await {
                Ok(room) => room,
                Err(Interruption::ShuttingDown) => return self.shut_down(),
                Err(Interruption::Unread) => {
                    return (Some(gap(self.subscription.end_as_unread())), Error::SlowConsumer);
                }
            };
            let event = match first.take() {
                Some(heartbeat) => heartbeat,
                None => match self.next().await {
                    Ok(event) => event,
                    Err(last) => return last,
                },
            };
            room.send(message(event));
        }
    }

    async fn next(&mut self) -> Result<Event, LastEvent> {
        let next = tokio::select! {
            biased;
            () = self.streams.responses.stop.cancelled() => return Err(self.shut_down()),
            _ = self.heartbeat.tick() => self.still_permitted().map(|()| self.heartbeat()),
            delivery = self.subscription.next(&self.filter) => delivery.map(event).map_err(|cut| match cut {
                Cut::SlowConsumer => Error::SlowConsumer,
                Cut::Unread(error) => unread(error),
            }),
        };
        next.map_err(|error| (None, error))
    }

    fn shut_down(&mut self) -> LastEvent {
        self.subscription.end_as(Ending::ShutDown);
        (Some(self.heartbeat()), Error::ShuttingDown)
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
        Delivery::Gap(missed) => gap(missed),
    }
}

fn gap(Gap { from, to, reason }: Gap) -> Event {
    Event::Gap(api::Gap { from_cursor: encode(from), to_cursor: encode(to), reason: reason.name().to_owned() })
}

const fn message(event: Event) -> api::StreamAlertsResponse {
    api::StreamAlertsResponse { event: Some(event) }
}
