//! `session.v1.DenylistService`.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{call::CallContext, request, response, status};
use crate::{
    api::{self, denylist_service_server::DenylistService},
    authority::{
        DenialRequest, DenylistCheckRequest, DenylistChecker, JwtDenier, UseCases, permissions::permit_tenant,
    },
    domain::{
        CallError, Cause, FieldViolation, FieldViolations, JwtId, TenantId, UnixMillis,
        limits::{MAX_JWT_IDS_PER_CALL, MAX_RECORDED_JWT_ID_BYTES},
    },
};

/// The handler of `DenylistService`.
pub struct DenylistServiceHandler {
    denier: Arc<JwtDenier>,
    checker: Arc<DenylistChecker>,
}

impl DenylistServiceHandler {
    #[must_use]
    pub fn new(use_cases: &UseCases) -> Self {
        Self { denier: Arc::clone(&use_cases.jwt_denier), checker: Arc::clone(&use_cases.denylist_checker) }
    }

    async fn deny(&self, request: Request<api::DenyRequest>) -> Result<api::DenyResponse, CallError> {
        let call = CallContext::from_request(&request)?;
        let denial = self.parse_denial(&request.into_inner(), &call)?;
        permit_tenant(&call.caller, &denial.tenant)?;
        let counts = self.denier.deny(denial).await?;
        Ok(api::DenyResponse {
            denied_count: counts.denied,
            already_denied_count: counts.already_denied,
            expired_count: counts.expired,
        })
    }

    async fn check(&self, request: Request<api::CheckRequest>) -> Result<api::CheckResponse, CallError> {
        let call = CallContext::from_request(&request)?;
        let request = request.into_inner();
        let check = parse_check(&request)?;
        permit_tenant(&call.caller, &check.tenant)?;
        let checked = self.checker.check(check).await?;
        let verdict = |(jti, until): (String, Option<UnixMillis>)| api::DenylistVerdict {
            jti,
            denied: until.is_some(),
            expires_at: until.map(response::timestamp),
        };
        let source = if checked.from_cache { api::Source::Cache } else { api::Source::Store };
        Ok(api::CheckResponse {
            verdicts: request.jtis.into_iter().zip(checked.denied_until).map(verdict).collect(),
            as_of: Some(response::timestamp(checked.as_of)),
            source: source.into(),
        })
    }

    fn parse_denial(&self, request: &api::DenyRequest, call: &CallContext) -> Result<DenialRequest, FieldViolations> {
        let mut violations = FieldViolations::default();
        violations.check_all(Cause::check(&request.reason, &request.actor));
        let tenant = violations.check(TenantId::new(&request.tenant_id));
        violations.check(check_count("tokens", request.tokens.len()));
        if request.record_jtis
            && request.tokens.iter().map(|token| token.jti.len()).sum::<usize>() > MAX_RECORDED_JWT_ID_BYTES
        {
            let text = format!("is limited to {MAX_RECORDED_JWT_ID_BYTES} bytes of IDs in one call; split the call");
            violations.check::<()>(Err(FieldViolation::new("record_jtis", text)));
        }
        let mut jwts = Vec::with_capacity(request.tokens.len().min(MAX_JWT_IDS_PER_CALL));
        for (index, token) in request.tokens.iter().enumerate().take(MAX_JWT_IDS_PER_CALL) {
            let within = |violation: FieldViolation| violation.within(&format!("tokens[{index}]"));
            let id = violations.check(JwtId::new(&token.jti).map_err(within));
            let expires_at = violations.check(self.parse_expiry(token.expires_at).map_err(within));
            jwts.extend(id.zip(expires_at));
        }
        let Some(tenant) = tenant else { return Err(violations) };
        violations.into_result()?;
        let cause = call.cause(&request.reason, &request.actor);
        Ok(DenialRequest { tenant, jwts, records_ids: request.record_jtis, cause })
    }

    fn parse_expiry(&self, expires_at: Option<prost_types::Timestamp>) -> Result<UnixMillis, FieldViolation> {
        let expires_at = request::parse_timestamp("expires_at", expires_at)?;
        let expires_at = expires_at.ok_or_else(|| FieldViolation::new("expires_at", "is required"))?;
        self.denier.check_expiry(expires_at)?;
        Ok(expires_at)
    }
}

fn parse_check(request: &api::CheckRequest) -> Result<DenylistCheckRequest, FieldViolations> {
    let mut violations = FieldViolations::default();
    let tenant = violations.check(TenantId::new(&request.tenant_id));
    let consistency = violations.check(request::parse_enum::<api::Consistency>("consistency", request.consistency));
    violations.check(check_count("jtis", request.jtis.len()));
    let mut ids = Vec::with_capacity(request.jtis.len().min(MAX_JWT_IDS_PER_CALL));
    for (index, jti) in request.jtis.iter().enumerate().take(MAX_JWT_IDS_PER_CALL) {
        let named = |violation| FieldViolation { field: format!("jtis[{index}]").into(), ..violation };
        ids.extend(violations.check(JwtId::new(jti).map_err(named)));
    }
    let Some(tenant) = tenant else { return Err(violations) };
    violations.into_result()?;
    Ok(DenylistCheckRequest { tenant, ids, strong: consistency == Some(api::Consistency::Strong) })
}

/// Requires 1 to [`MAX_JWT_IDS_PER_CALL`] entries.
fn check_count(field: &'static str, count: usize) -> Result<(), FieldViolation> {
    match count {
        0 => Err(FieldViolation::new(field, "is required")),
        1..=MAX_JWT_IDS_PER_CALL => Ok(()),
        _ => {
            let text = format!("has {count} entries; at most {MAX_JWT_IDS_PER_CALL} are allowed");
            Err(FieldViolation::new(field, text))
        }
    }
}

#[tonic::async_trait]
impl DenylistService for DenylistServiceHandler {
    async fn deny(&self, request: Request<api::DenyRequest>) -> Result<Response<api::DenyResponse>, Status> {
        status::into_grpc_result(self.deny(request).await)
    }

    async fn check(&self, request: Request<api::CheckRequest>) -> Result<Response<api::CheckResponse>, Status> {
        status::into_grpc_result(self.check(request).await)
    }
}
