//! `RevokeWhere`: what matches is told first, then how far it has come after every batch.

use std::{mem::replace, sync::Arc};

use futures_util::stream::unfold;
use tokio_stream::Stream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};

use super::{Administration, entry::entry, filter};
use crate::{
    api,
    authority::{
        Authority, RevokeWhere, Revoking,
        permissions::{Method, permit, permit_among},
    },
    domain::{Cause, Error, TenantId, Violation, Violations, search::SessionFilter},
    transport::grpc::{answer::timestamp, call::Call, standing::Standing, status},
};

/// The answers. The next batch is not begun before the one before was told.
pub(super) async fn open(
    service: &Administration,
    request: Request<api::RevokeWhereRequest>,
) -> Result<impl Stream<Item = Result<api::RevokeWhereResponse, Status>> + Send + use<>, Error> {
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
    let progress = api::RevokeWhereResponse { sample: Vec::new(), ..first.clone() };
    let telling = Telling {
        authority: Arc::clone(&service.authority),
        stop: service.stop.clone(),
        standing,
        call,
        revoking,
        progress,
        phase: Phase::Beginning(first),
    };
    Ok(unfold(telling, async |mut telling| telling.next().await.map(|answer| (answer, telling))))
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

/// One call.
struct Telling {
    authority: Arc<Authority>,
    stop: CancellationToken,
    /// Looked at before every batch.
    standing: Standing,
    /// Keeps its place in the budget.
    call: Arc<Call>,
    revoking: Revoking,
    /// What was told last.
    progress: api::RevokeWhereResponse,
    phase: Phase,
}

enum Phase {
    /// Nothing was said yet.
    Beginning(api::RevokeWhereResponse),
    Revoking,
    Over,
}

impl Telling {
    async fn next(&mut self) -> Option<Result<api::RevokeWhereResponse, Status>> {
        let answer = match replace(&mut self.phase, Phase::Over) {
            Phase::Beginning(first) => Ok(first),
            Phase::Revoking => self.go_on().await,
            Phase::Over => return None,
        };
        Some(match answer {
            Ok(answer) => {
                if !answer.done {
                    self.phase = Phase::Revoking;
                }
                Ok(answer)
            }
            Err(error) => {
                let (request_id, revoked) = (&self.call.request_id, self.revoking.revoked());
                tracing::debug!(request_id, revoked, ?error, "a revocation by filter ended early");
                Err(status::failed(&error))
            }
        })
    }

    async fn go_on(&mut self) -> Result<api::RevokeWhereResponse, Error> {
        if self.stop.is_cancelled() {
            return Err(Error::ShuttingDown);
        }
        if self.standing.caller()?.tenants != self.call.caller.tenants {
            return Err(Error::PermissionDenied("the tenants of the caller have changed; repeat the call".to_owned()));
        }
        let more = self.authority.revoke_some(&mut self.revoking).await?;
        self.progress.revoked_count = self.revoking.revoked();
        self.progress.done = !more;
        Ok(self.progress.clone())
    }
}
