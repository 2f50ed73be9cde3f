//! The formats `caep-set` and `ocsf`. `make test-webhooks` verifies the signatures of tokens.

use data_encoding::BASE64URL_NOPAD;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::{Value, json};
use session_authority::api::{
    AddWebhookRequest, RevokeRequest, TestWebhookRequest, Webhook, WebhookFormat, revoke_request::Target,
};

use super::{
    TestService, add, endpoint, id_of, on_every_audit,
    receiver::{ReceivedRequest, Receiver, Reply},
    webhooks,
};
use crate::service::{fixture::assert_invalid_fields, management::get};

const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/";
const ISSUER: &str = "https://sessions.example.com";

on_every_audit!(events_and_alerts_are_sent_in_ocsf);

/// Returns the header and the claims of a token.
fn token_parts(request: &ReceivedRequest) -> (Value, Value) {
    let token = String::from_utf8(request.body.clone()).expect("text");
    let mut parts = token.split('.').map(|part| BASE64URL_NOPAD.decode(part.as_bytes()).expect("base64url"));
    let mut json = || serde_json::from_slice(&parts.next().expect("a part")).expect("JSON");
    (json(), json())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_sent_as_security_event_tokens() {
    let directory = tempfile::tempdir().expect("a directory");
    let key = directory.path().join("set.key");
    let pem = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key").serialize_pem();
    std::fs::write(&key, pem).expect("a file");
    let key = key.to_string_lossy().into_owned();
    let settings =
        [("WEBHOOKS__SET_KEY_FILE", key.as_str()), ("WEBHOOKS__SET_ISSUER", ISSUER), ("HTTP__LISTEN", "127.0.0.1:0")];
    let service = TestService::start_in(directory, None, &settings).await;
    let receiver = Receiver::start().await;
    receiver.always(Reply::Status(202, ""));
    let mut webhook = endpoint("caep", &receiver.url());
    (webhook.format, webhook.audience) = (WebhookFormat::CaepSet.into(), "https://receiver.example.com".to_owned());
    add(&service, webhook).await;
    let created = service.login("ann").await;
    let target = Some(Target::SessionId(id_of(&created)));
    let request = RevokeRequest { target, actor: "admin:eve".to_owned(), ..RevokeRequest::default() };
    service.sessions().revoke(request).await.expect("revoked");

    // Events that CAEP does not have, such as the addition of the webhook, are left out.
    let mut delivered: Vec<_> = receiver.wait_for(2).await.iter().map(token_parts).collect();
    delivered.sort_by_key(|(_, claims)| claims["events"].as_object().expect("events").keys().next().cloned());
    let (established, (header, revoked)) = (&delivered[0].1, &delivered[1]);
    assert!(established["events"][format!("{CAEP}session-established")].is_object(), "{established}");
    let event = &revoked["events"][format!("{CAEP}session-revoked")];
    assert_eq!(event["initiating_entity"], "admin");
    assert_eq!(event["reason_admin"]["en"], "The session ended: revoked.");
    assert_eq!(event["event_timestamp"], 1_800_000_000);
    assert_eq!((&revoked["iss"], &revoked["aud"]), (&json!(ISSUER), &json!("https://receiver.example.com")));
    assert_eq!((revoked.get("sub"), revoked.get("exp")), (None, None));
    let subject = &revoked["sub_id"];
    assert_eq!(subject["session"], json!({ "format": "opaque", "id": id_of(&created) }));
    assert_eq!(subject["user"], json!({ "format": "iss_sub", "iss": ISSUER, "sub": "ann" }));
    assert_eq!((&header["typ"], &header["alg"]), (&json!("secevent+jwt"), &json!("ES256")));
    let requests = receiver.requests();
    assert!(requests.iter().all(|request| request.header("content-type") == "application/secevent+jwt"));
    assert_eq!(token_parts(&requests[0]).1["jti"], requests[0].id());

    let test = TestWebhookRequest { name: "caep".to_owned() };
    assert!(webhooks(&service).test_webhook(test).await.expect("a test").into_inner().delivered);
    let (status, keys) = get(service.node.http.expect("an address"), "/.well-known/jwks.json").await;
    let keys: Value = serde_json::from_str(&keys).expect("JSON");
    assert_eq!((status, &keys["keys"][0]["kid"]), (200, &header["kid"]));
    assert!(keys["keys"][0].get("d").is_none(), "the key is public");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn security_event_tokens_need_a_key() {
    let service = TestService::start(None, &[("HTTP__LISTEN", "127.0.0.1:0")]).await;
    let webhook =
        Webhook { format: WebhookFormat::CaepSet.into(), ..endpoint("caep", "https://receiver.example.com/") };
    let request = AddWebhookRequest { webhook: Some(webhook), ..AddWebhookRequest::default() };
    let status = webhooks(&service).add_webhook(request).await.expect_err("there is no key");
    assert_invalid_fields(&status, &["webhook.format"]);
    assert_ne!(get(service.node.http.expect("an address"), "/.well-known/jwks.json").await.0, 200);
}

async fn events_and_alerts_are_sent_in_ocsf(service: TestService) {
    let receiver = Receiver::start().await;
    let mut webhook = endpoint("siem", &receiver.url());
    webhook.format = WebhookFormat::Ocsf.into();
    webhook.event_types = vec!["session.created".to_owned(), "alert.raised".to_owned()];
    let secret = add(&service, webhook).await;
    let first = service.login("ann").await;
    let mut login = super::login_of("ann");
    login.client.as_mut().expect("a client").user_agent =
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0".to_owned();
    let created = service.create(login).await.expect("a session");

    let requests = receiver.wait_for(2 + created.alerts.len()).await;
    let of_class =
        |class: u32| requests.iter().map(ReceivedRequest::json).filter(move |json| json["class_uid"] == class);
    assert!(of_class(3002).any(|event| event["session"]["uid"] == id_of(&first) && event["activity_id"] == 1));
    let finding = of_class(2004).next().expect("a finding");
    assert_eq!((&finding["finding_info"]["title"], &finding["is_alert"]), (&json!("NEW_DEVICE"), &json!(true)));
    assert!(requests.iter().all(|request| request.is_signed_with(&secret, &request.body)));
    assert!(requests.iter().all(|request| !String::from_utf8_lossy(&request.body).contains("198.51.100.7")));
}
