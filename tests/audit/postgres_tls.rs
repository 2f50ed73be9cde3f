//! PostgreSQL over TLS, with a private authority and client certificates.

use session_authority::audit;

use crate::support::{
    certificates::{CertificateAuthority, ServerCertificate},
    postgres::{PostgresCertificates, PostgresServer},
};

fn certificates() -> PostgresCertificates {
    PostgresCertificates { server: ServerCertificate::generate(), clients: CertificateAuthority::generate() }
}

/// Returns `url` without the parameter of that name.
fn without(url: &str, name: &str) -> String {
    let (address, parameters) = url.split_once('?').expect("parameters");
    let kept: Vec<_> = parameters.split('&').filter(|parameter| !parameter.starts_with(name)).collect();
    format!("{address}?{}", kept.join("&"))
}

async fn is_ready(url: &str) -> Result<(), String> {
    let log = audit::open(url, false).await.map_err(|error| error.to_string())?.log;
    log.ready().await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_server_is_used_only_if_its_certificate_is_trusted_and_it_trusts_ours() {
    let server = PostgresServer::tls(&certificates()).await;
    let url = server.database().await;
    audit::migrate(&url).await.expect("migrated");
    is_ready(&url).await.expect("ready");
    let error = is_ready(&without(&url, "sslrootcert")).await.expect_err("an unknown authority");
    assert!(error.contains("certificate"), "{error}");
    let error = is_ready(&without(&without(&url, "sslcert"), "sslkey")).await.expect_err("no client certificate");
    assert!(error.contains("certificate"), "{error}");
    is_ready(&url.replace("127.0.0.1", "127.0.0.2")).await.expect_err("another name than that of the certificate");
}

#[tokio::test]
async fn new_connections_use_replaced_certificates() {
    let server = PostgresServer::tls(&certificates()).await;
    let url = server.database().await;
    audit::migrate(&url).await.expect("migrated");
    let log = audit::open(&url, false).await.expect("a log").log;
    log.ready().await.expect("ready");
    server.put_certificates(&certificates());
    server.restart().await;
    log.ready().await.expect("a new connection with the new certificates");
}
