//! The management port over TLS.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use session_authority::domain::CallerRole;
use tokio::task::spawn_blocking;

use super::MutualTlsNode;
use crate::{
    service::fixture::eventually,
    support::certificates::{IssuedCertificate, ServerCertificate},
};

/// Returns the status and the body of a GET over TLS.
async fn get(address: SocketAddr, authority: &str, client: Option<&IssuedCertificate>, path: &str) -> (u16, String) {
    try_get(address, authority, client, path).await.expect("a response")
}

/// Does the same as [`get`], and returns an error if the server's certificate is not of `authority`.
async fn try_get(
    address: SocketAddr,
    authority: &str,
    client: Option<&IssuedCertificate>,
    path: &str,
) -> std::io::Result<(u16, String)> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).expect("a certificate")).expect("an authority");
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("versions").with_root_certificates(roots);
    let config = match client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let chain = vec![CertificateDer::from_pem_slice(client.certificate.as_bytes()).expect("a certificate")];
            let key = PrivateKeyDer::from_pem_slice(client.key.as_bytes()).expect("a key");
            builder.with_client_auth_cert(chain, key).expect("a certificate with its key")
        }
    };
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let answer = spawn_blocking(move || -> std::io::Result<String> {
        let name = ServerName::try_from("localhost").expect("a name");
        let tls = ClientConnection::new(Arc::new(config), name).expect("a client");
        let mut stream = StreamOwned::new(tls, TcpStream::connect(address).expect("a connection"));
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        // The server may close the connection without an alert.
        let _ = stream.read_to_end(&mut answer);
        Ok(String::from_utf8(answer).expect("text"))
    });
    let answer = answer.await.expect("a task")?;
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Ok((status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()))
}

#[tokio::test]
async fn metrics_are_served_to_a_scraper_with_a_certificate() {
    let settings = [
        ("MANAGEMENT__TLS", "true"),
        // On another address than loopback, metrics require a caller.
        ("MANAGEMENT__LISTEN", "0.0.0.0:0"),
        ("TLS__CLIENT_CERTIFICATES", "required"),
    ];
    let node = MutualTlsNode::start(&settings).await;
    let scraper = "spiffe://example.org/scraper";
    node.ring.add_spiffe_id("scraper", CallerRole::Metrics, &[], scraper);
    let (scraper, login) = (node.clients.issue_client(&[scraper]), node.clients.issue_client(&[super::LOGIN]));
    let port = SocketAddr::from(([127, 0, 0, 1], node.node.management.port()));
    let authority = node.server.authority.as_str();

    assert_eq!(get(port, authority, None, "/livez").await, (200, "ok\n".to_owned()), "a probe needs no certificate");
    eventually("the scraper is known", async || get(port, authority, Some(&scraper), "/metrics").await.0 == 200).await;
    let (_, metrics) = get(port, authority, Some(&scraper), "/metrics").await;
    assert!(metrics.contains("session_authority_build"), "{metrics}");
    assert_eq!(get(port, authority, Some(&login), "/metrics").await.0, 403, "a role that may not read them");
    assert_eq!(get(port, authority, None, "/metrics").await.0, 401);
    // The store is not checked yet when the node starts to listen.
    let detailed = async || get(port, authority, Some(&scraper), "/readyz").await.1.contains("store: ok: ");
    eventually("the report for a caller has details", detailed).await;
    let (_, report) = get(port, authority, None, "/readyz").await;
    assert!(report.contains("store: ok\n"), "{report}");

    let new = ServerCertificate::generate();
    node.replace("server.key", &new.key);
    node.replace("server.pem", &new.certificate);
    let renewed = async || try_get(port, &new.authority, None, "/livez").await.is_ok();
    eventually("the port presents the new certificate", renewed).await;
}
