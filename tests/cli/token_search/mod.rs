//! No token and no API key of a run is found in what a node leaves behind: the session store, the audit database, the
//! log at its most verbose level, and the exported traces. A token that is planted in each of them is found.

mod collector;
mod data;

use std::fs;

use prost_types::{FieldMask, Timestamp};
use session_authority::{
    api::{
        CheckRequest, ClientContext, Consistency, CreateRequest, CreateResponse, DeniedToken, DenyRequest, GetRequest,
        ListEventsRequest, ListRequest, RevokeRequest, RotateRequest, SearchSessionsRequest, Session, SessionTouch,
        StreamAlertsRequest, TouchRequest, UpdateRequest, ValidateRequest, ValidateStreamRequest,
        admin_service_client::AdminServiceClient, denylist_service_client::DenylistServiceClient,
        revoke_request::Target, session_service_client::SessionServiceClient, stream_alerts_response::Event,
    },
    audit,
};
use tonic::{Request, transport::Channel};

use self::{collector::RecordingCollector, data::NodeData};
use super::{
    program::{program, run},
    server::ServerProgram,
};
use crate::{
    alerts::fixture::within,
    service::{
        admin::store_dump,
        fixture::{eventually, id_of, login_of, signed},
    },
    support::{
        directory::{EndSignal, ServerDirectory},
        postgres::PostgresServer,
        redis::RedisServer,
    },
};

const CONFIGURATION: &str = r#"
listen = "127.0.0.1:PORT"
[server]
request_timeout = "1m"
[store]
url = "STORE"
[audit]
url = "AUDIT"
[alerts]
heartbeat_interval = "100ms"
[log]
filter = "trace"
[telemetry]
otlp_endpoint = "COLLECTOR"
"#;

/// A running server whose log and traces are kept, and the API keys of its callers.
struct SearchedServer {
    server: ServerProgram,
    collector: RecordingCollector,
    login: String,
    console: String,
    siem: String,
}

impl SearchedServer {
    async fn start(store: &str, audit: &str) -> Self {
        let collector = RecordingCollector::start().await;
        let directory = ServerDirectory::new("session-authority-search", EndSignal::Kill);
        let keys = run(program().args(["keys", "init"]), "").expect_success();
        let text = CONFIGURATION.replace("STORE", store).replace("AUDIT", audit);
        let text = text.replace("COLLECTOR", &collector.endpoint) + &keys;
        fs::write(directory.path().join("sa.toml"), text).expect("a configuration");
        let [login, console, siem] =
            [("login", "issuer"), ("console", "admin"), ("siem", "alerts")].map(|(name, role)| {
                let mut create = program();
                create.args(["keys", "create", "--name", name, "--role", role, "--config", "sa.toml"]);
                let created = run(create.current_dir(directory.path()), "");
                assert_eq!(created.code, Some(0), "{created:?}");
                created.out.trim_end().to_owned()
            });
        let server = ServerProgram::configured(directory, "sa.toml", "http").await;
        Self { server, collector, login, console, siem }
    }

    fn sessions(&self) -> SessionServiceClient<Channel> {
        SessionServiceClient::new(self.server.channel())
    }

    async fn create(&self, request: CreateRequest) -> CreateResponse {
        self.sessions().create(signed(&self.login, request)).await.expect("a session").into_inner()
    }

    async fn validate(&self, token: &str, consistency: Consistency) {
        let request = ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() };
        let request = ValidateRequest { consistency: consistency.into(), ..request };
        self.sessions().validate(signed(&self.login, request)).await.expect("a verdict");
    }

    async fn rotate(&self, token: &str) -> String {
        let request = RotateRequest { token: token.to_owned(), ..RotateRequest::default() };
        self.sessions().rotate(signed(&self.login, request)).await.expect("a verdict").into_inner().token
    }

    /// Makes every call that takes or returns a token, also with tokens that are refused. Returns the tokens.
    async fn use_tokens(&self) -> Vec<String> {
        let repeated = CreateRequest { request_id: "r-1".to_owned(), ..login_of("ann") };
        let first = self.create(repeated.clone()).await;
        assert_eq!(self.create(repeated).await.token, first.token, "a repeat returns the same token");
        let second = self.create(login_of("bob")).await;
        for consistency in [Consistency::Bounded, Consistency::Bounded, Consistency::Strong] {
            self.validate(&first.token, consistency).await;
        }
        let check = ValidateRequest { token: second.token.clone(), ..ValidateRequest::default() };
        let check = tokio_stream::once(ValidateStreamRequest { tag: 1, request: Some(check) });
        let answers = self.sessions().validate_stream(signed(&self.login, check)).await.expect("a stream");
        answers.into_inner().message().await.expect("an answer").expect("a verdict");

        let rotated = self.rotate(&first.token).await;
        assert_eq!(self.rotate(&first.token).await, rotated, "a lost answer is repeated");
        self.validate(&rotated, Consistency::Bounded).await;
        let current = self.rotate(&rotated).await;
        self.validate(&current, Consistency::Strong).await;
        // The token of two rotations ago is reuse, which ends the session with an alert.
        self.validate(&first.token, Consistency::Bounded).await;
        self.wait_for_reuse_alert().await;
        self.validate(&current, Consistency::Strong).await;

        let updated = self.sessions().update(signed(&self.login, rotating_update(&second))).await.expect("a session");
        let updated = updated.into_inner().token;
        self.use_ids(&second).await;
        let mistyped = mistype(&updated);
        self.validate(&mistyped, Consistency::Bounded).await;
        for key in [&updated, &mistyped] {
            let list = ListRequest { user_id: "bob".to_owned(), ..ListRequest::default() };
            self.sessions().list(signed(key, list)).await.expect_err("a token is no API key");
            let get = GetRequest { session_id: key.clone(), ..GetRequest::default() };
            self.sessions().get(signed(&self.login, get)).await.expect_err("a token is no session ID");
        }
        let revoke = RevokeRequest { target: Some(Target::Token(updated.clone())), ..RevokeRequest::default() };
        self.sessions().revoke(signed(&self.login, revoke)).await.expect("a response");
        self.validate(&updated, Consistency::Strong).await;
        self.deny(&updated, second.session.as_ref().and_then(|session| session.expires_at)).await;
        vec![first.token, second.token, rotated, current, updated, mistyped]
    }

    async fn use_ids(&self, created: &CreateResponse) {
        let session_id = id_of(created);
        let list = ListRequest { user_id: "bob".to_owned(), ..ListRequest::default() };
        self.sessions().list(signed(&self.login, list)).await.expect("a list");
        let get = GetRequest { session_id: session_id.clone(), ..GetRequest::default() };
        self.sessions().get(signed(&self.login, get)).await.expect("a session");
        let used_at = created.session.as_ref().and_then(|session| session.created_at);
        let touch = TouchRequest { touches: vec![SessionTouch { session_id, used_at }] };
        self.sessions().touch(signed(&self.login, touch)).await.expect("a response");
    }

    /// Denies a token as if it were the ID of a JWT, and checks it in memory and in the store.
    async fn deny(&self, token: &str, expires_at: Option<Timestamp>) {
        let mut denylist = DenylistServiceClient::new(self.server.channel());
        let tokens = vec![DeniedToken { jti: token.to_owned(), expires_at }];
        let deny = DenyRequest { tokens, ..DenyRequest::default() };
        let denied = denylist.deny(signed(&self.login, deny)).await.expect("a response").into_inner();
        assert_eq!(denied.denied_count, 1);
        for consistency in [Consistency::Bounded, Consistency::Strong] {
            let jtis = vec![token.to_owned()];
            let check = CheckRequest { jtis, consistency: consistency.into(), ..CheckRequest::default() };
            let checked = denylist.check(signed(&self.login, check)).await.expect("a verdict").into_inner();
            assert!(checked.verdicts[0].denied);
        }
    }

    async fn wait_for_reuse_alert(&self) {
        let request = StreamAlertsRequest { from_start: true, ..StreamAlertsRequest::default() };
        let opened = self.sessions().stream_alerts(signed(&self.siem, request)).await.expect("a stream");
        let mut alerts = opened.into_inner();
        let raised = async {
            loop {
                match alerts.message().await.expect("an open stream").expect("an event").event {
                    Some(Event::Alert(alert)) if alert.rule == "ROTATED_TOKEN_REUSE" => return,
                    _ => {}
                }
            }
        };
        within("the alert of the reuse", raised).await;
    }

    /// Writes a token of its own to everything that is searched: as a device ID, as the reason of a change, and as the
    /// ID of a request. Returns the token.
    async fn plant_token(&self) -> String {
        let planted = self.create(login_of("mallory")).await;
        let client = ClientContext { device_id: planted.token.clone(), ..ClientContext::default() };
        self.create(CreateRequest { client: Some(client), ..login_of("mallory") }).await;
        let target = Some(Target::SessionId(id_of(&planted)));
        let mut revoke =
            signed(&self.console, RevokeRequest { target, reason: planted.token.clone(), ..RevokeRequest::default() });
        revoke.metadata_mut().insert("x-request-id", planted.token.parse().expect("a header"));
        self.sessions().revoke(revoke).await.expect("a response");
        planted.token
    }

    /// Waits until the audit has everything, and ends the server, which then exports its last traces.
    async fn stop(&mut self, planted: &str) {
        let admin = || AdminServiceClient::new(self.server.channel());
        eventually("the audit has the last event", async || {
            let request: Request<ListEventsRequest> = signed(&self.console, ListEventsRequest::default());
            let events = admin().list_events(request).await.expect("events").into_inner().events;
            events.iter().any(|event| event.reason == planted)
        })
        .await;
        let search = signed(&self.console, SearchSessionsRequest::default());
        admin().search_sessions(search).await.expect("sessions");
        self.server.stop().await;
    }

    /// Returns the log, the traces, and the files in the directory of the server.
    fn data(&self) -> NodeData {
        let mut data = NodeData::default();
        data.add("log", self.server.log().as_bytes());
        data.add("traces", &self.collector.exported());
        for file in fs::read_dir(self.server.directory()).expect("a directory") {
            let file = file.expect("a file");
            let name = file.file_name().to_string_lossy().into_owned();
            if name != "server.log" && file.path().is_file() {
                data.add(name, &fs::read(file.path()).expect("its contents"));
            }
        }
        data
    }
}

/// Returns a token with the same secret and a wrong MAC. The last character does not have all bits, so another one is
/// changed.
fn mistype(token: &str) -> String {
    let (start, end) = token.split_at(token.len() - 2);
    let other = if end.starts_with('A') { 'B' } else { 'A' };
    format!("{start}{other}{}", &end[1..])
}

/// Returns an update that gives out a new token.
fn rotating_update(created: &CreateResponse) -> UpdateRequest {
    UpdateRequest {
        session_id: id_of(created),
        session: Some(Session { email: "bob@example.org".to_owned(), ..Session::default() }),
        update_mask: Some(FieldMask { paths: vec!["email".to_owned()] }),
        rotate: true,
        ..UpdateRequest::default()
    }
}

/// Requires that none of the secrets is found, and that the planted token is found in `sources`.
fn assert_not_found(data: &NodeData, secrets: &[String], planted: &str, sources: &[&str]) {
    for (number, secret) in secrets.iter().enumerate() {
        let found = data.sources_with(secret);
        assert!(found.is_empty(), "secret {number} is in {found:?}");
    }
    let found = data.sources_with(planted);
    let missing: Vec<_> = sources.iter().filter(|source| !found.contains(source)).collect();
    assert!(missing.is_empty(), "the planted token is not found in {missing:?} of {:?}", data.sizes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_is_found_in_the_files_the_log_and_the_traces_of_a_node() {
    let mut node = SearchedServer::start("sqlite://sessions.db", "sqlite://audit.db").await;
    let mut secrets = node.use_tokens().await;
    let planted = node.plant_token().await;
    node.stop(&planted).await;
    let mut data = node.data();
    for file in ["sessions.db", "audit.db"] {
        let rows = store_dump::sqlite(&node.server.directory().join(file)).await;
        data.add(format!("rows of {file}"), rows.join("\n").as_bytes());
    }
    secrets.extend([node.login, node.console, node.siem]);
    assert_not_found(&data, &secrets, &planted, &["rows of sessions.db", "rows of audit.db", "log", "traces"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_is_found_in_redis_postgresql_the_log_and_the_traces_of_a_node() {
    let redis = RedisServer::start().await;
    // A compressed value could not be searched.
    redis.command(&["CONFIG", "SET", "rdbcompression", "no"]).await.expect("a setting");
    let audit_url = PostgresServer::shared().await.database().await;
    audit::migrate(&audit_url).await.expect("migrated");
    let mut node = SearchedServer::start(&redis.url(), &audit_url).await;
    let mut secrets = node.use_tokens().await;
    let planted = node.plant_token().await;
    node.stop(&planted).await;

    let mut data = node.data();
    data.add("values of Redis", store_dump::redis(redis.admin().await).await.join("\n").as_bytes());
    data.add("dumps of Redis", &store_dump::redis_dumps(redis.admin().await).await);
    redis.command(&["SAVE"]).await.expect("a snapshot");
    data.add("dump.rdb", &fs::read(redis.directory().join("dump.rdb")).expect("the snapshot"));
    data.add("rows of PostgreSQL", store_dump::postgres(&audit_url).await.join("\n").as_bytes());
    secrets.extend([node.login, node.console, node.siem]);
    let sources = ["values of Redis", "dumps of Redis", "dump.rdb", "rows of PostgreSQL", "log", "traces"];
    assert_not_found(&data, &secrets, &planted, &sources);
}
