//! The server's certificate is replaced while the node serves.

use tonic::transport::Channel;

use super::{MutualTlsNode, list, streams::CheckStream};
use crate::{
    service::{
        fixture::eventually,
        management::{get, get_with},
    },
    support::certificates::{IssuedCertificate, ServerCertificate},
};

/// Connects as `login` to a node whose certificate is of `authority`.
async fn connect_as_login(node: &MutualTlsNode, authority: &str) -> Option<Channel> {
    let client: IssuedCertificate = node.clients.issue_client(&[super::LOGIN]);
    node.connect_trusting(authority, Some(&client)).await.ok()
}

#[tokio::test]
async fn a_new_certificate_is_used_for_new_connections_and_streams_stay_open() {
    let node = MutualTlsNode::start(&[]).await;
    let old = node.connect_login().await;
    let mut stream = CheckStream::open(&old).await;
    let new = ServerCertificate::generate();
    assert!(connect_as_login(&node, &new.authority).await.is_none(), "not yet");
    node.replace("server.key", &new.key);
    node.replace("server.pem", &new.certificate);
    eventually("the new certificate is presented", async || connect_as_login(&node, &new.authority).await.is_some())
        .await;
    assert!(connect_as_login(&node, &node.server.authority).await.is_none(), "the old one is not presented any more");

    stream.check().await;
    list(&old).await.expect("a call on the open connection");
    let channel = connect_as_login(&node, &new.authority).await.expect("a connection");
    list(&channel).await.expect("a call on a new connection");
    let (_, metrics) = get(node.node.management, "/metrics").await;
    assert!(metrics.contains("session_authority_tls_reloads_total{outcome=\"replaced\"} 1\n"), "{metrics}");
}

#[tokio::test]
async fn files_that_cannot_be_used_change_nothing_and_are_reported() {
    let node = MutualTlsNode::start(&[]).await;
    let new = ServerCertificate::generate();
    let expired = ServerCertificate::valid_in(2000..2001);
    let original = |name| match name {
        "server.pem" => &node.server.certificate,
        "server.key" => &node.server.key,
        _ => &node.clients.certificate,
    };
    let is_reported = async |part: &str| {
        let (_, report) = get_with(node.node.management, "/readyz", "host: localhost").await;
        let is_degraded =
            report.lines().any(|line| line.starts_with("certificates: degraded: ") && line.contains(part));
        is_degraded && get(node.node.management, "/metrics").await.1.contains("session_authority_tls_files_usable 0\n")
    };
    for (name, content, reason) in [
        ("server.pem", &new.certificate, "`tls.key_file` contains a private key that does not match"),
        ("server.pem", &"nonsense".to_owned(), "`tls.certificate_file` contains no PEM certificate"),
        ("server.key", &String::new(), "`tls.key_file` contains no PEM private key"),
        ("clients.pem", &node.server.key, "`tls.client_ca_file` contains no PEM certificate"),
    ] {
        node.replace(name, content);
        eventually(reason, async || is_reported(reason).await).await;
        list(&node.connect_login().await).await.expect("the previous files are in effect");
        node.replace(name, original(name));
        eventually("the files are usable again", async || {
            get(node.node.management, "/metrics").await.1.contains("session_authority_tls_files_usable 1\n")
        })
        .await;
    }
    // A certificate that clients would refuse does not replace one that they accept.
    node.replace("server.key", &expired.key);
    node.replace("server.pem", &expired.certificate);
    let reason = "`tls.certificate_file` contains a certificate that has expired or is not valid yet";
    eventually(reason, async || is_reported(reason).await).await;
    list(&node.connect_login().await).await.expect("the previous files are in effect");
    let (status, _) = get(node.node.management, "/livez").await;
    assert_eq!(status, 200);
}
