//! The files of webhooks, replaced while the node runs.

use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::Value;
use session_authority::api::{TestWebhookRequest, TestWebhookResponse, Webhook, WebhookFormat};

use super::{TestService, add, endpoint, eventually, receiver::Receiver, webhooks};
use crate::{service::management::get, support::certificates::ServerCertificate};

const RELOAD: (&str, &str) = ("WEBHOOKS__RELOAD_INTERVAL", "100ms");
const ISSUER: &str = "https://sessions.example.com";

/// Replaces a file in one step.
fn replace(path: &Path, content: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, content).expect("a file");
    std::fs::rename(new, path).expect("a replaced file");
}

async fn test(service: &TestService) -> TestWebhookResponse {
    let request = TestWebhookRequest { name: "hook".to_owned() };
    webhooks(service).test_webhook(request).await.expect("a test").into_inner()
}

async fn management(service: &TestService, path: &str) -> String {
    get(service.node.management, path).await.1
}

/// Waits until the node reports that it cannot use a file.
async fn eventually_reported(service: &TestService, setting: &str) {
    eventually("the file is reported", || async {
        let report = management(service, "/readyz").await;
        let line = report.lines().find(|line| line.contains("certificates: degraded: ")).unwrap_or_default().to_owned();
        line.contains(&format!("`{setting}`")) && line.contains("the previous files stay in effect")
    })
    .await;
    let metrics = management(service, "/metrics").await;
    for line in ["session_authority_tls_files_usable 0", "session_authority_tls_reloads_total{outcome=\"rejected\"} 1"]
    {
        assert!(metrics.contains(line), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_authorities_of_endpoints_are_trusted_without_a_restart() {
    let (certificate, other) = (ServerCertificate::generate(), ServerCertificate::generate());
    let receiver = Receiver::start_tls(&certificate).await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("authorities.pem");
    replace(&file, &other.authority);
    let path = file.to_string_lossy().into_owned();
    let service = TestService::start_in(directory, None, &[("WEBHOOKS__CA_FILE", &path), RELOAD]).await;
    add(&service, endpoint("hook", &receiver.url())).await;
    let refused = test(&service).await;
    assert!(refused.error.starts_with("TLS failed"), "{}", refused.error);

    replace(&file, &certificate.authority);
    eventually("the new authority is trusted", || async { test(&service).await.delivered }).await;
    replace(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    eventually_reported(&service, "webhooks.ca_file").await;
    assert!(test(&service).await.delivered, "the previous authorities stay");
    replace(&file, &other.authority);
    eventually("the first authority is trusted again", || async {
        test(&service).await.error.starts_with("TLS failed")
    })
    .await;
    eventually("nothing is reported", || async {
        management(&service, "/metrics").await.contains("session_authority_tls_files_usable 1")
    })
    .await;
}

/// Returns the ID of the key at `/.well-known/jwks.json`.
async fn published_key(service: &TestService) -> String {
    let (_, keys) = get(service.node.http.expect("an address"), "/.well-known/jwks.json").await;
    let keys: Value = serde_json::from_str(&keys).expect("JSON");
    keys["keys"][0]["kid"].as_str().expect("an ID").to_owned()
}

/// Sends a test message and returns the ID of the key that signed it.
async fn signing_key(service: &TestService, hook: &Receiver) -> String {
    let sent = test(service).await;
    assert!(sent.delivered, "{}", sent.error);
    let received = hook.requests().into_iter().find(|request| request.id() == sent.message_id);
    let token = String::from_utf8(received.expect("the message").body).expect("text");
    let header = BASE64URL_NOPAD.decode(token.split('.').next().expect("a header").as_bytes()).expect("base64url");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["kid"].as_str().expect("an ID").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_signs_security_event_tokens_without_a_restart() {
    let pem = || KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key").serialize_pem();
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("set.key");
    replace(&file, &pem());
    let path = file.to_string_lossy().into_owned();
    let settings = [
        ("WEBHOOKS__SET_KEY_FILE", path.as_str()),
        ("WEBHOOKS__SET_ISSUER", ISSUER),
        ("HTTP__LISTEN", "127.0.0.1:0"),
        RELOAD,
    ];
    let service = TestService::start_in(directory, None, &settings).await;
    let receiver = Receiver::start().await;
    let webhook = Webhook { format: WebhookFormat::CaepSet.into(), ..endpoint("hook", &receiver.url()) };
    add(&service, webhook).await;
    let first = published_key(&service).await;
    assert_eq!(signing_key(&service, &receiver).await, first);

    replace(&file, &pem());
    eventually("the new key is published", || async { published_key(&service).await != first }).await;
    let second = published_key(&service).await;
    assert_eq!(signing_key(&service, &receiver).await, second);
    replace(&file, "no key");
    eventually_reported(&service, "webhooks.set_key_file").await;
    assert_eq!(published_key(&service).await, second, "the previous key stays");
    assert_eq!(signing_key(&service, &receiver).await, second);
    assert!(
        management(&service, "/metrics").await.contains("session_authority_tls_reloads_total{outcome=\"replaced\"} 1")
    );
}
