//! Callers with client certificates, and the reload of certificates while a node serves.

mod identities;
mod long_streams;
mod management;
mod reload;
mod streams;

use std::{fs, sync::Arc};

use session_authority::{
    api::{ListRequest, ListResponse, session_service_client::SessionServiceClient},
    app::Node,
    clock::{Clock, ManualClock},
    domain::CallerRole,
};
use tempfile::TempDir;
use tonic::{
    Request, Response, Status,
    transport::{Certificate, Channel, ClientTlsConfig, Identity},
};

use super::{
    callers::KeyRing,
    fixture::{START, signed, start_node},
};
use crate::support::certificates::{CertificateAuthority, IssuedCertificate, ServerCertificate};

const LOGIN: &str = "spiffe://example.org/login";

/// A node that asks for client certificates, and its authorities.
struct MutualTlsNode {
    node: Node,
    clock: Arc<ManualClock>,
    ring: KeyRing,
    clients: CertificateAuthority,
    server: ServerCertificate,
    directory: TempDir,
}

impl MutualTlsNode {
    /// Starts a node that checks its files often. The caller `login`, an issuer, has the SPIFFE ID [`LOGIN`].
    async fn start(settings: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let ring = KeyRing::open(&directory);
        ring.add_spiffe_id("login", CallerRole::Issuer, &[], LOGIN);
        let (clients, server) = (CertificateAuthority::generate(), ServerCertificate::generate());
        let files = [
            ("TLS__CERTIFICATE_FILE", "server.pem", &server.certificate),
            ("TLS__KEY_FILE", "server.key", &server.key),
            ("TLS__CLIENT_CA_FILE", "clients.pem", &clients.certificate),
        ];
        let files = files.map(|(setting, name, content)| (setting, write(&directory, name, content)));
        let files = files.each_ref().map(|(setting, path)| (*setting, path.as_str()));
        let own = [
            ("TLS__TRUST_DOMAIN", "example.org"),
            ("TLS__RELOAD_INTERVAL", "100ms"),
            ("CALLERS__ANONYMOUS", "false"),
            ("CALLERS__RELOAD_INTERVAL", "1s"),
        ];
        let clock = Arc::new(ManualClock::new(START));
        let settings = [&files[..], &own, settings].concat();
        let node = start_node(&directory, &settings, Arc::clone(&clock) as Arc<dyn Clock>).await;
        Self { node, clock, ring, clients, server, directory }
    }

    /// Replaces a file of the node in one step.
    fn replace(&self, name: &str, content: &str) {
        let new = write(&self.directory, "new", content);
        fs::rename(new, self.directory.path().join(name)).expect("a replaced file");
    }

    /// Connects with a client certificate, or without one.
    async fn connect(&self, client: Option<&IssuedCertificate>) -> Result<Channel, tonic::transport::Error> {
        self.connect_trusting(&self.server.authority, client).await
    }

    /// Does the same, and trusts another authority of the server.
    async fn connect_trusting(
        &self,
        authority: &str,
        client: Option<&IssuedCertificate>,
    ) -> Result<Channel, tonic::transport::Error> {
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority)).domain_name("localhost");
        if let Some(client) = client {
            tls = tls.identity(Identity::from_pem(&client.certificate, &client.key));
        }
        let endpoint = Channel::from_shared(format!("https://{}", self.node.grpc)).expect("an address");
        endpoint.tls_config(tls)?.connect().await
    }

    /// Connects as `login`.
    async fn connect_login(&self) -> Channel {
        self.connect(Some(&self.clients.issue_client(&[LOGIN]))).await.expect("a connection")
    }
}

fn write(directory: &TempDir, name: &str, content: &str) -> String {
    let path = directory.path().join(name);
    fs::write(&path, content).expect("a file");
    path.to_str().expect("a name").to_owned()
}

async fn list(channel: &Channel) -> Result<Response<ListResponse>, Status> {
    list_with(channel, "").await
}

/// Does the same as [`list`], with an API key.
async fn list_with(channel: &Channel, key: &str) -> Result<Response<ListResponse>, Status> {
    let request = ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() };
    let request = if key.is_empty() { Request::new(request) } else { signed(key, request) };
    SessionServiceClient::new(channel.clone()).list(request).await
}
