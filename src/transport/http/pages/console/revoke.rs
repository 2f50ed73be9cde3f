//! `/console/revoke`: ending the sessions that match criteria.

use super::{
    super::PageFailure,
    console_page::{ConsoleRequest, PageResult},
    criteria::{read_criteria, session_filter},
};
use crate::{
    api,
    transport::grpc::FailedCall,
    web::console::{RevokePage, RevokePreview, SessionCriteria, SessionRow},
};

/// Shows the criteria and, if they are to be tried, how many sessions match.
pub(super) async fn show(page: &ConsoleRequest<'_>) -> PageResult {
    let search = read_criteria(page.query());
    let (mut preview, mut problem) = (None, "");
    if !page.query().get("dry_run").is_empty() || search.has_criteria() {
        if search.has_criteria() {
            preview = Some(dry_run(page, &search).await?);
        } else {
            problem = "Enter a criterion besides the tenant. All sessions of a tenant end on the page of the tenant.";
        }
    }
    Ok(ConsoleRequest::page(&RevokePage {
        layout: page.layout("End sessions by criteria"),
        search,
        preview,
        reason: page.query().get("reason").into(),
        problem: problem.to_owned(),
    }))
}

async fn dry_run(page: &ConsoleRequest<'_>, search: &SessionCriteria) -> Result<RevokePreview, PageFailure> {
    let request = api::RevokeWhereRequest {
        filter: Some(session_filter(search)?),
        dry_run: true,
        ..api::RevokeWhereRequest::default()
    };
    let matched = run(page, request).await?;
    let now = page.now();
    Ok(RevokePreview {
        count: matched.matched_count,
        sample: matched.sample.iter().map(|entry| SessionRow::from_entry(entry, now)).collect(),
        criteria: search.criteria().into_iter().map(|(name, value)| (name, value.to_owned())).collect(),
    })
}

/// Ends the sessions that match, if the number of them was confirmed and has not grown since.
pub(super) async fn revoke(page: &ConsoleRequest<'_>) -> PageResult {
    let (form, reason) = (page.form(), page.required_reason()?);
    let search = read_criteria(form);
    let counted: u64 = form.get("count").parse().unwrap_or_default();
    if counted == 0 || form.get("confirm").parse() != Ok(counted) {
        return Err(PageFailure::Invalid("Type the number of sessions to confirm.".to_owned()));
    }
    let request = api::RevokeWhereRequest {
        filter: Some(session_filter(&search)?),
        max_count: counted,
        reason,
        actor: page.admin.name.clone(),
        ..api::RevokeWhereRequest::default()
    };
    let ended = match run(page, request).await {
        Err(failed) if failed.reason == "TOO_MANY_MATCHES" => {
            let text = "More sessions match than you confirmed, and none has ended. Count them again.";
            return Err(PageFailure::Invalid(text.to_owned()));
        }
        ended => ended?,
    };
    let lines = [format!("Sessions ended: {} of {}.", ended.revoked_count, ended.matched_count)];
    Ok(page.result("Sessions ended", &lines, search.revoke_address(), "Count again"))
}

/// Calls `RevokeWhere`. Returns the merge of its responses: the last figures, and the sample of the first one.
async fn run(
    page: &ConsoleRequest<'_>,
    request: api::RevokeWhereRequest,
) -> Result<api::RevokeWhereResponse, FailedCall> {
    let mut responses = page.client.admin().revoke_where(request).await.map_err(FailedCall::from)?.into_inner();
    let mut merged = api::RevokeWhereResponse::default();
    while let Some(response) = responses.message().await.map_err(FailedCall::from)? {
        let sample = if response.sample.is_empty() { merged.sample } else { response.sample.clone() };
        merged = api::RevokeWhereResponse { sample, ..response };
    }
    Ok(merged)
}
