//! gRPC health checks (`grpc.health.v1`), which require no credentials.
//!
//! `Watch` is bounded nevertheless: each connection has a limited number of streams, and they end with the validity of
//! its client certificate, if it has one. For clients that never authenticate, the number and the lifetime of their
//! connections are limited as well (`server.max_unauthenticated_connections`, `server.unauthenticated_timeout`).

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::sleep,
};
use tonic::{Request, Response, Status, server::NamedService};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse,
    health_check_response::ServingStatus,
    health_server::{Health as HealthApi, HealthServer},
};

use super::{
    admin::AdminServiceHandler,
    connection::request_connection,
    denylist_service::DenylistServiceHandler,
    notification_service::NotificationServiceHandler,
    response_stream::{ResponseSender, ResponseStream, ResponseStreamSpawner, StreamEnd},
    rpc_error::RpcError,
    session_service::SessionServiceHandler,
    status,
    stream_authorization::StreamCertificate,
    webhook_service::WebhookServiceHandler,
};
use crate::{
    api::{
        admin_service_server::AdminServiceServer, denylist_service_server::DenylistServiceServer,
        notification_service_server::NotificationServiceServer, session_service_server::SessionServiceServer,
        webhook_service_server::WebhookServiceServer,
    },
    clock::{Clock, Stopwatch},
};

/// The health status of the server and of every service: whether it should receive calls.
#[derive(Clone)]
pub struct HealthReporter(Arc<HealthState>);

struct HealthState {
    serving: watch::Sender<bool>,
    /// Started when the server reports that it should not receive calls; `None` while it should.
    not_serving: Mutex<Option<Stopwatch>>,
}

impl HealthReporter {
    /// Creates a reporter that is not serving, until the store is known to respond.
    pub(super) fn new() -> Self {
        let not_serving = Mutex::new(Some(Stopwatch::start()));
        Self(Arc::new(HealthState { serving: watch::Sender::new(false), not_serving }))
    }

    /// Sets whether the server should receive calls, and notifies the watchers.
    pub fn set_serving(&self, serving: bool) {
        let mut not_serving = self.0.not_serving.lock().unwrap_or_else(PoisonError::into_inner);
        if self.0.serving.send_if_modified(|current| std::mem::replace(current, serving) != serving) {
            *not_serving = (!serving).then(Stopwatch::start);
        }
    }

    /// Returns for how long the server has reported that it should not receive calls; zero while it should.
    #[must_use]
    pub fn not_serving_for(&self) -> Duration {
        let not_serving = self.0.not_serving.lock().unwrap_or_else(PoisonError::into_inner);
        not_serving.as_ref().map_or(Duration::ZERO, Stopwatch::elapsed)
    }

    pub(super) fn service(&self, streams: ResponseStreamSpawner, clock: Arc<dyn Clock>) -> HealthServer<HealthService> {
        HealthServer::new(HealthService { serving: self.0.serving.subscribe(), streams, clock })
    }
}

pub(super) struct HealthService {
    serving: watch::Receiver<bool>,
    streams: ResponseStreamSpawner,
    clock: Arc<dyn Clock>,
}

#[tonic::async_trait]
impl HealthApi for HealthService {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        check_service_name(&request)?;
        Ok(Response::new(health_response(*self.serving.borrow())))
    }

    type WatchStream = ResponseStream<HealthCheckResponse>;

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        check_service_name(&request)?;
        let permit = match request_connection(request.extensions()) {
            Some(connection) => {
                Some(connection.begin_watch().ok_or_else(|| status::log_and_convert(RpcError::Overloaded))?)
            }
            None => None,
        };
        let task = WatchTask {
            serving: self.serving.clone(),
            streams: self.streams.clone(),
            certificate: StreamCertificate::new(request.extensions(), Arc::clone(&self.clock)),
            _permit: permit,
        };
        let stream = self.streams.spawn(move |sender| async move {
            let error = task.run(&sender).await;
            StreamEnd { final_messages: Vec::new(), status: Err(status::log_and_convert(error)) }
        });
        Ok(Response::new(stream))
    }
}

/// The work of one `Watch`.
struct WatchTask {
    serving: watch::Receiver<bool>,
    streams: ResponseStreamSpawner,
    certificate: StreamCertificate,
    /// The permit of the open stream.
    _permit: Option<OwnedSemaphorePermit>,
}

impl WatchTask {
    /// Sends every change of the status until the stream has to end. In between it repeats the current status: a client
    /// that reads nothing is only noticed if something is sent to it.
    async fn run(mut self, sender: &ResponseSender<HealthCheckResponse>) -> RpcError {
        loop {
            let current = *self.serving.borrow_and_update();
            match sender.reserve().await {
                Ok(permit) => permit.send(health_response(current)),
                Err(interruption) => return self.streams.interruption_error(interruption),
            }
            tokio::select! {
                changed = self.serving.changed() => if changed.is_err() { return RpcError::ShuttingDown },
                () = self.streams.stop.cancelled() => return RpcError::ShuttingDown,
                refusal = self.certificate.refused() => return refusal.into(),
                () = sleep(self.streams.stream_write_timeout) => {}
            }
        }
    }
}

/// Rejects a service that this server does not have.
fn check_service_name(request: &Request<HealthCheckRequest>) -> Result<(), Status> {
    let services = [
        "",
        SessionServiceServer::<SessionServiceHandler>::NAME,
        AdminServiceServer::<AdminServiceHandler>::NAME,
        DenylistServiceServer::<DenylistServiceHandler>::NAME,
        WebhookServiceServer::<WebhookServiceHandler>::NAME,
        NotificationServiceServer::<NotificationServiceHandler>::NAME,
    ];
    if services.contains(&request.get_ref().service.as_str()) {
        Ok(())
    } else {
        Err(Status::not_found("unknown service; use an empty name for the whole server"))
    }
}

fn health_response(serving: bool) -> HealthCheckResponse {
    let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
    HealthCheckResponse { status: status.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_out_of_service_begins_when_health_is_withdrawn() {
        let health = HealthReporter::new();
        let passes = || while health.not_serving_for() == Duration::ZERO {};
        passes();
        health.set_serving(true);
        assert_eq!(health.not_serving_for(), Duration::ZERO);
        health.set_serving(false);
        passes();
        let before = health.not_serving_for();
        health.set_serving(false);
        assert!(health.not_serving_for() >= before, "a repeated report does not restart the time");
    }
}
