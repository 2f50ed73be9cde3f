//! `ForgetUser`.

use tonic::Request;

use crate::{
    api,
    authority::{UserEraser, UserErasureRequest, permissions::permit_tenant},
    domain::{CallError, Cause, FieldViolations},
    transport::grpc::{call::CallContext, request::parse_owner, response::timestamp},
};

pub(super) async fn handle(
    eraser: &UserEraser,
    request: Request<api::ForgetUserRequest>,
) -> Result<api::ForgetUserResponse, CallError> {
    let call = CallContext::from_request(&request)?;
    let request = request.into_inner();
    let mut violations = FieldViolations::default();
    violations.check_all(Cause::check(&request.reason, &request.actor));
    let Some(owner) = parse_owner(&mut violations, &request.tenant_id, &request.user_id) else {
        return Err(violations.into());
    };
    violations.into_result()?;
    permit_tenant(&call.caller, &owner.tenant)?;

    let cause = call.cause(&request.reason, &request.actor);
    let forgotten = eraser.forget_user(UserErasureRequest { owner, cause }).await?;
    let retained = forgotten.retained.into_iter().map(|records| api::RetainedRecords {
        kind: records.kind.to_owned(),
        count: records.count,
        reason: records.reason.to_owned(),
        until: records.until.map(timestamp),
    });
    Ok(api::ForgetUserResponse {
        revoked_count: forgotten.revoked,
        erased_count: forgotten.erased,
        retained: retained.collect(),
    })
}
