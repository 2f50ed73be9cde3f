//! A gateway, the authority that it asks, and the application behind it.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpStream},
};

use session_authority::api::{
    CreateRequest, CreateResponse, GetRequest, RevokeRequest, revoke_request::Target,
    session_service_client::SessionServiceClient,
};

use tokio::task::JoinSet;

use super::{
    application::Application,
    client::{ClientResponse, Protocol, get, http1_request, send},
    deployed::{Gateway, GatewaySetup},
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
        redis::RedisServer,
    },
};

/// A gateway that was started on a file of `deploy/`.
pub struct Stack {
    pub authority: ServerProgram,
    pub application: Application,
    /// The address of the gateway.
    pub address: SocketAddr,
    /// The store, if it is not embedded.
    pub redis: Option<RedisServer>,
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
    redis: Option<RedisServer>,
}

impl Authority {
    /// Starts an authority with further settings and an embedded store.
    pub async fn start(settings: &str) -> Self {
        Self::start_on(None, settings).await
    }

    /// Starts an authority whose store can be stopped.
    pub async fn start_on_redis(settings: &str) -> Self {
        Self::start_on(Some(RedisServer::start().await), settings).await
    }

    async fn start_on(redis: Option<RedisServer>, settings: &str) -> Self {
        let directory = installation();
        let file = directory.path().join("sa.toml");
        let mut text = fs::read_to_string(&file).expect("a configuration");
        if let Some(redis) = &redis {
            text = text.replace("sqlite://sessions.db", &redis.url());
        }
        let http_port = ports::free();
        let http = format!("[http]\nlisten = \"127.0.0.1:{http_port}\"");
        // The machine may be busy with other tests.
        let server = "[server]\nrequest_timeout = \"1m\"";
        fs::write(&file, [&text, settings, &http, server, ""].join("\n")).expect("the configuration");
        let issuer_key = create_key(directory.path(), &["--name", "login", "--role", "issuer"]);
        let gateway_key = create_key(directory.path(), &["--name", "gateway", "--role", "validator"]);
        let program = ServerProgram::configured(directory, "sa.toml", "http").await;
        Self { program, issuer_key, gateway_key, http_port, redis }
    }

    fn grpc_port(&self) -> u16 {
        self.program.url.rsplit_once(':').expect("a port").1.parse().expect("a number")
    }
}

impl Stack {
    /// Starts a gateway with changes of its main file.
    pub async fn start(gateway: Gateway, authority: Authority, changes: &[(&str, &str)]) -> Self {
        let application = Application::start().await;
        let directory = ServerDirectory::new("session-authority-gateway", EndSignal::Kill);
        let port = ports::free();
        let setup = GatewaySetup {
            port,
            grpc_port: authority.grpc_port(),
            http_port: authority.http_port,
            application: application.address,
            key: &authority.gateway_key,
            is_patient: true,
            changes,
        };
        let command = without_environment(gateway.configure(directory.path(), &setup));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let process = directory.spawn(command);
        // Some gateways listen before they have read their routes.
        let forwards = async || {
            TcpStream::connect(address).is_ok() && get(address, Protocol::Http1, "/public/x", &[]).await.status == 200
        };
        let gateway = Some(process.wait_until_ready(forwards).await.expect("a gateway"));
        application.take_received();
        let Authority { program, issuer_key, redis, .. } = authority;
        Self { authority: program, application, address, redis, issuer_key, gateway, _directory: directory }
    }

    fn sessions(&self) -> SessionServiceClient<tonic::transport::Channel> {
        SessionServiceClient::new(self.authority.channel())
    }

    pub async fn login(&self, user: &str, roles: &[&str]) -> CreateResponse {
        let roles = roles.iter().map(ToString::to_string).collect();
        self.create(CreateRequest { roles, ..login_of(user) }).await
    }

    pub async fn create(&self, request: CreateRequest) -> CreateResponse {
        self.sessions().create(signed(&self.issuer_key, request)).await.expect("a session").into_inner()
    }

    pub async fn revoke(&self, created: &CreateResponse) {
        let request = RevokeRequest { target: Some(Target::SessionId(id_of(created))), ..RevokeRequest::default() };
        self.sessions().revoke(signed(&self.issuer_key, request)).await.expect("revoked");
    }

    /// Returns the address of the last seen client of a session, if there is one.
    pub async fn last_seen_address(&self, created: &CreateResponse) -> Option<String> {
        let request = GetRequest { session_id: id_of(created), ..GetRequest::default() };
        let response = self.sessions().get(signed(&self.issuer_key, request)).await.expect("a session").into_inner();
        Some(response.session?.last_seen?.location?.ip)
    }

    /// Sends a GET with these headers through the gateway.
    pub async fn get(&self, protocol: Protocol, path: &str, headers: &[(&str, &str)]) -> ClientResponse {
        get(self.address, protocol, path, headers).await
    }

    /// Sends `count` requests at once, half of them with an active session. Returns how many of them were denied with
    /// one of the statuses `unavailable`; the others must have passed if they have a session, and else not.
    pub async fn load(&self, count: usize, cookie: &str, unavailable: &[u16]) -> usize {
        let good = http1_request("GET", "/orders", &[("cookie", cookie)]);
        let bad = http1_request("GET", "/orders", &[("cookie", "__Host-session=x"), ("x-session-user", "root")]);
        let mut sending = JoinSet::new();
        for number in 0..count {
            let (is_good, address) = (number % 2 == 0, self.address);
            let request = if is_good { good.clone() } else { bad.clone() };
            sending.spawn(async move { (is_good, send(address, &request).await) });
        }
        let mut denied = 0;
        for (is_good, response) in sending.join_all().await {
            match response.status {
                200 => assert!(is_good && response.upstream("x-session-user") == ["ann"], "{response:?}"),
                401 => assert!(!is_good, "{response:?}"),
                status if unavailable.contains(&status) => denied += 1,
                _ => panic!("{response:?}"),
            }
        }
        denied
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
