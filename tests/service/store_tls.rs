//! Redis servers that require client certificates, and the reload of the files for them while a node serves.

use std::{fs, sync::Arc};

use session_authority::clock::SystemClock;
use tempfile::TempDir;

use super::{
    fixture::{TestService, eventually, login_of, try_start_node},
    management::{get, get_with},
};
use crate::support::{
    certificates::{CertificateAuthority, IssuedCertificate},
    redis::RedisServer,
};

/// The files of a node, and the setting of each.
const FILES: [(&str, &str); 3] = [
    ("STORE__CA_FILE", "redis-ca.pem"),
    ("STORE__CLIENT_CERTIFICATE_FILE", "node.pem"),
    ("STORE__CLIENT_KEY_FILE", "node.key"),
];

/// Replaces the files in a directory, each in one step.
fn replace_files(directory: &TempDir, authority: &CertificateAuthority, client: &IssuedCertificate) {
    for ((_, name), content) in FILES.iter().zip([&authority.certificate, &client.certificate, &client.key]) {
        replace(directory, name, content);
    }
}

fn replace(directory: &TempDir, name: &str, content: &str) {
    let new = directory.path().join("new");
    fs::write(&new, content).expect("a file");
    fs::rename(new, directory.path().join(name)).expect("a replaced file");
}

/// Returns the settings of the files in a directory, and of a store.
fn settings(directory: &TempDir, url: &str) -> Vec<(&'static str, String)> {
    let file = |(setting, name)| (setting, directory.path().join(name).display().to_string());
    let mut settings: Vec<_> = FILES.map(file).to_vec();
    settings.extend([("STORE__URL", url.to_owned()), ("STORE__TLS_RELOAD_INTERVAL", "100ms".to_owned())]);
    settings
}

fn borrowed<'a>(settings: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    settings.iter().map(|(setting, value)| (*setting, value.as_str())).collect()
}

/// Starts a node on a server that requires a client certificate of `authority`.
async fn start(authority: &CertificateAuthority) -> TestService {
    let redis = RedisServer::mutual_tls(authority).await;
    let directory = tempfile::tempdir().expect("a directory");
    replace_files(&directory, authority, &authority.issue_client(&[]));
    let settings = settings(&directory, &redis.url());
    TestService::start_in(directory, Some(redis), &borrowed(&settings)).await
}

async fn metric(service: &TestService, line: &str) -> bool {
    get(service.node.management, "/metrics").await.1.contains(line)
}

#[tokio::test]
async fn a_server_that_requires_certificates_is_used_by_nodes_that_present_one() {
    let authority = CertificateAuthority::generate();
    let service = start(&authority).await;
    let created = service.login("ann").await;
    service.validate(&created.token).await.expect("an active session");
    eventually("the server is tracked, too", async || {
        get_with(service.node.management, "/readyz", "host: localhost").await.1.contains("cache: ok")
    })
    .await;

    let url = service.redis.as_ref().expect("a server").url();
    let directory = tempfile::tempdir().expect("a directory");
    let stranger = CertificateAuthority::generate();
    replace_files(&directory, &authority, &stranger.issue_client(&[]));
    let all = settings(&directory, &url);
    let without: Vec<_> = all.iter().filter(|(setting, _)| !setting.contains("CLIENT")).cloned().collect();
    for settings in [all, without] {
        let error = try_start_node(&directory, &borrowed(&settings), Arc::new(SystemClock)).await.err();
        let text = error.expect("a node that the server refuses").to_string();
        assert!(text.contains("session store"), "{text}");
        let password = url.split(['@', ':']).nth(2).expect("a password");
        assert!(!text.contains(password) && !text.contains("PRIVATE KEY"), "no secret is revealed: {text}");
    }
}

#[tokio::test]
async fn new_files_are_used_for_new_connections_and_open_ones_continue() {
    let (old, new) = (CertificateAuthority::generate(), CertificateAuthority::generate());
    let mut service = start(&old).await;
    let created = service.login("ann").await;
    let redis = service.redis.as_mut().expect("a server");
    let connections = redis.service_connections().await;
    replace_files(&service.directory, &old, &old.issue_client(&[]));
    let replaced = "session_authority_tls_reloads_total{outcome=\"replaced\"} ";
    eventually("the files are reloaded", async || !metric(&service, &format!("{replaced}0\n")).await).await;
    service.login("bob").await;
    let redis = service.redis.as_mut().expect("a server");
    assert!(redis.service_connections().await.is_superset(&connections), "no connection was closed");

    redis.replace_tls(&new).await;
    service.validate(&created.token).await.expect("open connections continue");
    service.login("cat").await;
    let redis = service.redis.as_ref().expect("a server");
    assert!(redis.disconnect_service().await > 0);
    service.create(login_of("dan")).await.expect_err("the server refuses the old certificate");

    replace_files(&service.directory, &new, &new.issue_client(&[]));
    eventually("the node connects with the new files", async || service.create(login_of("dan")).await.is_ok()).await;
    service.validate(&created.token).await.expect("an active session");
    eventually("the server is tracked again", async || {
        get_with(service.node.management, "/readyz", "host: localhost").await.1.contains("cache: ok")
    })
    .await;
}

#[tokio::test]
async fn files_that_cannot_be_used_change_nothing_and_are_reported() {
    let authority = CertificateAuthority::generate();
    let client = authority.issue_client(&[]);
    let service = start(&authority).await;
    replace_files(&service.directory, &authority, &client);
    let other = authority.issue_client(&[]);
    let expired = authority.issue_client_in(2000..2001, &[]);
    let usable = "session_authority_tls_files_usable ";
    for (name, content, reason) in [
        ("redis-ca.pem", client.key.as_str(), "`store.ca_file` contains no PEM certificate"),
        ("node.pem", "nonsense", "`store.client_certificate_file` contains no PEM certificate"),
        ("node.key", &other.key, "`store.client_key_file` contains a private key that does not match"),
        ("node.key", "", "`store.client_key_file` contains no PEM private key"),
    ] {
        replace(&service.directory, name, content);
        eventually(reason, async || is_reported(&service, reason).await).await;
        assert!(metric(&service, &format!("{usable}0\n")).await);
        service.redis.as_ref().expect("a server").disconnect_service().await;
        let connected = async || service.create(login_of("ann")).await.is_ok();
        eventually("new connections use the previous files", connected).await;
        replace_files(&service.directory, &authority, &client);
        eventually("the files are usable again", async || metric(&service, &format!("{usable}1\n")).await).await;
    }
    // A certificate that the server would refuse does not replace one that it accepts.
    replace_files(&service.directory, &authority, &expired);
    let reason = "`store.client_certificate_file` contains a certificate that has expired or is not valid yet";
    eventually(reason, async || is_reported(&service, reason).await).await;
    service.login("bob").await;
}

async fn is_reported(service: &TestService, reason: &str) -> bool {
    let (_, report) = get_with(service.node.management, "/readyz", "host: localhost").await;
    report.lines().any(|line| line.starts_with("certificates: degraded: ") && line.contains(reason))
}
