//! A gateway, the authority that it asks, and the application behind it.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
};

use session_authority::api::{
    CreateRequest, CreateResponse, RevokeRequest, revoke_request::Target, session_service_client::SessionServiceClient,
};

use super::{
    application::Application,
    client::{ClientResponse, Protocol, get},
};
use crate::{
    cli::{
        keys::{create_key, installation},
        program::without_environment,
        server::ServerProgram,
    },
    service::fixture::{id_of, login_of, signed},
    support::{
        directory::{EndSignal, ServerDirectory},
        ports,
        process::ServerProcess,
    },
};

/// A gateway that was started on a file of `deploy/`.
pub struct Stack {
    pub authority: ServerProgram,
    pub application: Application,
    /// The address of the gateway.
    pub address: SocketAddr,
    issuer_key: String,
    gateway: Option<ServerProcess>,
    _directory: ServerDirectory,
}

/// An authority for one gateway.
pub struct Authority {
    pub program: ServerProgram,
    issuer_key: String,
    /// The key of the gateway.
    pub gateway_key: String,
    /// The port of HTTP.
    pub http_port: u16,
}

impl Authority {
    /// Starts an authority with further settings.
    pub async fn start(settings: &str) -> Self {
        let directory = installation();
        let file = directory.path().join("sa.toml");
        let text = fs::read_to_string(&file).expect("a configuration");
        let http_port = ports::free();
        let http = format!("[http]\nlisten = \"127.0.0.1:{http_port}\"");
        // The machine may be busy with other tests.
        let server = "[server]\nrequest_timeout = \"1m\"";
        fs::write(&file, [&text, settings, &http, server, ""].join("\n")).expect("the configuration");
        let issuer_key = create_key(directory.path(), &["--name", "login", "--role", "issuer"]);
        let gateway_key = create_key(directory.path(), &["--name", "gateway", "--role", "validator"]);
        let program = ServerProgram::configured(directory, "sa.toml", "http").await;
        Self { program, issuer_key, gateway_key, http_port }
    }

    /// Returns the port of gRPC.
    pub fn grpc_port(&self) -> &str {
        self.program.url.rsplit_once(':').expect("a port").1
    }
}

/// Returns an executable of `make test-gateways`.
pub fn gateway_binary(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join(target).join("gateways/bin").join(name);
    assert!(binary.exists(), "{} is missing; `make test-gateways` downloads it", binary.display());
    binary
}

/// Returns a file of `deploy/`.
pub fn deployed(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Replaces `from`, which must occur once: a test changes nothing of a file but addresses that an operator adapts, too.
#[track_caller]
pub fn adapt(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} occurs once");
    text.replace(from, to)
}

impl Stack {
    /// Starts a gateway. `write` creates its files in a directory for a port and an application, and returns the
    /// command.
    pub async fn start(
        authority: Authority,
        write: impl FnOnce(&Path, u16, &Authority, &Application) -> Command,
    ) -> Self {
        let application = Application::start().await;
        let directory = ServerDirectory::new("session-authority-gateway", EndSignal::Kill);
        let port = ports::free();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let command = without_environment(write(directory.path(), port, &authority, &application));
        let process = directory.spawn(command);
        // Some gateways listen before they have read their routes.
        let forwards = async || {
            TcpStream::connect(address).is_ok() && get(address, Protocol::Http1, "/public/x", &[]).await.status == 200
        };
        let gateway = Some(process.wait_until_ready(forwards).await.expect("a gateway"));
        application.take_received();
        let Authority { program, issuer_key, .. } = authority;
        Self { authority: program, application, address, issuer_key, gateway, _directory: directory }
    }

    fn sessions(&self) -> SessionServiceClient<tonic::transport::Channel> {
        SessionServiceClient::new(self.authority.channel())
    }

    pub async fn login(&self, user: &str, roles: &[&str]) -> CreateResponse {
        let roles = roles.iter().map(ToString::to_string).collect();
        let request = CreateRequest { roles, ..login_of(user) };
        self.sessions().create(signed(&self.issuer_key, request)).await.expect("a session").into_inner()
    }

    pub async fn revoke(&self, created: &CreateResponse) {
        let request = RevokeRequest { target: Some(Target::SessionId(id_of(created))), ..RevokeRequest::default() };
        self.sessions().revoke(signed(&self.issuer_key, request)).await.expect("revoked");
    }

    /// Sends a GET with these headers through the gateway.
    pub async fn get(&self, protocol: Protocol, path: &str, headers: &[(&str, &str)]) -> ClientResponse {
        get(self.address, protocol, path, headers).await
    }

    /// Returns the output of the gateway.
    pub fn log(&self) -> String {
        self.gateway.as_ref().expect("a gateway").log()
    }
}

/// Returns the cookie with the token of a session.
pub fn cookie(created: &CreateResponse) -> String {
    format!("theme=dark; __Host-session={}", created.token)
}
