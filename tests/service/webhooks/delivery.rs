//! The content of messages, their choice, and their signatures.

use session_authority::api::{ListEventsRequest, RevokeRequest, UpdateWebhookRequest, revoke_request::Target};

use super::{
    TestService, add, endpoint, eventually, eventually_entry, id_of, login_of, on_every_audit, receiver::Receiver,
    webhooks,
};

on_every_audit!(
    events_arrive_signed_and_thin,
    an_endpoint_receives_only_what_it_asks_for,
    alerts_arrive,
    messages_are_signed_with_both_secrets_during_a_rotation,
);

async fn revoke(service: &TestService, session_id: String) {
    let request = RevokeRequest {
        target: Some(Target::SessionId(session_id)),
        reason: "lost phone".to_owned(),
        actor: "support-7".to_owned(),
        ..RevokeRequest::default()
    };
    service.sessions().revoke(request).await.expect("revoked");
}

async fn events_arrive_signed_and_thin(service: TestService) {
    let receiver = Receiver::start().await;
    let before = service.login("early").await;
    eventually("the audit has the event", || async {
        let request = ListEventsRequest::default();
        !service.admin().list_events(request).await.expect("events").into_inner().events.is_empty()
    })
    .await;
    let secret = add(&service, endpoint("all", &receiver.url())).await;
    assert!(secret.starts_with("whsec_"));
    let created = service.login("ann").await;
    revoke(&service, id_of(&created)).await;

    let revoked = &receiver.wait_for_type("session.revoked", 1).await[0];
    let json = revoked.json();
    let data = &json["data"];
    assert_eq!(data["session_id"], id_of(&created));
    assert_eq!((&data["user_id"], &data["tenant_id"]), (&"ann".into(), &"default".into()));
    assert_eq!((&data["end_reason"], &data["reason"]), (&"revoked".into(), &"lost phone".into()));
    assert_eq!((&data["actor"], data.get("ip")), (&"support-7".into(), None), "{data}");
    assert_eq!(json["timestamp"], "2027-01-15T08:00:00Z");
    assert_eq!(revoked.id(), data["event_id"].as_str().expect("an ID"));
    assert_eq!(revoked.header("content-type"), "application/json");
    assert_eq!(revoked.header("webhook-timestamp"), "1800000000");
    assert_eq!(revoked.line, "POST /hook?key=path-secret HTTP/1.1");
    assert!(!String::from_utf8_lossy(&revoked.body).contains("example.com"), "no e-mail address");

    let mut tampered = revoked.body.clone();
    tampered[10] ^= 1;
    assert!(revoked.is_signed_with(&secret, &revoked.body));
    assert!(!revoked.is_signed_with(&secret, &tampered));

    let types: Vec<_> = receiver.requests().iter().map(super::receiver::ReceivedRequest::event_type).collect();
    assert!(
        types.contains(&"session.created".to_owned()) && types.contains(&"webhook.changed".to_owned()),
        "{types:?}"
    );
    let early = id_of(&before);
    assert!(receiver.requests().iter().all(|request| request.json()["data"]["session_id"] != early));
    eventually_entry(&service, "all", "nothing waits", |entry| {
        entry.pending_count == 0 && entry.last_status == 200 && entry.consecutive_failures == 0
    })
    .await;
}

async fn an_endpoint_receives_only_what_it_asks_for(service: TestService) {
    let (some, with_ip) = (Receiver::start().await, Receiver::start().await);
    let mut webhook = endpoint("some", &some.url());
    webhook.event_types = vec!["session.created".to_owned()];
    webhook.tenant_ids = vec!["acme".to_owned()];
    add(&service, webhook).await;
    add(&service, session_authority::api::Webhook { include_ip: true, ..endpoint("with-ip", &with_ip.url()) }).await;

    let other = service.login("ann").await;
    let mut login = login_of("bob");
    login.tenant_id = "acme".to_owned();
    let wanted = service.create(login).await.expect("a session");
    revoke(&service, id_of(&wanted)).await;

    with_ip.wait_for_type("session.revoked", 1).await;
    let created = with_ip.wait_for_type("session.created", 2).await;
    assert!(created.iter().all(|request| request.json()["data"]["ip"] == "198.51.100.7"));
    let delivered = some.wait_for(1).await;
    eventually_entry(&service, "some", "everything is read", |entry| entry.last_success_at.is_some()).await;
    assert_eq!(delivered.len(), 1, "{other:?}");
    assert_eq!(delivered[0].json()["data"]["session_id"], id_of(&wanted));
}

async fn alerts_arrive(service: TestService) {
    let receiver = Receiver::start().await;
    let mut webhook = endpoint("alerts", &receiver.url());
    webhook.event_types = vec!["alert.raised".to_owned()];
    let secret = add(&service, webhook).await;
    service.login("ann").await;
    // Another device than that of the first login.
    let mut login = login_of("ann");
    login.client.as_mut().expect("a client").user_agent =
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0".to_owned();
    let created = service.create(login).await.expect("a session");
    assert!(!created.alerts.is_empty());

    let delivered = &receiver.wait_for(1).await[0];
    let json = delivered.json();
    assert_eq!((&json["type"], &json["data"]["rule"]), (&"alert.raised".into(), &"NEW_DEVICE".into()));
    assert_eq!(delivered.id(), created.alerts[0].alert_id);
    assert_eq!(json["data"]["session_id"], id_of(&created));
    assert!(delivered.is_signed_with(&secret, &delivered.body));
}

async fn messages_are_signed_with_both_secrets_during_a_rotation(service: TestService) {
    let receiver = Receiver::start().await;
    let mut webhook = endpoint("rotating", &receiver.url());
    webhook.event_types = vec!["session.created".to_owned()];
    let first = add(&service, webhook.clone()).await;
    let request = UpdateWebhookRequest { webhook: Some(webhook), rotate_secret: true, ..Default::default() };
    let rotated = webhooks(&service).update_webhook(request).await.expect("updated").into_inner();
    assert_ne!(rotated.secret, first);
    assert!(rotated.previous_secret_until.is_some());

    service.login("ann").await;
    let delivered = receiver.wait_for(1).await.remove(0);
    assert!(
        delivered.is_signed_with(&first, &delivered.body) && delivered.is_signed_with(&rotated.secret, &delivered.body)
    );

    service.clock.advance(std::time::Duration::from_hours(25));
    service.login("bob").await;
    let delivered = receiver.wait_for(2).await.remove(1);
    assert!(!delivered.is_signed_with(&first, &delivered.body), "the overlap is over");
    assert!(delivered.is_signed_with(&rotated.secret, &delivered.body));
}
