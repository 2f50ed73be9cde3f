//! `session.v1.SessionService`.

use std::sync::Arc;

use tonic::{Request, Response, Status, Streaming};

use super::{
    alert::alert, alert_stream::AlertStreams, answer, call::Call, request, response_stream::ResponseStream, status,
};
use crate::{
    api::{self, session_service_server::SessionService},
    authority::{
        Authority, ListSessions,
        permissions::{Method, permit, permit_everywhere, permit_fields, permit_in},
    },
    domain::{Error, Violations, event::Scope},
};

/// The service over an authority, and the alerts of all nodes.
pub struct Sessions {
    authority: Arc<Authority>,
    alerts: AlertStreams,
}

impl Sessions {
    #[must_use]
    pub const fn new(authority: Arc<Authority>, alerts: AlertStreams) -> Self {
        Self { authority, alerts }
    }
}

/// Takes a request apart into its message and the call it came with.
fn open<T>(request: Request<T>) -> Result<(T, Arc<Call>), Error> {
    let call = Call::of(&request)?;
    Ok((request.into_inner(), call))
}

/// Validations are answered before they come here, by [`super::validation`].
fn passed_by<Q, T>(_: &Request<Q>) -> Result<Response<T>, Status> {
    status::answer(Err(Error::Internal("a validation passed by the layer that answers it".to_owned())))
}

impl Sessions {
    async fn create(&self, request: Request<api::CreateRequest>) -> Result<api::CreateResponse, Error> {
        let (message, call) = open(request)?;
        permit(&call.caller, Method::Create)?;
        let login = request::create(message, &call, &self.authority)?;
        permit_in(&call.caller, Method::Create, &login.owner.tenant)?;
        let created = self.authority.create(login).await?;
        Ok(api::CreateResponse {
            token: created.token.into_string(),
            session: Some(answer::session(created.session, None)),
            ended: created.ended.into_iter().map(answer::ended).collect(),
            alerts: created.alerts.into_iter().map(|raised| alert(raised, String::new())).collect(),
        })
    }

    async fn update(&self, request: Request<api::UpdateRequest>) -> Result<api::UpdateResponse, Error> {
        let (message, call) = open(request)?;
        permit(&call.caller, Method::Update)?;
        let update = request::update(message, &call, &self.authority)?;
        permit_fields(&call.caller, update.cause.changed_fields.iter().map(String::as_str))?;
        let session = self.authority.update(update).await?;
        Ok(api::UpdateResponse { session: Some(answer::session(session, None)) })
    }

    async fn list(&self, request: Request<api::ListRequest>) -> Result<api::ListResponse, Error> {
        let (message, call) = open(request)?;
        permit(&call.caller, Method::List)?;
        let mut violations = Violations::default();
        let owner = request::take_owner(&mut violations, &message.tenant_id, &message.user_id);
        let current = violations.take(request::current(&message.current_session_id)).flatten();
        let Some(owner) = owner else { return Err(violations.into()) };
        violations.into_result()?;
        permit_in(&call.caller, Method::List, &owner.tenant)?;
        let sessions = self.authority.list(ListSessions { owner }).await?;
        let sessions = sessions.into_iter().map(|session| answer::session(session, current)).collect();
        Ok(api::ListResponse { sessions })
    }

    async fn revoke(&self, request: Request<api::RevokeRequest>) -> Result<api::RevokeResponse, Error> {
        let (message, call) = open(request)?;
        permit(&call.caller, Method::Revoke)?;
        let revocation = request::revoke(message, &call)?;
        if let Some(tenant) = &revocation.tenant {
            permit_in(&call.caller, Method::Revoke, tenant)?;
        }
        let ids = self.authority.revoke(revocation).await?;
        Ok(api::RevokeResponse { revoked: !ids.is_empty(), session_ids: ids.iter().map(ToString::to_string).collect() })
    }

    async fn revoke_all(&self, request: Request<api::RevokeAllRequest>) -> Result<api::RevokeAllResponse, Error> {
        let (message, call) = open(request)?;
        permit(&call.caller, Method::RevokeAllOfUser)?;
        let revocation = request::revoke_all(message, &call)?;
        match &revocation.scope {
            Scope::User(owner) => permit_in(&call.caller, Method::RevokeAllOfUser, &owner.tenant)?,
            Scope::Tenant(tenant) => permit_in(&call.caller, Method::RevokeAllOfTenant, tenant)?,
            Scope::Everyone => permit_everywhere(&call.caller, Method::RevokeAllOfEveryone)?,
        }
        let ids = self.authority.revoke_all(revocation).await?.session_ids;
        Ok(api::RevokeAllResponse {
            revoked_count: ids.len() as u64,
            session_ids: ids.iter().map(ToString::to_string).collect(),
        })
    }
}

#[tonic::async_trait]
impl SessionService for Sessions {
    type ValidateStreamStream = ResponseStream<api::ValidateStreamResponse>;
    type StreamAlertsStream = ResponseStream<api::StreamAlertsResponse>;

    async fn create(&self, request: Request<api::CreateRequest>) -> Result<Response<api::CreateResponse>, Status> {
        status::answer(self.create(request).await)
    }

    async fn validate(
        &self,
        request: Request<api::ValidateRequest>,
    ) -> Result<Response<api::ValidateResponse>, Status> {
        passed_by(&request)
    }

    async fn validate_stream(
        &self,
        request: Request<Streaming<api::ValidateStreamRequest>>,
    ) -> Result<Response<Self::ValidateStreamStream>, Status> {
        passed_by(&request)
    }

    async fn update(&self, request: Request<api::UpdateRequest>) -> Result<Response<api::UpdateResponse>, Status> {
        status::answer(self.update(request).await)
    }

    async fn rotate(&self, request: Request<api::RotateRequest>) -> Result<Response<api::RotateResponse>, Status> {
        status::not_served(&request, Method::Rotate)
    }

    async fn list(&self, request: Request<api::ListRequest>) -> Result<Response<api::ListResponse>, Status> {
        status::answer(self.list(request).await)
    }

    async fn revoke(&self, request: Request<api::RevokeRequest>) -> Result<Response<api::RevokeResponse>, Status> {
        status::answer(self.revoke(request).await)
    }

    async fn revoke_all(
        &self,
        request: Request<api::RevokeAllRequest>,
    ) -> Result<Response<api::RevokeAllResponse>, Status> {
        status::answer(self.revoke_all(request).await)
    }

    async fn report_auth_event(
        &self,
        request: Request<api::ReportAuthEventRequest>,
    ) -> Result<Response<api::ReportAuthEventResponse>, Status> {
        status::not_served(&request, Method::ReportAuthEvent)
    }

    async fn stream_alerts(
        &self,
        request: Request<api::StreamAlertsRequest>,
    ) -> Result<Response<Self::StreamAlertsStream>, Status> {
        status::answer(self.alerts.open(request).await)
    }
}
