//! Webhooks, with a receiver that the tests start.
//!
//! Each case runs with sessions and audit in SQLite, and with sessions in Redis and the audit in PostgreSQL.

mod administration;
mod delivery;
mod failures;
mod files;
mod formats;
mod nodes;
pub mod receiver;
mod replays;
mod targets;

use session_authority::api::{
    AddWebhookRequest, ListWebhooksRequest, Webhook, WebhookEntry, webhook_service_client::WebhookServiceClient,
};
use tonic::transport::Channel;

use super::{
    admin::on_every_audit,
    fixture::{TestService, eventually, id_of, login_of},
};

/// Returns the settings of an endpoint on this machine.
pub fn endpoint(name: &str, url: &str) -> Webhook {
    Webhook { name: name.to_owned(), url: url.to_owned(), allow_private_addresses: true, ..Webhook::default() }
}

fn webhooks(service: &TestService) -> WebhookServiceClient<Channel> {
    WebhookServiceClient::new(service.channel.clone())
}

/// Adds an endpoint and returns its secret.
pub async fn add(service: &TestService, webhook: Webhook) -> String {
    let request = AddWebhookRequest { webhook: Some(webhook), reason: "set up".to_owned(), actor: "ops-1".to_owned() };
    webhooks(service).add_webhook(request).await.expect("added").into_inner().secret
}

async fn entry(service: &TestService, name: &str) -> WebhookEntry {
    let listed = webhooks(service).list_webhooks(ListWebhooksRequest {}).await.expect("a list").into_inner().webhooks;
    let is_named = |entry: &WebhookEntry| entry.webhook.as_ref().is_some_and(|webhook| webhook.name == name);
    listed.into_iter().find(is_named).expect("the webhook")
}

/// Waits until the entry of an endpoint meets a condition.
async fn eventually_entry(service: &TestService, name: &str, what: &str, holds: impl Fn(&WebhookEntry) -> bool) {
    eventually(what, || async { holds(&entry(service, name).await) }).await;
}
