//! Calls of administrators about webhooks, and endpoints of the configuration.

use session_authority::api::{
    AddWebhookRequest, AuditEventKind, EnableWebhookRequest, ListEventsRequest, ListWebhooksRequest,
    RemoveWebhookRequest, ReplayWebhookRequest, TestWebhookRequest, UpdateWebhookRequest,
};
use tonic::Code;

use super::{TestService, add, endpoint, entry, eventually, on_every_audit, receiver::Receiver, webhooks};
use crate::service::fixture::{assert_invalid_fields, error_parts};

on_every_audit!(every_change_is_an_audit_event, an_endpoint_of_the_configuration_is_not_changed_by_calls);

async fn every_change_is_an_audit_event(service: TestService) {
    let receiver = Receiver::start().await;
    let webhook = endpoint("hook", &receiver.url());
    let mut client = webhooks(&service);
    add(&service, webhook.clone()).await;
    let again = AddWebhookRequest { webhook: Some(webhook.clone()), ..AddWebhookRequest::default() };
    let (code, reason, _) = error_parts(&client.add_webhook(again).await.expect_err("there is one"));
    assert_eq!((code, reason.as_str()), (Code::AlreadyExists, "WEBHOOK_ALREADY_EXISTS"));
    let update = UpdateWebhookRequest {
        webhook: Some(session_authority::api::Webhook { include_ip: true, ..webhook }),
        reason: "more".to_owned(),
        ..UpdateWebhookRequest::default()
    };
    let updated = client.update_webhook(update).await.expect("updated").into_inner();
    assert!(updated.secret.is_empty() && updated.previous_secret_until.is_none());
    assert!(entry(&service, "hook").await.webhook.expect("settings").include_ip);
    let enable = EnableWebhookRequest { name: "hook".to_owned(), actor: "ops-2".to_owned(), ..Default::default() };
    client.enable_webhook(enable).await.expect("enabled");
    let remove = RemoveWebhookRequest { name: "hook".to_owned(), ..RemoveWebhookRequest::default() };
    client.remove_webhook(remove.clone()).await.expect("removed");
    let (code, reason, _) = error_parts(&client.remove_webhook(remove).await.expect_err("removed"));
    assert_eq!((code, reason.as_str()), (Code::NotFound, "WEBHOOK_NOT_FOUND"));

    let kinds = vec![AuditEventKind::WebhookChanged.into()];
    let request = ListEventsRequest { kinds, ..ListEventsRequest::default() };
    let events = service.admin().list_events(request).await.expect("events").into_inner().events;
    let mut actions: Vec<_> = events.iter().map(|event| event.webhook_action.as_str()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["added", "enabled", "removed", "updated"]);
    assert!(events.iter().all(|event| event.webhook == "hook"));
    let added = events.iter().find(|event| event.webhook_action == "added").expect("the event");
    assert_eq!((added.reason.as_str(), added.actor.as_str()), ("set up", "ops-1"));
}

async fn an_endpoint_of_the_configuration_is_not_changed_by_calls(service: TestService) {
    drop(service);
    let receiver = Receiver::start().await;
    let service = TestService::start(
        None,
        &[
            ("WEBHOOKS__ENDPOINTS__SIEM__URL", &receiver.url()),
            ("WEBHOOKS__ENDPOINTS__SIEM__SECRET", SECRETS),
            ("WEBHOOKS__ENDPOINTS__SIEM__ALLOW_PRIVATE_ADDRESSES", "true"),
            ("WEBHOOKS__ENDPOINTS__SIEM__EVENTS", "[\"session.created\"]"),
        ],
    )
    .await;
    eventually("it is registered", || async { entry(&service, "siem").await.caught_up_at.is_some() }).await;
    service.login("ann").await;
    let delivered = receiver.wait_for(1).await.remove(0);
    assert!(SECRETS.split(',').all(|secret| delivered.is_signed_with(secret, &delivered.body)));
    assert!(entry(&service, "siem").await.configured);
    let remove = RemoveWebhookRequest { name: "siem".to_owned(), ..RemoveWebhookRequest::default() };
    let refused = webhooks(&service).remove_webhook(remove).await.expect_err("it is in the configuration");
    assert_eq!(error_parts(&refused).1, "WEBHOOK_IN_CONFIGURATION");
    let test = TestWebhookRequest { name: "siem".to_owned() };
    assert!(webhooks(&service).test_webhook(test).await.expect("a test").into_inner().delivered);
}

const SECRETS: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw,whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_fields_are_named() {
    let service = TestService::on_sqlite().await;
    let mut client = webhooks(&service);
    let mut webhook = endpoint("Not A Name", "nowhere");
    webhook.event_types = vec!["session.unheard".to_owned()];
    webhook.tenant_ids = vec!["a\nb".to_owned()];
    let request = AddWebhookRequest { webhook: Some(webhook), reason: "a\nb".to_owned(), actor: String::new() };
    let status = client.add_webhook(request).await.expect_err("refused");
    let fields = ["reason", "webhook.name", "webhook.url", "webhook.event_types", "webhook.tenant_ids"];
    assert_invalid_fields(&status, &fields);
    let status = client.replay_webhook(ReplayWebhookRequest::default()).await.expect_err("refused");
    assert_invalid_fields(&status, &["name", "message_ids"]);
    let test = TestWebhookRequest { name: "unknown".to_owned() };
    assert_eq!(error_parts(&client.test_webhook(test).await.expect_err("unknown")).1, "WEBHOOK_NOT_FOUND");
    assert!(client.list_webhooks(ListWebhooksRequest {}).await.expect("a list").into_inner().webhooks.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_need_an_audit_database() {
    let service = TestService::start(None, &[("AUDIT__URL", "none")]).await;
    let request = AddWebhookRequest { webhook: Some(endpoint("hook", "https://example.com/")), ..Default::default() };
    let refused = webhooks(&service).add_webhook(request).await.expect_err("no audit");
    assert_eq!(error_parts(&refused).1, "AUDIT_DISABLED");
}
