//! `session.v1.SessionService`, except for validations, which [`super::validate`] serves.

use std::sync::Arc;

use futures_util::StreamExt;
use tonic::{Request, Response, Status, codegen::BoxStream};

use super::{
    ack_alert::parse_ack_alert, alert::alert, alert_stream::AlertStreams, call::CallContext, request, response, status,
};
use crate::{
    api::{self, session_service_server::SessionService},
    authority::{
        AlertAcknowledger, FailureReporter, Presenter, RotationRequest, ScopeRevoker, SessionCreator, SessionGetter,
        SessionListRequest, SessionLister, SessionRevoker, SessionToucher, SessionUpdater, TokenRotator,
        UpdatedSession, UseCases,
        permissions::{
            MASS_REVOCATION_ROLES, permit_all_tenants, permit_fields, permit_reauthentication, permit_role,
            permit_tenant,
        },
    },
    domain::{BearerToken, CallError, FieldViolations, event::RevocationScope},
};

/// The handler of `SessionService`, over the use cases and the alerts of all nodes.
pub struct SessionServiceHandler {
    creator: Arc<SessionCreator>,
    rotator: Arc<TokenRotator>,
    updater: Arc<SessionUpdater>,
    getter: Arc<SessionGetter>,
    toucher: Arc<SessionToucher>,
    lister: Arc<SessionLister>,
    revoker: Arc<SessionRevoker>,
    scope_revoker: Arc<ScopeRevoker>,
    failure_reporter: Arc<FailureReporter>,
    acknowledger: Arc<AlertAcknowledger>,
    alerts: AlertStreams,
}

impl SessionServiceHandler {
    #[must_use]
    pub fn new(use_cases: &UseCases, alerts: AlertStreams) -> Self {
        Self {
            creator: Arc::clone(&use_cases.creator),
            rotator: Arc::clone(&use_cases.rotator),
            updater: Arc::clone(&use_cases.updater),
            getter: Arc::clone(&use_cases.getter),
            toucher: Arc::clone(&use_cases.toucher),
            lister: Arc::clone(&use_cases.lister),
            revoker: Arc::clone(&use_cases.revoker),
            scope_revoker: Arc::clone(&use_cases.scope_revoker),
            failure_reporter: Arc::clone(&use_cases.failure_reporter),
            acknowledger: Arc::clone(&use_cases.acknowledger),
            alerts,
        }
    }
}

/// Splits a request into its message and the context of its call.
fn split_request<T>(request: Request<T>) -> Result<(T, Arc<CallContext>), CallError> {
    let call = CallContext::from_request(&request)?;
    Ok((request.into_inner(), call))
}

impl SessionServiceHandler {
    async fn create(&self, request: Request<api::CreateRequest>) -> Result<api::CreateResponse, CallError> {
        let (message, call) = split_request(request)?;
        let login = request::parse_create(message, &call, &self.creator)?;
        permit_tenant(&call.caller, &login.owner.tenant)?;
        let created = self.creator.create(login).await?;
        Ok(api::CreateResponse {
            token: created.token.into_string(),
            session: Some(response::session(created.session, None)),
            ended: created.ended.into_iter().map(response::ended).collect(),
            alerts: created.alerts.into_iter().map(|raised| alert(raised, String::new())).collect(),
        })
    }

    async fn update(&self, request: Request<api::UpdateRequest>) -> Result<api::UpdateResponse, CallError> {
        let (message, call) = split_request(request)?;
        let update = request::parse_update(message, &call, &self.updater)?;
        permit_fields(&call.caller, update.cause.changed_fields.iter().map(String::as_str))?;
        if update.rotates {
            permit_reauthentication(&call.caller, "set rotate")?;
        }
        let UpdatedSession { session, token } = self.updater.update(update).await?;
        let token = token.map(BearerToken::into_string).unwrap_or_default();
        Ok(api::UpdateResponse { session: Some(response::session(session, None)), token })
    }

    async fn rotate(&self, request: Request<api::RotateRequest>) -> Result<api::RotateResponse, CallError> {
        use api::rotate_response::Outcome;
        let (message, call) = split_request(request)?;
        let client = request::parse_client(message.client)?;
        let rotation = RotationRequest {
            token: BearerToken::new(message.token),
            tenants: &call.caller.tenants,
            presenter: Presenter { client: &client, caller: &call.caller.name, request_id: &call.request_id },
            cause: call.cause("", ""),
        };
        Ok(match self.rotator.rotate(rotation).await? {
            Ok(rotated) => api::RotateResponse {
                token: rotated.token.into_string(),
                outcome: Some(Outcome::Session(response::session(rotated.session, None))),
            },
            Err(rejection) => api::RotateResponse {
                token: String::new(),
                outcome: Some(Outcome::Rejection(response::rejection(rejection))),
            },
        })
    }

    async fn get(&self, request: Request<api::GetRequest>) -> Result<api::GetResponse, CallError> {
        let (message, call) = split_request(request)?;
        let lookup = request::parse_get(&message, &call)?;
        if let Some(tenant) = &lookup.tenant {
            permit_tenant(&call.caller, tenant)?;
        }
        let session = self.getter.get(lookup).await?;
        Ok(api::GetResponse { session: Some(response::session(session, None)) })
    }

    async fn touch(&self, request: Request<api::TouchRequest>) -> Result<api::TouchResponse, CallError> {
        let (message, call) = split_request(request)?;
        let uses = request::parse_touch(&message, &self.toucher)?;
        let clocks = self.toucher.touch(&uses, &call.caller.tenants).await?;
        let sessions = uses.iter().zip(clocks).map(|(one, clock)| response::touched(one.session_id, clock));
        Ok(api::TouchResponse { sessions: sessions.collect() })
    }

    async fn list(&self, request: Request<api::ListRequest>) -> Result<api::ListResponse, CallError> {
        let (message, call) = split_request(request)?;
        let mut violations = FieldViolations::default();
        let owner = request::parse_owner(&mut violations, &message.tenant_id, &message.user_id);
        let current = violations.check(request::parse_current_session_id(&message.current_session_id)).flatten();
        let Some(owner) = owner else { return Err(violations.into()) };
        violations.into_result()?;
        permit_tenant(&call.caller, &owner.tenant)?;
        let sessions = self.lister.list(SessionListRequest { owner }).await?;
        let sessions = sessions.into_iter().map(|session| response::session(session, current)).collect();
        Ok(api::ListResponse { sessions })
    }

    async fn revoke(&self, request: Request<api::RevokeRequest>) -> Result<api::RevokeResponse, CallError> {
        let (message, call) = split_request(request)?;
        let revocation = request::parse_revoke(message, &call)?;
        if let Some(tenant) = &revocation.tenant {
            permit_tenant(&call.caller, tenant)?;
        }
        let ids = self.revoker.revoke(revocation).await?;
        Ok(api::RevokeResponse { revoked: !ids.is_empty(), session_ids: ids.iter().map(ToString::to_string).collect() })
    }

    async fn revoke_all(&self, request: Request<api::RevokeAllRequest>) -> Result<api::RevokeAllResponse, CallError> {
        let (message, call) = split_request(request)?;
        let revocation = request::parse_revoke_all(message, &call)?;
        if !matches!(revocation.scope, RevocationScope::User(_)) {
            permit_role(&call.caller, MASS_REVOCATION_ROLES, call.method.path)?;
        }
        match &revocation.scope {
            RevocationScope::User(owner) => permit_tenant(&call.caller, &owner.tenant)?,
            RevocationScope::Tenant(tenant) => permit_tenant(&call.caller, tenant)?,
            RevocationScope::Everyone => permit_all_tenants(&call.caller)?,
        }
        let ids = self.scope_revoker.revoke_all(revocation).await?.session_ids;
        Ok(api::RevokeAllResponse {
            revoked_count: ids.len() as u64,
            session_ids: ids.iter().map(ToString::to_string).collect(),
        })
    }
}

impl SessionServiceHandler {
    async fn report_auth_event(
        &self,
        request: Request<api::ReportAuthEventRequest>,
    ) -> Result<api::ReportAuthEventResponse, CallError> {
        let (message, call) = split_request(request)?;
        let failure = request::parse_failure(message, &call, &self.failure_reporter)?;
        permit_tenant(&call.caller, &failure.owner.tenant)?;
        let advice = self.failure_reporter.report(failure).await?;
        Ok(api::ReportAuthEventResponse {
            throttle: advice.retry_after.is_some(),
            retry_after: advice.retry_after.map(response::duration),
            recent_failures: advice.recent_failures,
            alerts: advice.alerts.into_iter().map(|raised| alert(raised, String::new())).collect(),
        })
    }
}

impl SessionServiceHandler {
    async fn ack_alert(&self, request: Request<api::AckAlertRequest>) -> Result<api::AckAlertResponse, CallError> {
        let (message, call) = split_request(request)?;
        let acknowledgement = parse_ack_alert(&message, &call)?;
        if let Some(tenant) = &acknowledgement.tenant {
            permit_tenant(&call.caller, tenant)?;
        }
        let result = self.acknowledger.acknowledge(acknowledgement).await?;
        Ok(api::AckAlertResponse {
            session_ids: result.session_ids.iter().map(ToString::to_string).collect(),
            already_acknowledged: result.is_repeat,
        })
    }
}

#[tonic::async_trait]
impl SessionService for SessionServiceHandler {
    async fn create(&self, request: Request<api::CreateRequest>) -> Result<Response<api::CreateResponse>, Status> {
        status::into_grpc_result(self.create(request).await)
    }

    async fn update(&self, request: Request<api::UpdateRequest>) -> Result<Response<api::UpdateResponse>, Status> {
        status::into_grpc_result(self.update(request).await)
    }

    async fn rotate(&self, request: Request<api::RotateRequest>) -> Result<Response<api::RotateResponse>, Status> {
        status::into_grpc_result(self.rotate(request).await)
    }

    async fn get(&self, request: Request<api::GetRequest>) -> Result<Response<api::GetResponse>, Status> {
        status::into_grpc_result(self.get(request).await)
    }

    async fn touch(&self, request: Request<api::TouchRequest>) -> Result<Response<api::TouchResponse>, Status> {
        status::into_grpc_result(self.touch(request).await)
    }

    async fn list(&self, request: Request<api::ListRequest>) -> Result<Response<api::ListResponse>, Status> {
        status::into_grpc_result(self.list(request).await)
    }

    async fn revoke(&self, request: Request<api::RevokeRequest>) -> Result<Response<api::RevokeResponse>, Status> {
        status::into_grpc_result(self.revoke(request).await)
    }

    async fn revoke_all(
        &self,
        request: Request<api::RevokeAllRequest>,
    ) -> Result<Response<api::RevokeAllResponse>, Status> {
        status::into_grpc_result(self.revoke_all(request).await)
    }

    async fn report_auth_event(
        &self,
        request: Request<api::ReportAuthEventRequest>,
    ) -> Result<Response<api::ReportAuthEventResponse>, Status> {
        status::into_grpc_result(self.report_auth_event(request).await)
    }

    async fn ack_alert(
        &self,
        request: Request<api::AckAlertRequest>,
    ) -> Result<Response<api::AckAlertResponse>, Status> {
        status::into_grpc_result(self.ack_alert(request).await)
    }

    async fn stream_alerts(
        &self,
        request: Request<api::StreamAlertsRequest>,
    ) -> Result<Response<BoxStream<api::StreamAlertsResponse>>, Status> {
        status::into_grpc_result(self.alerts.open(request).await.map(StreamExt::boxed))
    }
}
