//! What a `StreamAlerts` asks for, checked.

use crate::{
    alerts::{Begin, Filter, decode},
    api,
    authority::permissions::{Method, permit, permit_in},
    domain::{
        Caller, Error, TenantId, UserId, Violation, Violations,
        alert::Severity,
        limits::{RULE_BYTES, RULES, text_list},
    },
};

use super::request::known;

/// Where the stream begins and what passes. The caller's tenants bound it, whatever it asks for.
pub(super) fn subscription(request: api::StreamAlertsRequest, caller: &Caller) -> Result<(Begin, Filter), Error> {
    permit(caller, Method::StreamAlerts)?;
    let mut violations = Violations::default();
    let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let tenant = named(&request.tenant_id).and_then(|tenant| violations.take(TenantId::new(&tenant)));
    let user = named(&request.user_id).and_then(|user| violations.take(UserId::new(&user)));
    violations.take(text_list("rules", &request.rules, RULES, RULE_BYTES));
    let severity = violations.take(known::<api::Severity>("min_severity", request.min_severity));
    let begin = violations.take(begin(&request.resume_cursor, request.from_start));
    let (Some(severity), Some(begin)) = (severity, begin) else { return Err(violations.into()) };
    violations.into_result()?;
    if let Some(tenant) = &tenant {
        permit_in(caller, Method::StreamAlerts, tenant)?;
    }
    let min_severity = u32::try_from(i32::from(severity)).ok().and_then(Severity::from_code);
    let filter = Filter {
        scope: caller.tenants.clone(),
        tenant,
        user,
        rules: request.rules.into_iter().collect(),
        min_severity: min_severity.unwrap_or(Severity::Info),
    };
    Ok((begin, filter))
}

fn begin(cursor: &str, from_start: bool) -> Result<Begin, Violation> {
    match (cursor, from_start) {
        ("", false) => Ok(Begin::Now),
        ("", true) => Ok(Begin::Start),
        (cursor, false) => decode("resume_cursor", cursor).map(Begin::After),
        (_, true) => Err(Violation::new("resume_cursor", "does not go with from_start")),
    }
}
