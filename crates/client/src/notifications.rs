//! Notifications to users.

use std::{error::Error, future::Future};

use tonic::transport::Channel;

use crate::{
    api::{self, Notification, notification_service_client::NotificationServiceClient},
    call::{CallOptions, Repeat},
    client::SessionAuthority,
    consume::{ConsumeOptions, consume},
    error::CallError,
};

/// The calls for services that send notifications to users, such as mailers. Get them from
/// [`SessionAuthority::notifications`].
#[derive(Clone)]
pub struct Notifications {
    client: NotificationServiceClient<Channel>,
    options: CallOptions,
    authority: SessionAuthority,
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
        authority: SessionAuthority,
    ) -> Self {
        Self { client, options, authority }
    }

    /// Leases notifications, passes them to `handler` one after the other, and acknowledges each that it has delivered.
    /// While a handler runs, the leases are extended. Any number of consumers share the work. Delivery is at least once:
    /// a notification with an `attempt` above 1 may have been delivered before.
    ///
    /// A handler that fails leaves its notification in the queue, and it is leased again when its lease ends. The future of
    /// the handler is dropped if the notification is withdrawn, for example because its user was erased, and after
    /// [`ConsumeOptions::max_handling_time`].
    ///
    /// Returns after `shutdown` has completed: the handler that runs is waited for, and what was not begun is given back.
    /// Returns an error that a retry does not solve: `InvalidArgument`, `Unauthenticated`, `PermissionDenied`,
    /// `FailedPrecondition` or `Unimplemented`. Other failed calls are made again.
    pub async fn consume<H, F, E>(
        &self,
        options: ConsumeOptions,
        shutdown: impl Future<Output = ()> + Send,
        handler: H,
    ) -> Result<(), CallError>
    where
        H: FnMut(Notification) -> F + Send,
        F: Future<Output = Result<(), E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        consume(self, &options, shutdown, handler).await
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
        self.authority.clear_cache();
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

    /// Puts dead notifications back into the queue. Not repeated: a repeat counts only what is dead again.
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
