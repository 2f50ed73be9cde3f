//! `ForgetUser`.

use tonic::Request;

use crate::{
    api,
    authority::{
        Authority, ForgetUser,
        permissions::{Method, permit, permit_in},
    },
    domain::{Cause, Error, Violations},
    transport::grpc::{answer::timestamp, call::Call, request::take_owner},
};

pub(super) async fn answer(
    authority: &Authority,
    request: Request<api::ForgetUserRequest>,
) -> Result<api::ForgetUserResponse, Error> {
    let call = Call::of(&request)?;
    permit(&call.caller, Method::ForgetUser)?;
    let request = request.into_inner();
    let mut violations = Violations::default();
    violations.take_all(Cause::check(&request.reason, &request.actor));
    let Some(owner) = take_owner(&mut violations, &request.tenant_id, &request.user_id) else {
        return Err(violations.into());
    };
    violations.into_result()?;
    permit_in(&call.caller, Method::ForgetUser, &owner.tenant)?;

    let cause = call.cause(&request.reason, &request.actor);
    let forgotten = authority.forget_user(ForgetUser { owner, cause }).await?;
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
