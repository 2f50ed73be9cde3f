//! The response stream of `StreamAlerts`.

use std::{sync::Arc, time::Duration};

use tokio::time::{Interval, MissedTickBehavior, interval};
use tonic::Request;

use super::{
    admission::BudgetPermit,
    alert::alert,
    alert_filter,
    call::CallContext,
    response::timestamp,
    response_stream::{ResponseSender, ResponseStream, ResponseStreamSpawner, StreamEnd, StreamInterruption},
    rpc_error::RpcError,
    status,
    stream_authorization::StreamAuthorization,
};
use crate::{
    alerts::{
        AlertDelivery, AlertFeed, AlertFilter, AlertGap, AlertSubscription, HistoryReadError, SubscribeError,
        SubscriptionEndReason, SubscriptionError, encode,
    },
    api::{self, stream_alerts_response::Event},
    authority::{Authenticator, permissions::permit_tenant},
    clock::Clock,
    domain::CallError,
};

/// The collaborators and settings of alert streams.
#[derive(Clone)]
pub struct AlertStreams {
    pub feed: Arc<AlertFeed>,
    pub authenticator: Arc<dyn Authenticator>,
    pub clock: Arc<dyn Clock>,
    pub heartbeat_interval: Duration,
    /// At shutdown each stream ends with a heartbeat to resume from.
    pub responses: ResponseStreamSpawner,
}

impl AlertStreams {
    /// Opens the requested stream. It begins with a heartbeat, and delivers every alert that is raised after that.
    pub(super) async fn open(
        &self,
        request: Request<api::StreamAlertsRequest>,
    ) -> Result<ResponseStream<api::StreamAlertsResponse>, RpcError> {
        let call = CallContext::from_request(&request)?;
        let authorization = StreamAuthorization::from_request(&request, call.method, Arc::clone(&self.authenticator));
        let (begin, filter) = alert_filter::parse_subscription(request.into_inner(), &call.caller)?;
        let subscription = self.feed.subscribe(begin, &filter).await.map_err(|error| match error {
            SubscribeError::TooManySubscribers => RpcError::Overloaded,
            SubscribeError::ReadFailed(error) => from_read_error(error).into(),
        })?;
        let mut heartbeat = interval(self.heartbeat_interval);
        // The first heartbeat is sent without the timer.
        heartbeat.reset();
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let task = AlertStreamTask {
            streams: self.clone(),
            subscription,
            filter,
            authorization,
            authorization_checks: StreamAuthorization::check_interval(),
            heartbeat,
            request_id: call.request_id.clone(),
            _permit: call.take_stream_permit(),
        };
        Ok(self.responses.spawn(|responses| task.run(responses)))
    }
}

/// The work of one stream.
struct AlertStreamTask {
    streams: AlertStreams,
    subscription: AlertSubscription,
    filter: AlertFilter,
    authorization: StreamAuthorization,
    authorization_checks: Interval,
    heartbeat: Interval,
    request_id: String,
    /// The permit of the open alert stream.
    _permit: Option<BudgetPermit>,
}

/// A last event, if there is one, and the error that follows it.
type LastEvent = (Option<Event>, RpcError);

impl AlertStreamTask {
    async fn run(
        mut self,
        responses: ResponseSender<api::StreamAlertsResponse>,
    ) -> StreamEnd<api::StreamAlertsResponse> {
        let (last, error) = self.deliver(&responses).await;
        tracing::debug!(request_id = self.request_id, ?error, "StreamAlerts ended");
        StreamEnd {
            final_messages: last.map(message).into_iter().collect(),
            status: Err(status::log_and_convert(error)),
        }
    }

    /// Sends events until the stream has to end. It takes an event from the subscription only once there is room for
    /// it, so the position to resume from is never past the last event sent.
    async fn deliver(&mut self, responses: &ResponseSender<api::StreamAlertsResponse>) -> LastEvent {
        let mut first = Some(self.heartbeat());
        loop {
            let permit = match responses.reserve().await {
                Ok(permit) => permit,
                Err(StreamInterruption::ShuttingDown) => return self.end_for_shutdown(),
                Err(StreamInterruption::ClientStalled) => {
                    return (Some(gap(self.subscription.end_as_slow_consumer())), RpcError::SlowConsumer);
                }
            };
            let event = match first.take() {
                Some(heartbeat) => heartbeat,
                None => match self.next().await {
                    Ok(event) => event,
                    Err(last) => return last,
                },
            };
            permit.send(message(event));
        }
    }

    async fn next(&mut self) -> Result<Event, LastEvent> {
        loop {
            let next = tokio::select! {
                biased;
                () = self.streams.responses.stop.cancelled() => return Err(self.end_for_shutdown()),
                _ = self.authorization_checks.tick() => match self.recheck_authorization() {
                    Ok(()) => continue,
                    Err(error) => Err(error.into()),
                },
                _ = self.heartbeat.tick() => Ok(self.heartbeat()),
                delivery = self.subscription.next(&self.filter) => delivery.map(event).map_err(|cut| match cut {
                    SubscriptionError::SlowConsumer => RpcError::SlowConsumer,
                    SubscriptionError::ReadFailed(error) => from_read_error(error).into(),
                }),
            };
            return next.map_err(|error| (None, error));
        }
    }

    fn end_for_shutdown(&mut self) -> LastEvent {
        self.subscription.set_end_reason(SubscriptionEndReason::ShutDown);
        (Some(self.heartbeat()), RpcError::ShuttingDown)
    }

    fn heartbeat(&self) -> Event {
        let cursor = encode(self.subscription.position());
        Event::Heartbeat(api::Heartbeat { cursor, at: Some(timestamp(self.streams.clock.now())) })
    }

    /// Checks that the credentials of the call still permit this stream, and updates the tenants that it may see.
    fn recheck_authorization(&mut self) -> Result<(), CallError> {
        let permitted = self.authorization.reauthenticate().and_then(|caller| {
            if let Some(tenant) = &self.filter.tenant {
                permit_tenant(&caller, tenant)?;
            }
            Ok(caller.tenants.clone())
        });
        match permitted {
            Ok(tenants) => {
                self.filter.scope = tenants;
                Ok(())
            }
            Err(error) => {
                self.subscription.set_end_reason(SubscriptionEndReason::Unauthenticated);
                Err(error)
            }
        }
    }
}

fn from_read_error(error: HistoryReadError) -> CallError {
    match error {
        HistoryReadError::Store(error) => error.into(),
        HistoryReadError::Archive(error) => CallError::AuditUnavailable(error.into()),
    }
}

fn event(delivery: AlertDelivery) -> Event {
    match delivery {
        AlertDelivery::Alert(position, raised) => Event::Alert(alert(*raised, encode(position))),
        AlertDelivery::Gap(missed) => gap(missed),
    }
}

fn gap(AlertGap { from, to, reason }: AlertGap) -> Event {
    Event::Gap(api::Gap { from_cursor: encode(from), to_cursor: encode(to), reason: reason.name().to_owned() })
}

const fn message(event: Event) -> api::StreamAlertsResponse {
    api::StreamAlertsResponse { event: Some(event) }
}
