//! `RevokeWhere`: the first response contains the matching sessions, and one response after every batch contains the
//! progress.
//!
//! The call holds its permit in the budget of administrative calls only while a batch is in progress, and not while its
//! client reads.

use std::sync::Arc;

use tokio::time::timeout;
use tonic::Request;

use super::{AdminServiceHandler, entry::entry, filter};
use crate::{
    api,
    authority::{FilterRevocationRequest, FilterRevoker, RevocationProgress, permissions::permit_tenants},
    domain::{CallError, Cause, FieldViolation, FieldViolations, TenantId, search::SessionFilter},
    transport::grpc::{
        admission::{AdmissionControl, BudgetPermit, WorkKind},
        call::CallContext,
        response::timestamp,
        response_stream::{ResponsePermit, ResponseSender, ResponseStream, ResponseStreamSpawner, StreamEnd},
        rpc_error::RpcError,
        status,
        stream_authorization::StreamAuthorization,
    },
};

/// Finds the matching sessions and returns the responses. A batch begins only once the previous response was taken.
pub(super) async fn open(
    service: &AdminServiceHandler,
    request: Request<api::RevokeWhereRequest>,
) -> Result<ResponseStream<api::RevokeWhereResponse>, CallError> {
    let call = CallContext::from_request(&request)?;
    let authorization = StreamAuthorization::from_request(&request, call.method, Arc::clone(&service.authenticator));
    let request = request.into_inner();
    let mut violations = FieldViolations::default();
    violations.check_all(Cause::check(&request.reason, &request.actor));
    let Some((tenant, mut filter)) = violations.check_all(require_criteria(request.filter)) else {
        return Err(violations.into());
    };
    violations.into_result()?;
    filter.tenants = permit_tenants(&call.caller, tenant)?;

    let max_count = (request.max_count != 0).then_some(request.max_count);
    let cause = call.cause(&request.reason, &request.actor);
    let (matching, revoking) =
        service.filter_revoker.find(FilterRevocationRequest { filter, max_count, cause }).await?;
    let first = api::RevokeWhereResponse {
        matched_count: matching.count,
        revoked_count: 0,
        sample: matching.sample.into_iter().map(entry).collect(),
        done: request.dry_run || matching.count == 0,
        complete_until: matching.complete_until.map(timestamp),
    };
    let task = RevocationTask {
        revoker: Arc::clone(&service.filter_revoker),
        streams: service.streams.clone(),
        authorization,
        admission: service.admission.clone(),
        _permit: call.take_stream_permit(),
        call,
        revoking,
        progress: first,
    };
    Ok(service.streams.spawn(|responses| task.run(responses)))
}

/// Parses a filter, which must have a criterion besides the tenant.
fn require_criteria(filter: Option<api::SessionFilter>) -> Result<(Option<TenantId>, SessionFilter), FieldViolations> {
    let filter = filter.ok_or_else(|| FieldViolation::new("filter", "is required"))?;
    let (tenant, filter) = filter::parse_filter_field(Some(filter))?;
    if filter == SessionFilter::default() {
        let text = "needs a criterion besides tenant_id; use RevokeAll to revoke a whole tenant";
        return Err(FieldViolation::new("filter", text).into());
    }
    Ok((tenant, filter))
}

/// The work of one call.
struct RevocationTask {
    revoker: Arc<FilterRevoker>,
    streams: ResponseStreamSpawner,
    /// Checked before every batch.
    authorization: StreamAuthorization,
    /// Provides a permit for each batch.
    admission: AdmissionControl,
    /// The permit of the open stream.
    _permit: Option<BudgetPermit>,
    call: Arc<CallContext>,
    revoking: RevocationProgress,
    /// The next response.
    progress: api::RevokeWhereResponse,
}

type RevocationSender = ResponseSender<api::RevokeWhereResponse>;

impl RevocationTask {
    async fn run(mut self, responses: RevocationSender) -> StreamEnd<api::RevokeWhereResponse> {
        let status = self.revoke(&responses).await.map_err(|error| {
            let (request_id, revoked_count) = (&self.call.request_id, self.revoking.revoked());
            tracing::debug!(request_id, revoked_count, ?error, "RevokeWhere ended early");
            status::log_and_convert_with(&error, "revoked_count", &revoked_count)
        });
        StreamEnd { final_messages: Vec::new(), status }
    }

    async fn revoke(&mut self, responses: &RevocationSender) -> Result<(), RpcError> {
        self.reserve(responses).await?.send(self.progress.clone());
        self.progress.sample.clear();
        while !self.progress.done {
            let permit = self.reserve(responses).await?;
            self.revoke_batch().await?;
            permit.send(self.progress.clone());
        }
        Ok(())
    }

    async fn reserve<'a>(
        &self,
        responses: &'a RevocationSender,
    ) -> Result<ResponsePermit<'a, api::RevokeWhereResponse>, RpcError> {
        responses.reserve().await.map_err(|interruption| self.streams.interruption_error(interruption))
    }

    async fn revoke_batch(&mut self) -> Result<(), RpcError> {
        let _permit = self.acquire_permit().await?;
        if self.streams.stop.is_cancelled() {
            return Err(RpcError::ShuttingDown);
        }
        if self.authorization.reauthenticate()?.tenants != self.call.caller.tenants {
            let changed = "the caller's tenants have changed; retry the call".to_owned();
            return Err(CallError::PermissionDenied(changed).into());
        }
        let more = self.revoker.revoke_batch(&mut self.revoking).await?;
        self.progress.revoked_count = self.revoking.revoked();
        self.progress.done = !more;
        Ok(())
    }

    /// Waits for a permit in the budget of administrative calls, for as long as for the client.
    async fn acquire_permit(&self) -> Result<BudgetPermit, RpcError> {
        let waiting = self.admission.acquire(WorkKind::Admin, &self.call.account);
        match self.streams.stop.run_until_cancelled(timeout(self.streams.stream_write_timeout, waiting)).await {
            Some(Ok(permit)) => Ok(permit),
            Some(Err(_)) => Err(RpcError::Overloaded),
            None => Err(RpcError::ShuttingDown),
        }
    }
}
