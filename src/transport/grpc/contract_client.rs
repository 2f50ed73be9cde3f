//! Clients of the contract within this process, for its pages.
//!
//! Their calls pass the same layers as calls from the network: roles, tenants, time limits, budgets and metrics.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::HeaderValue;
use tower::Service;

use super::{
    HttpRequest, HttpResponse, failed_call::FailedCall, in_process::LayeredServices, local_caller::LocalCaller,
};
use crate::{
    api::{
        self, admin_service_client::AdminServiceClient, notification_service_client::NotificationServiceClient,
        session_service_client::SessionServiceClient, stream_alerts_response::Event,
        webhook_service_client::WebhookServiceClient,
    },
    transport::connections::InboundConnection,
};

/// The services of a server, for callers within this process.
#[derive(Clone)]
pub(in crate::transport) struct LocalServices(LayeredServices);

impl LocalServices {
    pub(super) const fn new(services: LayeredServices) -> Self {
        Self(services)
    }

    /// Returns a client that calls as `caller`, on behalf of the request with this ID on `connection`.
    pub(in crate::transport) fn client(
        &self,
        caller: LocalCaller,
        connection: &Arc<InboundConnection>,
        request_id: &str,
    ) -> ContractClient {
        let request_id = HeaderValue::from_str(request_id).unwrap_or(HeaderValue::from_static("invalid"));
        let (services, connection) = (self.0.clone(), Arc::clone(connection));
        ContractClient { channel: LocalChannel { services, caller, connection, request_id } }
    }
}

/// The services of a server, called by one caller on behalf of one request.
#[derive(Clone)]
pub(in crate::transport) struct ContractClient {
    channel: LocalChannel,
}

impl ContractClient {
    pub(in crate::transport) fn sessions(&self) -> SessionServiceClient<LocalChannel> {
        SessionServiceClient::new(self.channel.clone())
    }

    pub(in crate::transport) async fn stream_alerts(
        &self,
        request: api::StreamAlertsRequest,
    ) -> Result<AlertReceiver, FailedCall> {
        let opened = self.sessions().stream_alerts(request).await.map_err(FailedCall::from)?;
        Ok(AlertReceiver(opened.into_inner()))
    }

    pub(in crate::transport) fn admin(&self) -> AdminServiceClient<LocalChannel> {
        AdminServiceClient::new(self.channel.clone())
    }

    pub(in crate::transport) fn notifications(&self) -> NotificationServiceClient<LocalChannel> {
        NotificationServiceClient::new(self.channel.clone())
    }

    pub(in crate::transport) fn webhooks(&self) -> WebhookServiceClient<LocalChannel> {
        WebhookServiceClient::new(self.channel.clone())
    }
}

/// The events of an alert stream.
pub(in crate::transport) struct AlertReceiver(tonic::Streaming<api::StreamAlertsResponse>);

impl AlertReceiver {
    /// Returns the next event; `None` at the end of the stream.
    pub(in crate::transport) async fn next(&mut self) -> Result<Option<Event>, FailedCall> {
        Ok(self.0.message().await.map_err(FailedCall::from)?.and_then(|message| message.event))
    }
}

/// The layered services as a client sees them.
#[derive(Clone)]
pub(in crate::transport) struct LocalChannel {
    services: LayeredServices,
    caller: LocalCaller,
    connection: Arc<InboundConnection>,
    request_id: HeaderValue,
}

impl Service<HttpRequest> for LocalChannel {
    type Response = HttpResponse;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.services.poll_ready(context)
    }

    fn call(&mut self, mut request: HttpRequest) -> Self::Future {
        request.headers_mut().insert("x-request-id", self.request_id.clone());
        request.extensions_mut().insert(Arc::clone(&self.connection));
        request.extensions_mut().insert(self.caller.clone());
        self.services.call(request)
    }
}
