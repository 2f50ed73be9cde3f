//! `RevokeWhere`: the first response says what matches, and one after every batch how far the revocation has come.
//!
//! The call keeps its place in the budget of long calls only while a batch is under way, and not while its client
//! reads.

use std::sync::Arc;

use tokio::time::timeout;
use tonic::Request;

use super::{Administration, entry::entry, filter};
use crate::{
    api,
    authority::{
        Authority, RevokeWhere, Revoking,
        permissions::{Method, permit, permit_among},
    },
    domain::{Cause, Error, TenantId, Violation, Violations, search::SessionFilter},
    transport::grpc::{
        admission::{Admission, Place, Work},
        answer::timestamp,
        call::Call,
        response_stream::{ResponseSender, ResponseStream, ResponseStreams, Room, StreamEnd},
        standing::Standing,
        status,
    },
};

/// Finds the sessions and returns the responses. A batch begins only once the response before it was taken.
pub(super) async fn open(
    service: &Administration,
    request: Request<api::RevokeWhereRequest>,
) -> Result<ResponseStream<api::RevokeWhereResponse>, Error> {
    let call = Call::of(&request)?;
    permit(&call.caller, Method::RevokeWhere)?;
    let standing = Standing::of(&request, Method::RevokeWhere, Arc::clone(&service.authenticator));
    let request = request.into_inner();
    let mut violations = Violations::default();
    violations.take_all(Cause::check(&request.reason, &request.actor));
    let Some((tenant, mut filter)) = violations.take_all(narrow(request.filter)) else {
        return Err(violations.into());
    };
    violations.into_result()?;
    filter.tenants = permit_among(&call.caller, Method::RevokeWhere, tenant)?;

    let max_count = (request.max_count != 0).then_some(request.max_count);
    let cause = call.cause(&request.reason, &request.actor);
    let (matching, revoking) = service.authority.revoke_where(RevokeWhere { filter, max_count, cause }).await?;
    let first = api::RevokeWhereResponse {
        matched_count: matching.count,
        revoked_count: 0,
        sample: matching.sample.into_iter().map(entry).collect(),
        done: request.dry_run || matching.count == 0,
        complete_until: matching.complete_until.map(timestamp),
    };
    let task = RevocationTask {
        authority: Arc::clone(&service.authority),
        streams: service.streams.clone(),
        standing,
        admission: service.admission.clone(),
        _place: call.take_stream_place(),
        call,
        revoking,
        progress: first,
    };
    Ok(service.streams.spawn(|responses| task.run(responses)))
}

/// A filter with a criterion besides the tenant.
fn narrow(filter: Option<api::SessionFilter>) -> Result<(Option<TenantId>, SessionFilter), Violations> {
    let filter = filter.ok_or_else(|| Violation::new("filter", "is required"))?;
    let (tenant, filter) = filter::within_filter(Some(filter))?;
    if filter == SessionFilter::default() {
        let text = "names no criterion besides tenant_id; RevokeAll signs a whole tenant out";
        return Err(Violation::new("filter", text).into());
    }
    Ok((tenant, filter))
}

/// The work of one call.
struct RevocationTask {
    authority: Arc<Authority>,
    streams: ResponseStreams,
    /// Looked at before every batch.
    standing: Standing,
    /// Where each batch takes a place.
    admission: Admission,
    /// Among open streams.
    _place: Option<Place>,
    call: Arc<Call>,
    revoking: Revoking,
    /// The next response.
    progress: api::RevokeWhereResponse,
}

type Responses = ResponseSender<api::RevokeWhereResponse>;

impl RevocationTask {
    async fn run(mut self, responses: Responses) -> StreamEnd<api::RevokeWhereResponse> {
        let status = self.revoke(&responses).await.map_err(|error| {
            let (request_id, revoked_count) = (&self.call.request_id, self.revoking.revoked());
            tracing::debug!(request_id, revoked_count, ?error, "a revocation by filter ended early");
            status::failed_with(&error, "revoked_count", &revoked_count)
        });
        StreamEnd { last: Vec::new(), status }
    }

    async fn revoke(&mut self, responses: &Responses) -> Result<(), Error> {
        self.reserve(responses).await?.send(self.progress.clone());
        self.progress.sample.clear();
        while !self.progress.done {
            let room = self.reserve(responses).await?;
            self.revoke_batch().await?;
            room.send(self.progress.clone());
        }
        Ok(())
    }

    async fn reserve<'a>(&self, responses: &'a Responses) -> Result<Room<'a, api::RevokeWhereResponse>, Error> {
        responses.reserve().await.map_err(|interruption| self.streams.error_of(interruption))
    }

    async fn revoke_batch(&mut self) -> Result<(), Error> {
        let _place = self.take_place().await?;
        if self.streams.stop.is_cancelled() {
            return Err(Error::ShuttingDown);
        }
        if self.standing.caller()?.tenants != self.call.caller.tenants {
            return Err(Error::PermissionDenied("the tenants of the caller have changed; repeat the call".to_owned()));
        }
        let more = self.authority.revoke_some(&mut self.revoking).await?;
        self.progress.revoked_count = self.revoking.revoked();
        self.progress.done = !more;
        Ok(())
    }

    /// Waits for a place in the budget of long calls, for as long as for the client.
    async fn take_place(&self) -> Result<Place, Error> {
        let waiting = self.admission.wait_for(Work::Admin, &self.call.account);
        match self.streams.stop.run_until_cancelled(timeout(self.streams.unread_timeout, waiting)).await {
            Some(Ok(place)) => Ok(place),
            Some(Err(_)) => Err(Error::Overloaded),
            None => Err(Error::ShuttingDown),
        }
    }
}
