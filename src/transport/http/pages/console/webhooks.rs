//! `/console/webhooks`: endpoints, their dead letters, and what administrators do about them.

use std::time::Duration;

use super::console_page::{ConsoleRequest, PageResult};
use crate::{
    api,
    transport::grpc::{FailedCall, timestamp},
    web::{
        console::{DeadLetterRow, WebhookRow, WebhooksPage},
        link,
    },
};

const PAGE_SIZE: u32 = 50;
/// The end of a window that has every event, after the time of this node.
const WHOLE_PAST: Duration = Duration::from_mins(1);

pub(super) async fn show(page: &ConsoleRequest<'_>) -> PageResult {
    let name = page.query().get("name").to_owned();
    let mut client = page.client.webhooks();
    let webhooks = client.list_webhooks(api::ListWebhooksRequest {}).await.map_err(FailedCall::from)?.into_inner();
    let list = api::ListDeadLettersRequest {
        name: name.clone(),
        page_size: PAGE_SIZE,
        page_token: page.query().get("page").to_owned(),
    };
    let letters = client.list_dead_letters(list).await.map_err(FailedCall::from)?.into_inner();
    let now = page.now();
    let next = letters.next_page_token.as_str();
    Ok(ConsoleRequest::page(&WebhooksPage {
        layout: page.layout("Webhooks"),
        webhooks: webhooks.webhooks.iter().map(|entry| WebhookRow::new(entry, now)).collect(),
        dead_letters: letters.dead_letters.iter().map(|letter| DeadLetterRow::new(letter, now)).collect(),
        shown_name: name.as_str().into(),
        next: if next.is_empty() {
            String::new()
        } else {
            link("/console/webhooks", &[("name", &name), ("page", next)])
        },
    }))
}

/// Sends a test message to an endpoint.
pub(super) async fn test(page: &ConsoleRequest<'_>) -> PageResult {
    let request = api::TestWebhookRequest { name: page.form().get("name").to_owned() };
    let tested = page.client.webhooks().test_webhook(request).await.map_err(FailedCall::from)?.into_inner();
    let line = match (tested.delivered, tested.status) {
        (true, status) => format!("The endpoint accepted the message with status {status}."),
        (false, 0) => format!("The message was not delivered: {}.", tested.error),
        (false, status) => format!("The message was not delivered, status {status}: {}.", tested.error),
    };
    Ok(result(page, "Test message sent", &line))
}

/// Ends the disablement or the pause of an endpoint.
pub(super) async fn enable(page: &ConsoleRequest<'_>) -> PageResult {
    let request = api::EnableWebhookRequest {
        name: page.form().get("name").to_owned(),
        reason: page.required_reason()?,
        actor: page.admin.name.clone(),
    };
    page.client.webhooks().enable_webhook(request).await.map_err(FailedCall::from)?;
    Ok(result(page, "Deliveries resume", "What was recorded meanwhile is delivered now."))
}

/// Sends all dead letters of an endpoint again.
pub(super) async fn replay(page: &ConsoleRequest<'_>) -> PageResult {
    let request = api::ReplayWebhookRequest {
        name: page.form().get("name").to_owned(),
        occurred: Some(api::TimeWindow { start: None, end: Some(timestamp(page.now().plus(WHOLE_PAST))) }),
        reason: page.required_reason()?,
        actor: page.admin.name.clone(),
        ..api::ReplayWebhookRequest::default()
    };
    let replayed = page.client.webhooks().replay_webhook(request).await.map_err(FailedCall::from)?.into_inner();
    Ok(result(page, "Dead letters are sent again", &format!("Messages: {}.", replayed.replayed_count)))
}

fn result(page: &ConsoleRequest<'_>, heading: &str, line: &str) -> axum::response::Response {
    page.result(heading, &[line.to_owned()], "/console/webhooks".to_owned(), "To the webhooks")
}
