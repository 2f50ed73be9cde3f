//! Parsing of the answer to an alert.

use super::{
    call::CallContext,
    request::{parse_enum, parse_owner_guard},
};
use crate::{
    api,
    authority::AcknowledgementRequest,
    domain::{Cause, FieldViolation, FieldViolations, alert::AlertVerdict},
};

pub(super) fn parse_ack_alert(
    request: &api::AckAlertRequest,
    call: &CallContext,
) -> Result<AcknowledgementRequest, FieldViolations> {
    let mut violations = FieldViolations::default();
    violations.check_all(Cause::check(&request.reason, &request.actor));
    let alert = violations.check(request.alert_id.parse());
    let (tenant, user) = parse_owner_guard(&mut violations, &request.tenant_id, &request.user_id);
    let verdict = violations.check(parse_enum("verdict", request.verdict).and_then(|verdict| match verdict {
        api::AlertVerdict::WasMe if request.revoke_all => {
            Err(FieldViolation::new("revoke_all", "is only allowed with WAS_NOT_ME"))
        }
        api::AlertVerdict::WasMe => Ok(AlertVerdict::WasMe),
        api::AlertVerdict::WasNotMe => Ok(AlertVerdict::WasNotMe { ends_all: request.revoke_all }),
        api::AlertVerdict::Unspecified => Err(FieldViolation::new("verdict", "is required: WAS_ME or WAS_NOT_ME")),
    }));
    let (Some(alert), Some(verdict)) = (alert, verdict) else { return Err(violations) };
    violations.into_result()?;
    let cause = call.cause(&request.reason, &request.actor);
    let tenants = call.caller.tenants.clone();
    Ok(AcknowledgementRequest { alert, verdict, tenant, user, tenants, link_user: None, cause })
}
