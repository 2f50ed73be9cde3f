//! Webhooks.

use std::future::Future;

use tonic::transport::Channel;

use crate::{
    api::{self, webhook_service_client::WebhookServiceClient},
    call::{CallOptions, Repeat},
    error::CallError,
};

/// The calls for endpoints of other systems that receive events and alerts. They need the role `admin`. Get them from
/// [`SessionAuthority::webhooks`](crate::SessionAuthority::webhooks).
#[derive(Clone)]
pub struct Webhooks {
    client: WebhookServiceClient<Channel>,
    options: CallOptions,
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhooks").finish_non_exhaustive()
    }
}

impl Webhooks {
    pub(crate) const fn new(client: WebhookServiceClient<Channel>, options: CallOptions) -> Self {
        Self { client, options }
    }

    /// Returns all endpoints with their progress.
    pub async fn list_webhooks(&self) -> Result<api::ListWebhooksResponse, CallError> {
        let request = api::ListWebhooksRequest {};
        self.call(Repeat::Safe, request, |mut client, request| async move { client.list_webhooks(request).await }).await
    }

    /// Adds an endpoint, and returns the secret that signs its messages. Not repeated: if the response is lost, so is the
    /// secret.
    pub async fn add_webhook(&self, request: api::AddWebhookRequest) -> Result<api::AddWebhookResponse, CallError> {
        self.call(Repeat::Never, request, |mut client, request| async move { client.add_webhook(request).await }).await
    }

    /// Replaces the settings of an endpoint. Not repeated: each call may generate another secret.
    pub async fn update_webhook(
        &self,
        request: api::UpdateWebhookRequest,
    ) -> Result<api::UpdateWebhookResponse, CallError> {
        self.call(Repeat::Never, request, |mut client, request| async move { client.update_webhook(request).await })
            .await
    }

    /// Removes an endpoint. Not repeated: a repeat fails as `NotFound`.
    pub async fn remove_webhook(
        &self,
        request: api::RemoveWebhookRequest,
    ) -> Result<api::RemoveWebhookResponse, CallError> {
        self.call(Repeat::Never, request, |mut client, request| async move { client.remove_webhook(request).await })
            .await
    }

    /// Sends a test message to an endpoint, once. A delivery that fails is no error: see the response.
    pub async fn test_webhook(&self, request: api::TestWebhookRequest) -> Result<api::TestWebhookResponse, CallError> {
        self.call(Repeat::Never, request, |mut client, request| async move { client.test_webhook(request).await }).await
    }

    /// Ends the disablement or the pause of an endpoint.
    pub async fn enable_webhook(
        &self,
        request: api::EnableWebhookRequest,
    ) -> Result<api::EnableWebhookResponse, CallError> {
        self.call(Repeat::Safe, request, |mut client, request| async move { client.enable_webhook(request).await })
            .await
    }

    /// Returns a page of messages that were given up.
    pub async fn list_dead_letters(
        &self,
        request: api::ListDeadLettersRequest,
    ) -> Result<api::ListDeadLettersResponse, CallError> {
        self.call(Repeat::Safe, request, |mut client, request| async move { client.list_dead_letters(request).await })
            .await
    }

    /// Sends messages of an endpoint again. Not repeated: a repeat counts only messages that were given up again.
    pub async fn replay_webhook(
        &self,
        request: api::ReplayWebhookRequest,
    ) -> Result<api::ReplayWebhookResponse, CallError> {
        self.call(Repeat::Never, request, |mut client, request| async move { client.replay_webhook(request).await })
            .await
    }

    async fn call<Q, R, F>(
        &self,
        repeat: Repeat,
        message: Q,
        send: impl Fn(WebhookServiceClient<Channel>, tonic::Request<Q>) -> F,
    ) -> Result<R, CallError>
    where
        Q: Clone,
        F: Future<Output = Result<tonic::Response<R>, tonic::Status>>,
    {
        self.options.send(repeat, message, |request| send(self.client.clone(), request)).await
    }
}
