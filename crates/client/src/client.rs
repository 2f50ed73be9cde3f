//! The client.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_stream::StreamExt as _;
use tonic::{Code, metadata::AsciiMetadataValue, transport::Channel};

use crate::{
    alerts::AlertStream,
    api::{
        self, Alert, EndedSession, Session, admin_service_client::AdminServiceClient,
        denylist_service_client::DenylistServiceClient, notification_service_client::NotificationServiceClient,
        rotate_response::Outcome as RotateOutcome, session_service_client::SessionServiceClient,
        webhook_service_client::WebhookServiceClient,
    },
    cache::VerdictCache,
    call::{CallOptions, Deadlines, Repeat, random_id},
    error::{CallError, NoVerdict, ValidateError},
    notifications::Notifications,
    token::SessionToken,
    validate::{ValidatedSession, Validation, Verdict, missing_outcome},
    validate_many,
    webhooks::Webhooks,
};

/// A client of the session authority. Clones share the connection and the cache.
#[derive(Clone)]
pub struct SessionAuthority {
    connection: Arc<Connection>,
    deadlines: Deadlines,
}

struct Connection {
    sessions: SessionServiceClient<Channel>,
    admin: AdminServiceClient<Channel>,
    denylist: DenylistServiceClient<Channel>,
    notifications: NotificationServiceClient<Channel>,
    webhooks: WebhookServiceClient<Channel>,
    authorization: Option<AsciiMetadataValue>,
    cache: Option<Arc<VerdictCache>>,
}

impl std::fmt::Debug for SessionAuthority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionAuthority").field("deadlines", &self.deadlines).finish_non_exhaustive()
    }
}

/// A new session.
#[derive(Clone, Debug)]
pub struct CreatedSession {
    /// The token that opens the session.
    pub token: SessionToken,
    /// The session.
    pub session: Session,
    /// The sessions that this one replaced or evicted.
    pub ended: Vec<EndedSession>,
    /// Findings about the sign-in.
    pub alerts: Vec<Alert>,
}

/// A session with its new token.
#[derive(Clone, Debug)]
pub struct RotatedSession {
    /// The new token.
    pub token: SessionToken,
    /// The session, which stays the same.
    pub session: Session,
}

/// An updated session.
#[derive(Clone, Debug)]
pub struct UpdatedSession {
    /// The session with its new values.
    pub session: Session,
    /// The new token, if the update rotated it.
    pub token: Option<SessionToken>,
}

impl SessionAuthority {
    pub(crate) fn new(
        channel: Channel,
        authorization: Option<AsciiMetadataValue>,
        deadlines: Deadlines,
        cache: Option<VerdictCache>,
    ) -> Self {
        let connection = Connection {
            sessions: SessionServiceClient::new(channel.clone()),
            admin: AdminServiceClient::new(channel.clone()),
            denylist: DenylistServiceClient::new(channel.clone()),
            notifications: NotificationServiceClient::new(channel.clone()),
            webhooks: WebhookServiceClient::new(channel),
            authorization,
            cache: cache.map(Arc::new),
        };
        Self { connection: Arc::new(connection), deadlines }
    }

    /// Returns a client with the same connection and cache, and this deadline for every call.
    #[must_use]
    pub fn with_deadline(&self, deadline: Duration) -> Self {
        let deadlines = Deadlines { validate: deadline, call: deadline, admin: deadline };
        Self { connection: Arc::clone(&self.connection), deadlines }
    }

    /// Validates a token. Every outcome other than an active session is an error, so that it cannot be overlooked.
    pub async fn validate(&self, validation: impl Into<Validation>) -> Result<ValidatedSession, ValidateError> {
        self.try_validate(validation).await?.into()
    }

    /// Validates a token and returns the verdict. Only a validation without verdict is an error.
    pub async fn try_validate(&self, validation: impl Into<Validation>) -> Result<Verdict, NoVerdict> {
        let request = validation.into().into_request();
        let cached = self.connection.cache.as_ref().and_then(|cache| Some((cache, VerdictCache::key(&request)?)));
        if let Some(response) = cached.and_then(|(cache, key)| cache.get(&key)) {
            return Verdict::from_response(response);
        }
        let (generation, sent) = (cached.map(|(cache, _)| cache.generation()), Instant::now());
        let call = self.options(self.deadlines.validate);
        let validate = call.send(Repeat::Safe, request, |request| {
            let mut client = self.connection.sessions.clone();
            async move { client.validate(request).await }
        });
        let response = validate.await.map_err(NoVerdict)?;
        if let (Some((cache, key)), Some(generation)) = (cached, generation) {
            cache.insert(key, generation, sent, &response);
        }
        Verdict::from_response(response)
    }

    /// Validates many tokens over one stream, with at most `max_in_flight` at a time, within the deadline of one call.
    /// Returns the outcomes in the order of the validations. If the stream breaks, the validations without outcome are
    /// sent again.
    pub async fn validate_many(
        &self,
        validations: impl IntoIterator<Item = Validation>,
        max_in_flight: usize,
    ) -> Vec<Result<ValidatedSession, ValidateError>> {
        let requests = validations.into_iter().map(Validation::into_request).collect();
        let options = self.options(self.deadlines.call);
        validate_many::validate_many(&self.connection.sessions, &options, requests, max_in_flight).await
    }

    /// Creates a session for a user whose credentials have been checked. Generates a `request_id` unless the request has
    /// one, so that repeated attempts create one session.
    pub async fn create(&self, mut request: api::CreateRequest) -> Result<CreatedSession, CallError> {
        if request.request_id.is_empty() {
            request.request_id = random_id();
        }
        let response =
            self.call(Repeat::Safe, request, |mut client, request| async move { client.create(request).await }).await?;
        Ok(CreatedSession {
            token: response.token.into(),
            session: response.session.ok_or_else(missing_outcome)?,
            ended: response.ended,
            alerts: response.alerts,
        })
    }

    /// Exchanges a token for its successor. Repeated attempts return the same successor.
    pub async fn rotate(
        &self,
        token: impl Into<SessionToken>,
        client: Option<api::ClientContext>,
    ) -> Result<RotatedSession, ValidateError> {
        let request = api::RotateRequest { token: token.into().reveal().to_owned(), client };
        let rotated =
            self.call(Repeat::Safe, request, |mut client, request| async move { client.rotate(request).await }).await;
        self.clear_cache();
        let response = rotated?;
        match response.outcome {
            Some(RotateOutcome::Session(session)) => Ok(RotatedSession { token: response.token.into(), session }),
            Some(RotateOutcome::Rejection(rejection)) => match rejection.into() {
                Verdict::Rejected(rejected) => Err(rejected.into()),
                Verdict::StepUpRequired(required) => Err(required.into()),
                Verdict::Session(_) => Err(missing_outcome().into()),
            },
            None => Err(missing_outcome().into()),
        }
    }

    /// Updates fields of a session. Not repeated: every update counts.
    pub async fn update(&self, request: api::UpdateRequest) -> Result<UpdatedSession, CallError> {
        let updated =
            self.call(Repeat::Never, request, |mut client, request| async move { client.update(request).await }).await;
        self.clear_cache();
        let response = updated?;
        let token = Some(response.token).filter(|token| !token.is_empty()).map(SessionToken::from);
        Ok(UpdatedSession { session: response.session.ok_or_else(missing_outcome)?, token })
    }

    /// Returns an active session by its ID.
    pub async fn get(&self, request: api::GetRequest) -> Result<Session, CallError> {
        let response =
            self.call(Repeat::Safe, request, |mut client, request| async move { client.get(request).await }).await?;
        response.session.ok_or_else(missing_outcome)
    }

    /// Records activity of sessions.
    pub async fn touch(&self, request: api::TouchRequest) -> Result<Vec<api::TouchedSession>, CallError> {
        let response =
            self.call(Repeat::Safe, request, |mut client, request| async move { client.touch(request).await }).await?;
        Ok(response.sessions)
    }

    /// Lists the active sessions of a user, the most recently active first.
    pub async fn list(&self, request: api::ListRequest) -> Result<Vec<Session>, CallError> {
        let response =
            self.call(Repeat::Safe, request, |mut client, request| async move { client.list(request).await }).await?;
        Ok(response.sessions)
    }

    /// Ends a session, or the sessions of a device.
    pub async fn revoke(&self, request: api::RevokeRequest) -> Result<api::RevokeResponse, CallError> {
        let revoked =
            self.call(Repeat::Safe, request, |mut client, request| async move { client.revoke(request).await }).await;
        self.clear_cache();
        revoked
    }

    /// Ends the session of a token, because its user signs out. A token that opens no session is no error.
    pub async fn sign_out(&self, token: impl Into<SessionToken>) -> Result<api::RevokeResponse, CallError> {
        let target = api::revoke_request::Target::Token(token.into().reveal().to_owned());
        self.revoke(api::RevokeRequest { target: Some(target), sign_out: true, ..Default::default() }).await
    }

    /// Ends all sessions of a user, of a tenant or of everyone. Generates an `operation_id` unless the request has one,
    /// so that repeated attempts are one revocation.
    pub async fn revoke_all(&self, mut request: api::RevokeAllRequest) -> Result<api::RevokeAllResponse, CallError> {
        if request.operation_id.is_empty() {
            request.operation_id = random_id();
        }
        let revoked = self
            .call(Repeat::Safe, request, |mut client, request| async move { client.revoke_all(request).await })
            .await;
        self.clear_cache();
        revoked
    }

    /// Reports a failed login or MFA prompt. Not repeated: every report counts.
    pub async fn report_auth_event(
        &self,
        request: api::ReportAuthEventRequest,
    ) -> Result<api::ReportAuthEventResponse, CallError> {
        self.call(Repeat::Never, request, |mut client, request| async move { client.report_auth_event(request).await })
            .await
    }

    /// Records whether the user did what an alert is about, or somebody else did, whose session ends then. A back end that
    /// acts for a signed-in user must set `user_id`.
    pub async fn ack_alert(&self, request: api::AckAlertRequest) -> Result<api::AckAlertResponse, CallError> {
        let acknowledged = self
            .call(Repeat::Safe, request, |mut client, request| async move { client.ack_alert(request).await })
            .await;
        self.clear_cache();
        acknowledged
    }

    /// Opens a stream of alerts that reconnects by itself, and continues after the last alert that it delivered.
    pub fn alerts(&self, request: api::StreamAlertsRequest) -> AlertStream {
        AlertStream::new(self.connection.sessions.clone(), self.options(self.deadlines.call), request)
    }

    /// Adds IDs of JWTs to the deny-list.
    pub async fn deny(&self, request: api::DenyRequest) -> Result<api::DenyResponse, CallError> {
        let call = self.options(self.deadlines.call);
        call.send(Repeat::Safe, request, |request| {
            let mut client = self.connection.denylist.clone();
            async move { client.deny(request).await }
        })
        .await
    }

    /// Checks IDs of JWTs against the deny-list.
    pub async fn check(&self, request: api::CheckRequest) -> Result<api::CheckResponse, CallError> {
        let call = self.options(self.deadlines.validate);
        call.send(Repeat::Safe, request, |request| {
            let mut client = self.connection.denylist.clone();
            async move { client.check(request).await }
        })
        .await
    }

    /// Returns the calls for services that send notifications to users.
    pub fn notifications(&self) -> Notifications {
        Notifications::new(
            self.connection.notifications.clone(),
            self.options(self.deadlines.admin),
            self.connection.cache.clone(),
        )
    }

    /// Returns the calls for endpoints of other systems that receive events and alerts.
    pub fn webhooks(&self) -> Webhooks {
        Webhooks::new(self.connection.webhooks.clone(), self.options(self.deadlines.admin))
    }

    /// Searches sessions, also those that have ended.
    pub async fn search_sessions(
        &self,
        request: api::SearchSessionsRequest,
    ) -> Result<api::SearchSessionsResponse, CallError> {
        self.admin_call(request, |mut client, request| async move { client.search_sessions(request).await }).await
    }

    /// Lists events of the audit.
    pub async fn list_events(&self, request: api::ListEventsRequest) -> Result<api::ListEventsResponse, CallError> {
        self.admin_call(request, |mut client, request| async move { client.list_events(request).await }).await
    }

    /// Lists the credentials of the callers, with the last use of each.
    pub async fn list_credentials(
        &self,
        request: api::ListCredentialsRequest,
    ) -> Result<api::ListCredentialsResponse, CallError> {
        self.admin_call(request, |mut client, request| async move { client.list_credentials(request).await }).await
    }

    /// Returns one page of alerts, latest first, with the answers to them.
    pub async fn list_alerts(&self, request: api::ListAlertsRequest) -> Result<api::ListAlertsResponse, CallError> {
        self.admin_call(request, |mut client, request| async move { client.list_alerts(request).await }).await
    }

    /// Returns one page of tenants, with their numbers of sessions, sign-ins and alerts.
    pub async fn list_tenants(&self, request: api::ListTenantsRequest) -> Result<api::ListTenantsResponse, CallError> {
        self.admin_call(request, |mut client, request| async move { client.list_tenants(request).await }).await
    }

    /// Returns the nodes that run, with their condition.
    pub async fn list_nodes(&self, request: api::ListNodesRequest) -> Result<api::ListNodesResponse, CallError> {
        self.admin_call(request, |mut client, request| async move { client.list_nodes(request).await }).await
    }

    /// Returns numbers of sessions, sign-ins, ends of sessions and alerts.
    pub async fn get_stats(&self, request: api::GetStatsRequest) -> Result<api::GetStatsResponse, CallError> {
        self.admin_call(request, |mut client, request| async move { client.get_stats(request).await }).await
    }

    /// Removes ended sessions from the store now.
    pub async fn purge(&self) -> Result<api::PurgeResponse, CallError> {
        let request = api::PurgeRequest {};
        self.admin_call(request, |mut client, request| async move { client.purge(request).await }).await
    }

    /// Erases a user.
    pub async fn forget_user(&self, request: api::ForgetUserRequest) -> Result<api::ForgetUserResponse, CallError> {
        let forgotten =
            self.admin_call(request, |mut client, request| async move { client.forget_user(request).await }).await;
        self.clear_cache();
        forgotten
    }

    /// Ends the sessions that match a filter, and passes each report of progress to `progress`. Returns the last one.
    /// Not repeated; if it fails, the reports so far stand.
    pub async fn revoke_where(
        &self,
        request: api::RevokeWhereRequest,
        mut progress: impl FnMut(&api::RevokeWhereResponse),
    ) -> Result<api::RevokeWhereResponse, CallError> {
        let call = self.options(self.deadlines.admin);
        let opened = call.send(Repeat::Never, request, |request| {
            let mut client = self.connection.admin.clone();
            async move { client.revoke_where(request).await }
        });
        let revoked = async {
            let mut responses = opened.await?;
            let mut last = None;
            while let Some(response) = responses.next().await {
                let response = response.map_err(|status| CallError::from_status(&status))?;
                progress(&response);
                last = Some(response);
            }
            last.ok_or_else(|| CallError::new(Code::Internal, "the stream ended without a response"))
        };
        let revoked = revoked.await;
        self.clear_cache();
        revoked
    }

    fn options(&self, deadline: Duration) -> CallOptions {
        CallOptions { authorization: self.connection.authorization.clone(), deadline }
    }

    fn clear_cache(&self) {
        if let Some(cache) = &self.connection.cache {
            cache.clear();
        }
    }

    async fn call<Q, R, F>(
        &self,
        repeat: Repeat,
        message: Q,
        send: impl Fn(SessionServiceClient<Channel>, tonic::Request<Q>) -> F,
    ) -> Result<R, CallError>
    where
        Q: Clone,
        F: Future<Output = Result<tonic::Response<R>, tonic::Status>>,
    {
        let options = self.options(self.deadlines.call);
        options.send(repeat, message, |request| send(self.connection.sessions.clone(), request)).await
    }

    async fn admin_call<Q, R, F>(
        &self,
        message: Q,
        send: impl Fn(AdminServiceClient<Channel>, tonic::Request<Q>) -> F,
    ) -> Result<R, CallError>
    where
        Q: Clone,
        F: Future<Output = Result<tonic::Response<R>, tonic::Status>>,
    {
        let options = self.options(self.deadlines.admin);
        options.send(Repeat::Safe, message, |request| send(self.connection.admin.clone(), request)).await
    }
}
