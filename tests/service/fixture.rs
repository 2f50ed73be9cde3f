//! A running node, and requests of tests.

use std::{sync::Arc, time::Duration};

use prost::Message;
use session_authority::{
    api::{
        ClientContext, CreateRequest, CreateResponse, ListRequest, RejectReason, Rejection, RevokeAllRequest, Session,
        UserScope, ValidateRequest, admin_service_client::AdminServiceClient, revoke_all_request::Scope,
        session_service_client::SessionServiceClient, validate_response::Outcome,
    },
    app::{Node, NodeEnvironment, StartError},
    clock::{Clock, ManualClock, SystemClock},
    config::{Config, ConfigSources},
    domain::UnixMillis,
    entropy::{Entropy, SystemEntropy},
    telemetry::metrics::Metrics,
};
use tempfile::TempDir;
use tonic::{Code, Request, Status, client::Grpc, metadata::MetadataMap, transport::Channel};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt;

use super::management::get;
use crate::support::redis::RedisServer;

/// The user agent of Chrome on Windows.
pub const CHROME: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

/// The start time of every test.
pub const START: UnixMillis = UnixMillis::new(1_800_000_000_000);

/// The installation of every node, and of stores with default options: 32 zeros.
pub const INSTALLATION: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A node with everything it needs.
pub struct TestService {
    pub node: Node,
    /// The clock of the node, which stands still until the test moves it.
    pub clock: Arc<ManualClock>,
    pub redis: Option<RedisServer>,
    pub directory: TempDir,
    pub channel: Channel,
}

impl TestService {
    pub async fn on_sqlite() -> Self {
        Self::start(None, &[]).await
    }

    pub async fn on_redis() -> Self {
        let server = RedisServer::start().await;
        let url = server.url();
        Self::start(Some(server), &[("STORE__URL", &url)]).await
    }

    /// Starts a node with settings, each named as in the environment without the prefix.
    pub async fn start(redis: Option<RedisServer>, settings: &[(&str, &str)]) -> Self {
        Self::start_in(tempfile::tempdir().expect("a directory"), redis, settings).await
    }

    /// Starts a node in a directory that may contain files.
    pub async fn start_in(directory: TempDir, redis: Option<RedisServer>, settings: &[(&str, &str)]) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let node = start_node(&directory, settings, Arc::clone(&clock) as _).await;
        first_sweep(&node).await;
        let channel = channel_to(&node).await;
        Self { node, clock, redis, directory, channel }
    }

    pub fn sessions(&self) -> SessionServiceClient<Channel> {
        SessionServiceClient::new(self.channel.clone())
    }

    pub fn admin(&self) -> AdminServiceClient<Channel> {
        AdminServiceClient::new(self.channel.clone())
    }

    pub async fn login(&self, user: &str) -> CreateResponse {
        self.create(login_of(user)).await.expect("a session")
    }

    pub async fn create(&self, request: CreateRequest) -> Result<CreateResponse, Status> {
        self.sessions().create(request).await.map(tonic::Response::into_inner)
    }

    /// Repeats the login while too many logins of the same user are in progress.
    pub async fn create_with_retries(&self, request: CreateRequest) -> Result<CreateResponse, Status> {
        create_with_retries(&mut self.sessions(), request).await
    }

    pub async fn validate(&self, token: &str) -> Result<Session, Rejection> {
        self.validate_request(ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() }).await
    }

    pub async fn validate_request(&self, request: ValidateRequest) -> Result<Session, Rejection> {
        let answer = self.sessions().validate(request).await.expect("a verdict").into_inner();
        match answer.outcome.expect("an outcome") {
            Outcome::Session(session) => Ok(session),
            Outcome::Rejection(rejection) => Err(rejection),
        }
    }

    /// Returns the active sessions of a user of any tenant.
    pub async fn list_of(&self, tenant: &str, user: &str) -> Vec<Session> {
        let (tenant_id, user_id) = (tenant.to_owned(), user.to_owned());
        let request = ListRequest { tenant_id, user_id, ..ListRequest::default() };
        self.sessions().list(request).await.expect("a list").into_inner().sessions
    }

    /// Ends all sessions of a user of any tenant.
    pub async fn revoke_all_of(&self, tenant: &str, user: &str) {
        let scope = Scope::User(UserScope { tenant_id: tenant.to_owned(), user_id: user.to_owned() });
        let request = RevokeAllRequest { scope: Some(scope), ..RevokeAllRequest::default() };
        self.sessions().revoke_all(request).await.expect("revoked");
    }

    /// Signs a user in from two countries, which raises an alert. In one network, the second one would not count as
    /// new. Returns the second session.
    pub async fn raise_alert(&self, tenant: &str, user: &str) -> CreateResponse {
        let login = |country: &str| {
            let client = login_of(user).client.expect("a client");
            let client = ClientContext { country: country.to_owned(), ip: String::new(), ..client };
            CreateRequest { tenant_id: tenant.to_owned(), client: Some(client), ..login_of(user) }
        };
        self.create(login("SE")).await.expect("a session");
        self.create(login("BR")).await.expect("a session")
    }

    pub async fn list(&self, user: &str) -> Vec<Session> {
        let request = ListRequest { user_id: user.to_owned(), ..ListRequest::default() };
        self.sessions().list(request).await.expect("a list").into_inner().sessions
    }
}

/// Does the same as [`TestService::create_with_retries`], on any node.
pub async fn create_with_retries(
    sessions: &mut SessionServiceClient<Channel>,
    request: CreateRequest,
) -> Result<CreateResponse, Status> {
    loop {
        match sessions.create(request.clone()).await {
            Err(status) if error_parts(&status).1 == "LOGIN_QUEUE_FULL" => {
                assert!(status.get_error_details().retry_info().is_some(), "it advises when to retry");
                tokio::task::yield_now().await;
            }
            created => return created.map(tonic::Response::into_inner),
        }
    }
}

/// Waits until a node has swept all buckets once, as it does after its start: a test must not move the clock during
/// that. Returns at once if the metrics require a key.
pub async fn first_sweep(node: &Node) {
    eventually("the first sweep is done", || async {
        let (status, metrics) = get(node.management, "/metrics").await;
        let swept = metrics.lines().find_map(|line| line.strip_prefix("session_authority_sweep_buckets_total "));
        status != 200 || swept.is_some_and(|swept| swept.parse::<u64>().expect("a count") >= 256)
    })
    .await;
}

/// Starts a node in `directory` with the settings of a development server, overridden by `settings`, and with free
/// ports.
pub async fn start_node(directory: &TempDir, settings: &[(&str, &str)], clock: Arc<dyn Clock>) -> Node {
    try_start_node(directory, settings, clock).await.expect("a node")
}

/// The token key of every node.
const TOKEN_KEY: &str = "1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// Writes the keys of the installation that all tests share to `directory`, unless it has some.
pub fn write_installation_keys(directory: &TempDir) {
    for (file, key) in [("installation.key", INSTALLATION), ("token.keys", TOKEN_KEY)] {
        let file = directory.path().join(file);
        if !file.exists() {
            std::fs::write(file, key).expect("a key");
        }
    }
}

/// Does the same as [`start_node`], and returns the error if the node does not start.
pub async fn try_start_node(
    directory: &TempDir,
    settings: &[(&str, &str)],
    clock: Arc<dyn Clock>,
) -> Result<Node, StartError> {
    try_start_node_with(directory, settings, clock, Arc::new(SystemEntropy)).await
}

/// Does the same as [`try_start_node`], with a source of random bytes.
pub async fn try_start_node_with(
    directory: &TempDir,
    settings: &[(&str, &str)],
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Node, StartError> {
    write_installation_keys(directory);
    let of_a_test = [
        ("LISTEN", "127.0.0.1:0"),
        ("MANAGEMENT__LISTEN", "127.0.0.1:0"),
        ("SHUTDOWN__DELAY", "0s"),
        // The machine may be busy with other tests.
        ("SERVER__REQUEST_TIMEOUT", "1m"),
    ];
    let settings = of_a_test.iter().chain(settings);
    let variables = settings.map(|(name, value)| (format!("{}{name}", ConfigSources::PREFIX), *value));
    let sources = ConfigSources::default().with_environment(variables);
    let config = Config::development(sources, directory.path(), &SystemEntropy).expect("a configuration");
    let metrics = Arc::new(Metrics::new(SystemClock.now()));
    let environment = NodeEnvironment { clock, entropy, metrics, accept_clock: false };
    Node::start(config, environment).await
}

pub async fn channel_to(node: &Node) -> Channel {
    let endpoint = Channel::from_shared(format!("http://{}", node.grpc)).expect("an address");
    endpoint.connect().await.expect("a connection")
}

/// Returns a request with an API key.
pub fn signed<T>(key: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {key}").parse().expect("a header"));
    request
}

/// Calls any method by its name, `package.Service/Method`. Returns the metadata of the response.
pub async fn call<M: Message + 'static>(
    channel: &Channel,
    method: &str,
    request: Request<M>,
) -> Result<MetadataMap, Status> {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let path = format!("/{method}").parse().expect("a path");
    let request = request.map(tokio_stream::once);
    let mut answer = client.streaming(request, path, ProstCodec::<M, ()>::default()).await?;
    // A stream is successful if its first message arrives.
    answer.get_mut().message().await?;
    Ok(answer.metadata().clone())
}

pub fn login_of(user: &str) -> CreateRequest {
    CreateRequest {
        user_id: user.to_owned(),
        email: format!("{user}@example.com"),
        roles: vec!["user".to_owned()],
        client: Some(ClientContext {
            ip: "198.51.100.7".to_owned(),
            user_agent: CHROME.to_owned(),
            ..ClientContext::default()
        }),
        ..CreateRequest::default()
    }
}

/// Returns the ID of the session of a login.
pub fn id_of(created: &CreateResponse) -> String {
    created.session.as_ref().expect("a session").session_id.clone()
}

/// Returns the reason of a rejection.
pub fn reason_of(verdict: &Result<Session, Rejection>) -> RejectReason {
    verdict.as_ref().expect_err("a rejection").reason()
}

/// Returns the code, `ErrorInfo.reason` and the fields of `BadRequest`.
pub fn error_parts(status: &Status) -> (Code, String, Vec<String>) {
    let details = status.get_error_details();
    let info = details.error_info().expect("every error has ErrorInfo");
    assert_eq!(info.domain, "session.v1");
    let fields = details.bad_request().map(|bad| bad.field_violations.iter().map(|v| v.field.clone()).collect());
    (status.code(), info.reason.clone(), fields.unwrap_or_default())
}

/// Checks that an error names exactly these fields as invalid.
#[track_caller]
pub fn assert_invalid_fields(status: &Status, fields: &[&str]) {
    let fields = fields.iter().map(ToString::to_string).collect();
    assert_eq!(error_parts(status), (Code::InvalidArgument, "INVALID_FIELD".into(), fields), "{}", status.message());
}

/// Waits until `condition` holds. Fails the test if that takes implausibly long.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    for _ in 0..2_000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("timed out waiting until {what}");
}
