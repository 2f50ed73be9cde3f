//! Parsing of `StreamAlerts` requests.

use crate::{
    alerts::{AlertFilter, StartPosition, decode},
    api,
    authority::permissions::permit_tenant,
    domain::{
        CallError, Caller, FieldViolation, FieldViolations, TenantId, UserId,
        alert::Severity,
        limits::{MAX_RULE_NAME_BYTES, MAX_RULES, check_text_list},
    },
};

use super::alert::parse_severity;

/// Returns the start position of the stream, and the filter of its alerts. The tenants of the caller limit the filter,
/// whatever the request asks for.
pub(super) fn parse_subscription(
    request: api::StreamAlertsRequest,
    caller: &Caller,
) -> Result<(StartPosition, AlertFilter), CallError> {
    let mut violations = FieldViolations::default();
    let non_empty = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let tenant = non_empty(&request.tenant_id).and_then(|tenant| violations.check(TenantId::new(&tenant)));
    let user = non_empty(&request.user_id).and_then(|user| violations.check(UserId::new(&user)));
    violations.check(check_text_list("rules", &request.rules, MAX_RULES, MAX_RULE_NAME_BYTES));
    let severity = violations.check(parse_severity("min_severity", request.min_severity));
    let begin = violations.check(parse_start_position(&request.resume_cursor, request.from_start));
    let (Some(severity), Some(begin)) = (severity, begin) else { return Err(violations.into()) };
    violations.into_result()?;
    if let Some(tenant) = &tenant {
        permit_tenant(caller, tenant)?;
    }
    let filter = AlertFilter {
        scope: caller.tenants.clone(),
        tenant,
        user,
        rules: request.rules.into_iter().collect(),
        min_severity: severity.unwrap_or(Severity::Info),
    };
    Ok((begin, filter))
}

fn parse_start_position(cursor: &str, from_start: bool) -> Result<StartPosition, FieldViolation> {
    match (cursor, from_start) {
        ("", false) => Ok(StartPosition::Now),
        ("", true) => Ok(StartPosition::Oldest),
        (cursor, false) => decode("resume_cursor", cursor).map(StartPosition::After),
        (_, true) => Err(FieldViolation::new("resume_cursor", "cannot be combined with from_start")),
    }
}
