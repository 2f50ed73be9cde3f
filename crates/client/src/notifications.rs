//! Notifications to users.

use std::{future::Future, sync::Arc};

use tonic::transport::Channel;

use crate::{
    api::{self, notification_service_client::NotificationServiceClient},
    cache::VerdictCache,
    call::{CallOptions, Repeat},
    error::CallError,
};

/// The calls for services that send notifications to users, such as mailers. Get them from
/// [`SessionAuthority::notifications`](crate::SessionAuthority::notifications).
#[derive(Clone)]
pub struct Notifications {
    client: NotificationServiceClient<Channel>,
    options: CallOptions,
    cache: Option<Arc<VerdictCache>>,
}

impl std::fmt::Debug for Notifications {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notifications").finish_non_exhaustive()
    }
}

impl Notifications {
    pub(crate) const fn new(
        client: NotificationServiceClient<Channel>,
        options: CallOptions,
        cache: Option<Arc<VerdictCache>>,
    ) -> Self {
        Self { client, options, cache }
    }

    /// Leases notifications, which no other call returns until the lease ends. Not repeated: each call leases other
    /// notifications.
    pub async fn lease(&self, request: api::LeaseRequest) -> Result<api::LeaseResponse, CallError> {
        self.call(Repeat::Never, request, |mut client, request| async move { client.lease(request).await }).await
    }

    /// Acknowledges notifications that were delivered, so that they are never leased again.
    pub async fn ack(&self, request: api::AckRequest) -> Result<api::AckResponse, CallError> {
        self.call(Repeat::Safe, request, |mut client, request| async move { client.ack(request).await }).await
    }

    /// Changes the end of the lease of notifications. A timeout of zero gives them back.
    pub async fn extend(&self, request: api::ExtendRequest) -> Result<api::ExtendResponse, CallError> {
        self.call(Repeat::Safe, request, |mut client, request| async move { client.extend(request).await }).await
    }

    /// Records the answer to an alert by the token of a link, or only checks the token.
    pub async fn answer_link(&self, request: api::AnswerLinkRequest) -> Result<api::AnswerLinkResponse, CallError> {
        let answered = self
            .call(Repeat::Safe, request, |mut client, request| async move { client.answer_link(request).await })
            .await;
        if let Some(cache) = &self.cache {
            cache.clear();
        }
        answered
    }

    /// Counts the notifications of the queue, and lists dead ones.
    pub async fn get_queue_stats(
        &self,
        request: api::GetQueueStatsRequest,
    ) -> Result<api::GetQueueStatsResponse, CallError> {
        self.call(Repeat::Safe, request, |mut client, request| async move { client.get_queue_stats(request).await })
            .await
    }

    /// Puts dead notifications back into the queue. Not repeated: a repeat counts only notifications that are dead again.
    pub async fn requeue(&self, request: api::RequeueRequest) -> Result<api::RequeueResponse, CallError> {
        self.call(Repeat::Never, request, |mut client, request| async move { client.requeue(request).await }).await
    }

    async fn call<Q, R, F>(
        &self,
        repeat: Repeat,
        message: Q,
        send: impl Fn(NotificationServiceClient<Channel>, tonic::Request<Q>) -> F,
    ) -> Result<R, CallError>
    where
        Q: Clone,
        F: Future<Output = Result<tonic::Response<R>, tonic::Status>>,
    {
        self.options.send(repeat, message, |request| send(self.client.clone(), request)).await
    }
}
