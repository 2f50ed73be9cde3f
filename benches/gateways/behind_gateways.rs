//! Requests per second through each gateway, on the files of `deploy/`.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use test_support::{
    directory::{EndSignal, ServerDirectory},
    ports,
    process::ServerProcess,
};

use crate::{
    USER_AGENT,
    common::{
        cores::CorePinning,
        grpc_logins::SignedInSession,
        http_load::{HttpCheck, HttpTarget},
    },
    deployed::{Gateway, GatewaySetup},
    subject::{Load, Subject},
};

/// Connections of clients to a gateway.
const CLIENTS: usize = 32;

/// The authority that gateways ask.
#[derive(Clone, Copy)]
pub struct AskedAuthority<'a> {
    pub grpc_port: u16,
    pub http_port: u16,
    pub key: &'a str,
    pub process: u32,
}

/// A gateway that is ready for requests. It is stopped on drop.
pub struct RunningGateway {
    port: u16,
    process: ServerProcess,
    authority: u32,
    _directory: ServerDirectory,
}

impl RunningGateway {
    /// Starts a gateway, or prints that it is missing.
    pub async fn start(
        gateway: Gateway,
        authority: AskedAuthority<'_>,
        application: SocketAddr,
        cores: &CorePinning,
    ) -> Option<Self> {
        if !gateway.binary().exists() {
            println!("{} not found: scripts/fetch-gateways.sh downloads it", gateway.name());
            return None;
        }
        let directory = ServerDirectory::new("session-authority-bench-gateway", EndSignal::Kill);
        let port = ports::free();
        let AskedAuthority { grpc_port, http_port, key, process: asked } = authority;
        let setup = GatewaySetup { port, grpc_port, http_port, application, key, is_patient: false, changes: &[] };
        let command = gateway.configure(directory.path(), &setup);
        let listens = async || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        let started = directory.spawn(cores.pin_server_command(&command)).wait_until_ready(listens).await;
        let process = started.expect("a gateway");
        let running = Self { port, process, authority: asked, _directory: directory };
        running.wait_for_routes().await;
        Some(running)
    }

    /// Waits until the gateway forwards requests. Some listen before they have read their routes.
    async fn wait_for_routes(&self) {
        let public = HttpTarget::new(self.port, vec![HttpCheck::get("/public/x", &[], 200, "")]);
        while public.run(1, std::time::Duration::from_millis(50)).await.answered == 0 {}
    }

    /// Returns the load of requests that the gateway lets pass.
    pub fn passing(&self, name: impl Into<String>, people: &[SignedInSession], only: Option<&str>) -> Subject {
        let check = |person: &SignedInSession| request(person, 200, only.unwrap_or(&person.session.session_id));
        self.subject(name, people.iter().map(check).collect())
    }

    /// Returns the load of requests without a token.
    pub fn denied(&self, name: impl Into<String>) -> Subject {
        self.subject(name, vec![HttpCheck::get("/orders", &[], 401, "TOKEN_MISSING")])
    }

    /// Returns the load of requests without a verdict.
    pub fn without_verdict(&self, name: impl Into<String>, people: &[SignedInSession]) -> Subject {
        self.subject(name, people.iter().map(|person| request(person, 503, "NO_VERDICT")).collect())
    }

    fn subject(&self, name: impl Into<String>, checks: Vec<HttpCheck>) -> Subject {
        let load = Load::Http { target: HttpTarget::new(self.port, checks), connections: CLIENTS };
        Subject::new(name, load, self.process.id(), Some(self.authority))
    }
}

fn request(person: &SignedInSession, status: u16, expected: &str) -> HttpCheck {
    let cookie = format!("__Host-session={}", person.token);
    HttpCheck::get("/orders", &[("user-agent", USER_AGENT), ("accept", "*/*"), ("cookie", &cookie)], status, expected)
}
