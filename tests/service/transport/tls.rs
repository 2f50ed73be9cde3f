//! TLS on both sides: towards callers and towards the store.

use std::{fs, sync::Arc};

use session_authority::{app::Node, clock::SystemClock};
use tempfile::TempDir;
use tonic::transport::{Certificate, Channel, ClientTlsConfig};

use super::validate;
use crate::{
    service::fixture::{Service, start_node, try_start_node},
    support::{certificates::ServerCertificate, redis::RedisServer},
};

/// A file in `directory`, by its whole name.
fn file(directory: &TempDir, name: &str, contents: &str) -> String {
    let path = directory.path().join(name);
    fs::write(&path, contents).expect("a file");
    path.to_str().expect("a name").to_owned()
}

async fn trusting(authority: &str, node: &Node) -> Result<Channel, tonic::transport::Error> {
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority)).domain_name("localhost");
    let endpoint = Channel::from_shared(format!("https://{}", node.grpc)).expect("an address");
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
    trusting(&stranger, &node).await.expect_err("an authority that nobody here knows");
    let plaintext = Channel::from_shared(format!("http://{}", node.grpc)).expect("an address").connect_lazy();
    validate(&plaintext, "nonsense").await.expect_err("no TLS, no answer");
    validate(&channel, "nonsense").await.expect("a verdict, as before");
}

#[tokio::test]
async fn a_store_over_tls_is_used_by_those_who_trust_its_certificate() {
    let redis = RedisServer::tls().await;
    let url = redis.url();
    let directory = tempfile::tempdir().expect("a directory");
    let authority = file(&directory, "redis-ca.pem", redis.authority().expect("an authority"));
    let service = Service::start(Some(redis), &[("STORE__URL", &url), ("STORE__CA_FILE", &authority)]).await;
    let created = service.login("ann").await;
    service.validate(&created.token).await.expect("a live session");

    let error = try_start_node(&directory, &[("STORE__URL", &url)], Arc::new(SystemClock)).await.err();
    let text = error.expect("a certificate that is not trusted").to_string();
    assert!(text.contains("session store") && text.contains("certificate"), "{text}");
    let password = url.split(['@', ':']).nth(2).expect("a password");
    assert!(!text.contains(password), "the password is not told");
}
