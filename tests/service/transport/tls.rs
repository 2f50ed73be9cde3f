//! TLS in both directions: to callers and to the store.

use std::{fs, net::SocketAddr, sync::Arc};

use session_authority::{app::Node, clock::SystemClock};
use tempfile::TempDir;
use tonic::transport::{Certificate, Channel, ClientTlsConfig};

use super::validate;
use crate::{
    service::{
        fixture::{TestService, eventually, start_node, try_start_node},
        management::get,
    },
    support::{certificates::ServerCertificate, redis::RedisServer},
};

/// Writes a file in `directory`. Returns its full path.
fn file(directory: &TempDir, name: &str, contents: &str) -> String {
    let path = directory.path().join(name);
    fs::write(&path, contents).expect("a file");
    path.to_str().expect("a name").to_owned()
}

/// Returns the settings of a node that serves TLS with this certificate.
pub fn serving_tls(directory: &TempDir, certificate: &ServerCertificate) -> [(&'static str, String); 2] {
    [
        ("TLS__CERTIFICATE_FILE", file(directory, "server.pem", &certificate.certificate)),
        ("TLS__KEY_FILE", file(directory, "server.key", &certificate.key)),
    ]
}

pub async fn trusting(authority: &str, node: &Node) -> Result<Channel, tonic::transport::Error> {
    trusting_at(authority, node.grpc).await
}

/// Does the same as [`trusting`] through `address`.
pub async fn trusting_at(authority: &str, address: SocketAddr) -> Result<Channel, tonic::transport::Error> {
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority)).domain_name("localhost");
    let endpoint = Channel::from_shared(format!("https://{address}")).expect("an address");
    endpoint.tls_config(tls)?.connect().await
}

#[tokio::test]
async fn with_a_certificate_only_those_are_served_who_speak_tls_and_trust_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let own = ServerCertificate::generate();
    let certificate = file(&directory, "server.pem", &own.certificate);
    let key = file(&directory, "server.key", &own.key);
    let settings = [("TLS__CERTIFICATE_FILE", certificate.as_str()), ("TLS__KEY_FILE", &key)];
    let node = start_node(&directory, &settings, Arc::new(SystemClock)).await;

    let channel = trusting(&own.authority, &node).await.expect("a connection");
    validate(&channel, "nonsense").await.expect("a verdict");
    let stranger = ServerCertificate::generate().authority;
    trusting(&stranger, &node).await.expect_err("an unknown authority");
    let plaintext = Channel::from_shared(format!("http://{}", node.grpc)).expect("an address").connect_lazy();
    validate(&plaintext, "nonsense").await.expect_err("no response without TLS");
    validate(&channel, "nonsense").await.expect("a verdict, as before");
}

#[tokio::test]
async fn a_store_over_tls_is_used_by_those_who_trust_its_certificate() {
    let redis = RedisServer::tls().await;
    let url = redis.url();
    let directory = tempfile::tempdir().expect("a directory");
    let authority = file(&directory, "redis-ca.pem", redis.authority().expect("an authority"));
    let service = TestService::start(Some(redis), &[("STORE__URL", &url), ("STORE__CA_FILE", &authority)]).await;
    let created = service.login("ann").await;
    service.validate(&created.token).await.expect("an active session");

    let error = try_start_node(&directory, &[("STORE__URL", &url)], Arc::new(SystemClock)).await.err();
    let text = error.expect("a certificate that is not trusted").to_string();
    assert!(text.contains("session store") && text.contains("certificate"), "{text}");
    let password = url.split(['@', ':']).nth(2).expect("a password");
    assert!(!text.contains(password), "the password is not revealed");
}

/// Returns status and body of `/readyz` and the metrics of a node with that certificate.
async fn readiness_with(certificate: &ServerCertificate) -> (u16, String, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let chain = file(&directory, "server.pem", &certificate.certificate);
    let key = file(&directory, "server.key", &certificate.key);
    let settings = [("TLS__CERTIFICATE_FILE", chain.as_str()), ("TLS__KEY_FILE", &key)];
    let node = start_node(&directory, &settings, Arc::new(SystemClock)).await;
    let looked_at = async || {
        let (_, body) = get(node.management, "/readyz").await;
        body.contains("store: ok") && !body.contains("not checked yet")
    };
    eventually("everything was checked", looked_at).await;
    let (status, body) = get(node.management, "/readyz").await;
    (status, body, get(node.management, "/metrics").await.1)
}

#[tokio::test]
async fn a_node_whose_certificate_is_not_valid_is_not_ready() {
    let (status, body, metrics) = readiness_with(&ServerCertificate::valid_in(2000..2001)).await;
    assert_eq!(status, 503, "{body}");
    let line = "certificates: failed: `tls.certificate_file` expired at 2001-01-01T00:00:00";
    assert!(body.contains(line) && body.contains("server.pem\n"), "{body}");
    let expiry = "session_authority_certificate_expiry_timestamp_seconds{file=\"server\"} 978307200\n";
    assert!(metrics.contains(expiry), "{metrics}");
    assert!(metrics.contains("readiness_check_state{check=\"certificates\",state=\"failed\"} 1\n"), "{metrics}");

    let (status, body, _) = readiness_with(&ServerCertificate::valid_in(4000..4001)).await;
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("certificates: failed: `tls.certificate_file` is not valid before 4000-01-01"), "{body}");

    let (status, body, _) = readiness_with(&ServerCertificate::generate()).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("certificates: ok: `tls.certificate_file` is valid until 4096-01-01"), "{body}");
}
