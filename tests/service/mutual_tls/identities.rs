//! A client certificate identifies a caller by its one SPIFFE ID, and nothing else does.

use std::time::Duration;

use session_authority::{api::session_service_client::SessionServiceClient, domain::CallerRole};
use tonic::{Code, Status, transport::Channel};

use super::{LOGIN, MutualTlsNode, list, list_with};
use crate::{
    service::{
        fixture::{error_parts, eventually, login_of},
        management::get,
    },
    support::certificates::{CertificateAuthority, IssuedCertificate},
};

async fn create(channel: &Channel, user: &str) -> Result<(), Status> {
    SessionServiceClient::new(channel.clone()).create(login_of(user)).await.map(drop)
}

fn assert_unauthenticated(status: &Status, text: &str) {
    assert_eq!(error_parts(status), (Code::Unauthenticated, "CALLER_UNAUTHENTICATED".into(), vec![]));
    assert_eq!(status.message(), text);
}

#[tokio::test]
async fn a_caller_is_identified_by_its_certificate_and_may_do_what_its_role_may() {
    let node = MutualTlsNode::start(&[]).await;
    node.ring.add_spiffe_id("gateway", CallerRole::Validator, &[], "spiffe://example.org/gateway");
    let login = node.connect_login().await;
    create(&login, "ann").await.expect("an issuer may create");
    assert_eq!(list(&login).await.expect("a list").into_inner().sessions.len(), 1);

    let gateway = node.clients.issue_client(&["spiffe://example.org/gateway"]);
    let gateway = node.connect(Some(&gateway)).await.expect("a connection");
    eventually("the new caller is known", async || {
        create(&gateway, "ann").await.expect_err("a validator may not create").code() == Code::PermissionDenied
    })
    .await;
}

#[tokio::test]
async fn a_certificate_without_exactly_one_listed_id_of_the_trust_domain_identifies_nobody() {
    let node = MutualTlsNode::start(&[]).await;
    let other = "spiffe://example.org/other";
    for (names, text) in [
        (&[][..], "the client certificate has no SPIFFE ID (a URI among its names)"),
        (&[LOGIN, other], "the client certificate has more than one URI among its names"),
        (&[LOGIN, LOGIN], "the client certificate has more than one URI among its names"),
        (&["https://example.org/login"], "the URI of the client certificate is not a SPIFFE ID"),
        (&["spiffe://example.com/login"], "the client certificate belongs to another trust domain"),
        (&[other], "no caller has the SPIFFE ID of the client certificate"),
    ] {
        let channel = node.connect(Some(&node.clients.issue_client(names))).await.expect("a connection");
        assert_unauthenticated(&list(&channel).await.expect_err(text), text);
    }
    let anonymous = node.connect(None).await.expect("a connection");
    let text = "an API key (authorization: Bearer KEY) or a client certificate is required";
    assert_unauthenticated(&list(&anonymous).await.expect_err("nobody"), text);
    list(&node.connect_login().await).await.expect("the one that is listed");

    let (_, metrics) = get(node.node.management, "/metrics").await;
    for line in ["{reason=\"certificate\"} 5", "{reason=\"unknown\"} 1", "{reason=\"missing\"} 1"] {
        assert!(
            metrics.contains(&format!("session_authority_caller_auth_failures_total{line}\n")),
            "{line}: {metrics}"
        );
    }
}

#[tokio::test]
async fn a_certificate_that_no_authority_vouches_for_is_refused_in_the_handshake() {
    let node = MutualTlsNode::start(&[]).await;
    let stranger = CertificateAuthority::generate();
    let expired = node.clients.issue_client_in(2000..2001, &[LOGIN]);
    let server = node.clients.issue_server_in(1975..4096);
    let self_signed = IssuedCertificate { certificate: stranger.certificate.clone(), key: expired.key.clone() };
    for (client, what) in [
        (stranger.issue_client(&[LOGIN]), "a strange authority"),
        (expired, "expired"),
        (self_signed, "a key of another"),
    ] {
        let refused = match node.connect(Some(&client)).await {
            Err(_) => true,
            Ok(channel) => list(&channel).await.is_err_and(|status| status.code() != Code::Unauthenticated),
        };
        assert!(refused, "{what}");
    }
    // A certificate for a server has no identity of a workload, whatever its authority.
    let server = node.connect(Some(&server)).await.expect("a connection");
    assert_eq!(list(&server).await.expect_err("nobody").code(), Code::Unauthenticated);
    list(&node.connect_login().await).await.expect("the node serves others");

    let (_, metrics) = get(node.node.management, "/metrics").await;
    let failures = metrics.lines().find_map(|line| {
        line.strip_prefix("session_authority_tls_handshake_failures_total{reason=\"client_certificate\"} ")
    });
    assert!(failures.is_some_and(|count| count.parse::<u64>().is_ok_and(|count| count >= 2)), "{metrics}");
}

#[tokio::test]
async fn a_certificate_that_expires_is_refused_on_the_connection_that_it_opened() {
    let node = MutualTlsNode::start(&[]).await;
    let client = node.clients.issue_client_in(1975..2028, &[LOGIN]);
    let channel = node.connect(Some(&client)).await.expect("a connection");
    list(&channel).await.expect("valid in 2027");
    node.clock.advance(Duration::from_hours(24 * 365));
    let text = "the client certificate has expired; connect again with a new one";
    assert_unauthenticated(&list(&channel).await.expect_err("expired in 2028"), text);
    list(&node.connect_login().await).await.expect("a certificate that is valid");
}

#[tokio::test]
async fn a_key_and_a_certificate_must_both_be_valid_and_of_one_caller() {
    let node = MutualTlsNode::start(&[]).await;
    let (own, other) =
        (node.ring.add("login", CallerRole::Issuer, &[]), node.ring.add("shop", CallerRole::Issuer, &[]));
    let (login, anonymous) = (node.connect_login().await, node.connect(None).await.expect("a connection"));
    eventually("the keys are known", async || list_with(&anonymous, &own).await.is_ok()).await;

    list_with(&login, &own).await.expect("both belong to login");
    list_with(&anonymous, &other).await.expect("a key alone");
    let text = "the API key and the client certificate belong to different callers";
    assert_unauthenticated(&list_with(&login, &other).await.expect_err("two callers"), text);
    assert_unauthenticated(&list_with(&login, "sak_nonsense").await.expect_err("a wrong key"), "unknown API key");
    let nobody = node.clients.issue_client(&["spiffe://example.org/nobody"]);
    let nobody = node.connect(Some(&nobody)).await.expect("a connection");
    let text = "no caller has the SPIFFE ID of the client certificate";
    assert_unauthenticated(&list_with(&nobody, &own).await.expect_err("a strange certificate"), text);
}

#[tokio::test]
async fn a_client_without_a_certificate_cannot_connect_where_one_is_required() {
    let node = MutualTlsNode::start(&[("TLS__CLIENT_CERTIFICATES", "required")]).await;
    let key = node.ring.add("shop", CallerRole::Issuer, &[]);
    let refused = match node.connect(None).await {
        Err(_) => true,
        Ok(channel) => list_with(&channel, &key).await.is_err_and(|status| status.code() != Code::Unauthenticated),
    };
    assert!(refused);
    list(&node.connect_login().await).await.expect("with a certificate");
    assert_eq!(get(node.node.management, "/livez").await.0, 200, "probes have none");
}
