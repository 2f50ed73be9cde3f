//! `/console/alerts/answer`: the answer to an alert.

use super::{
    super::PageFailure,
    alerts,
    console_page::{ConsoleRequest, PageResult},
};
use crate::{
    api::{self, AlertVerdict},
    transport::grpc::FailedCall,
};

/// Records the answer to an alert on behalf of its user.
pub(super) async fn answer(page: &ConsoleRequest<'_>) -> PageResult {
    let (form, reason) = (page.form(), page.required_reason()?);
    let verdict = match form.get("verdict") {
        "WAS_ME" => AlertVerdict::WasMe,
        "WAS_NOT_ME" => AlertVerdict::WasNotMe,
        _ => return Err(PageFailure::Invalid("Choose whether this was the user.".to_owned())),
    };
    let request = api::AckAlertRequest {
        alert_id: form.get("alert_id").to_owned(),
        verdict: verdict.into(),
        revoke_all: verdict == AlertVerdict::WasNotMe && !form.get("revoke_all").is_empty(),
        tenant_id: form.get("tenant").to_owned(),
        user_id: form.get("user").to_owned(),
        reason,
        actor: page.admin.name.clone(),
    };
    let answered = page.client.sessions().ack_alert(request).await.map_err(FailedCall::from)?.into_inner();
    let mut lines = vec![match (answered.already_acknowledged, verdict) {
        (true, _) => "The alert already had this answer.".to_owned(),
        (false, AlertVerdict::WasMe) => "The device and the place of this sign-in are known from now on.".to_owned(),
        (false, _) => "What detection had learned from this sign-in is forgotten.".to_owned(),
    }];
    if !answered.session_ids.is_empty() {
        lines.push(format!("Sessions ended: {}.", answered.session_ids.len()));
    }
    Ok(page.result("Alert answered", &lines, alerts::address(""), "To the alerts"))
}
