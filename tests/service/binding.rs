//! A node uses only a store and an audit database that belong to its installation and to each other.

use std::{net::TcpListener, path::Path, sync::Arc};

use session_authority::{
    api::{
        ListRequest, RejectReason, RevokeAllRequest, RevokeRequest, UserScope, ValidateRequest,
        revoke_all_request::Scope, revoke_request::Target, session_service_client::SessionServiceClient,
        validate_response::Outcome,
    },
    app::{BindingError, Node, StartError},
    clock::SystemClock,
    domain::Bucket,
};
use tempfile::{TempDir, tempdir};
use tonic::{Code, Status, transport::Channel};

use super::{
    fixture::{channel_to, error_parts, eventually, login_of, try_start_node},
    management::get,
};
use crate::{
    cli::program::{ProgramOutput, program, run},
    support::{redis::RedisServer, redis_cluster::RedisCluster},
};

/// The secret of another installation.
const OTHER_INSTALLATION_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// The shared parts of an installation: the store, and the directory with the keys.
pub struct BoundInstallation {
    pub redis: RedisServer,
    pub directory: TempDir,
}

impl BoundInstallation {
    pub async fn new() -> Self {
        Self { redis: RedisServer::start().await, directory: tempdir().expect("a directory") }
    }

    /// Starts a node that must not adopt an empty store.
    pub async fn try_start(&self, settings: &[(&str, &str)]) -> Result<Node, StartError> {
        let url = self.redis.url();
        let own = [("STORE__URL", url.as_str()), ("STORE__ADOPT_EMPTY", "false")];
        let settings: Vec<_> = own.iter().chain(settings).copied().collect();
        try_start_node(&self.directory, &settings, Arc::new(SystemClock)).await
    }

    async fn start(&self, settings: &[(&str, &str)]) -> Node {
        self.try_start(settings).await.expect("a node")
    }

    async fn flush_redis(&self) {
        redis::cmd("FLUSHALL").exec_async(&mut self.redis.admin().await).await.expect("an empty Redis");
    }

    /// Runs `session-authority adopt` with the settings of a node.
    pub fn adopt(&self, arguments: &[&str]) -> ProgramOutput {
        let of = |file: &str| std::fs::read_to_string(self.directory.path().join(file)).expect("a key");
        let audit = format!("sqlite://{}", self.directory.path().join("audit.db").display());
        let mut command = program();
        command.arg("adopt").args(arguments);
        for (name, value) in [
            ("STORE__URL", self.redis.url()),
            ("AUDIT__URL", audit),
            ("KEYS__INSTALLATION", of("installation.key")),
            ("KEYS__TOKEN", of("token.keys")),
            ("CALLERS__ANONYMOUS", "true".to_owned()),
        ] {
            command.env(format!("SESSION_AUTHORITY__{name}"), value);
        }
        run(&mut command, "")
    }
}

async fn sessions(node: &Node) -> SessionServiceClient<Channel> {
    SessionServiceClient::new(channel_to(node).await)
}

async fn validate(node: &Node, token: &str) -> Result<Outcome, Status> {
    let request = ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() };
    Ok(sessions(node).await.validate(request).await?.into_inner().outcome.expect("an outcome"))
}

fn assert_not_bound<T: std::fmt::Debug>(outcome: Result<T, Status>) {
    let status = outcome.expect_err("an error");
    let (code, reason, _) = error_parts(&status);
    assert_eq!((code, reason.as_str()), (Code::Unavailable, "STORE_NOT_BOUND"), "{status:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_another_installation_is_refused() {
    let installation = BoundInstallation::new().await;
    let _first = installation.start(&[]).await;
    let stranger = tempdir().expect("a directory");
    let url = installation.redis.url();
    let settings = [("STORE__URL", url.as_str()), ("KEYS__INSTALLATION", OTHER_INSTALLATION_KEY)];
    let error = try_start_node(&stranger, &settings, Arc::new(SystemClock)).await.err();
    assert!(matches!(error, Some(StartError::Binding(BindingError::ForeignStore))), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_emptied_gives_no_verdicts_until_it_is_adopted() {
    let installation = BoundInstallation::new().await;
    let node = installation.start(&[]).await;
    let created = sessions(&node).await.create(login_of("ann")).await.expect("a session").into_inner();
    assert!(matches!(validate(&node, &created.token).await, Ok(Outcome::Session(_))));

    installation.flush_redis().await;
    assert_not_bound(validate(&node, &created.token).await);
    assert_not_bound(sessions(&node).await.create(login_of("bob")).await);
    let list = ListRequest { user_id: "ann".to_owned(), ..ListRequest::default() };
    assert_not_bound(sessions(&node).await.list(list).await);
    let scope = Some(Scope::User(UserScope { user_id: "ann".to_owned(), ..UserScope::default() }));
    assert_not_bound(sessions(&node).await.revoke_all(RevokeAllRequest { scope, ..RevokeAllRequest::default() }).await);
    eventually("the node reports the remedy", || async {
        let (status, body) = get(node.management, "/readyz").await;
        status == 503 && body.contains("session-authority adopt")
    })
    .await;

    // A new node does not take it for a new store either: the audit database knows that there was a store.
    assert!(node.stop().await);
    let error = installation.try_start(&[]).await.err();
    assert!(matches!(error, Some(StartError::Binding(BindingError::EmptyStore { .. }))), "{error:?}");

    let shown = installation.adopt(&[]).expect_success();
    assert!(shown.contains("session store: empty") && shown.contains("repeat with --yes"), "{shown}");
    assert!(installation.try_start(&[]).await.is_err(), "the store is still empty");
    installation.adopt(&["--yes"]).expect_success();
    let node = installation.start(&[]).await;
    let outcome = validate(&node, &created.token).await;
    assert!(matches!(&outcome, Ok(Outcome::Rejection(no)) if no.reason() == RejectReason::Unknown), "{outcome:?}");
}

/// The purpose of the refusal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_adopts_what_is_empty_signs_everybody_out() {
    let installation = BoundInstallation::new().await;
    let node = installation.start(&[("STORE__ADOPT_EMPTY", "true")]).await;
    let created = sessions(&node).await.create(login_of("ann")).await.expect("a session").into_inner();
    installation.flush_redis().await;
    eventually("the store is used as a new one", || async {
        let outcome = validate(&node, &created.token).await;
        matches!(outcome, Ok(Outcome::Rejection(no)) if no.reason() == RejectReason::Unknown)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_runs_goes_on_when_the_store_is_adopted() {
    let installation = BoundInstallation::new().await;
    let node = installation.start(&[("AUDIT__URL", "none")]).await;
    installation.flush_redis().await;
    assert_not_bound(sessions(&node).await.create(login_of("ann")).await);
    let second = installation.try_start(&[("AUDIT__URL", "none")]).await;
    assert!(second.is_ok(), "without an audit database a new node cannot know of the former store");
    eventually("the first node serves again", || async { sessions(&node).await.create(login_of("ann")).await.is_ok() })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_nodes_of_a_store_have_the_same_audit_database() {
    let installation = BoundInstallation::new().await;
    let _first = installation.start(&[]).await;
    let other = |path: &Path| format!("sqlite://{}", path.join("other.db").display());
    for audit in ["none", &other(installation.directory.path())] {
        let error = installation.try_start(&[("AUDIT__URL", audit)]).await.err();
        assert!(
            matches!(error, Some(StartError::Binding(BindingError::AuditDatabaseMismatch { .. }))),
            "{audit}: {error:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_database_takes_the_events_of_one_store() {
    let installation = BoundInstallation::new().await;
    assert!(installation.start(&[]).await.stop().await);
    let other = RedisServer::start().await;
    let url = other.url();
    let error = installation.try_start(&[("STORE__URL", &url)]).await.err();
    assert!(matches!(error, Some(StartError::Binding(BindingError::EmptyStore { .. }))), "{error:?}");
    let audit = format!("sqlite://{}", installation.directory.path().join("other.db").display());
    assert!(
        installation.try_start(&[("STORE__URL", &url), ("AUDIT__URL", &audit)]).await.expect("a node").stop().await
    );
    let error = installation.try_start(&[("STORE__URL", &url)]).await.err();
    assert!(matches!(error, Some(StartError::Binding(BindingError::AuditDatabaseMismatch { .. }))), "{error:?}");
}

/// Token keys in the form of the settings: an ID and 32 bytes.
const FIRST: &str = "1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const SECOND: &str = "2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
const OTHER_SECOND: &str = "2:AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_has_no_verdict_on_tokens_of_a_key_that_only_others_have() {
    let installation = BoundInstallation::new().await;
    let both = format!("{FIRST},{SECOND}");
    let full = installation.start(&[("AUDIT__URL", "none"), ("KEYS__TOKEN", &both)]).await;
    let created = sessions(&full).await.create(login_of("ann")).await.expect("a session").into_inner();
    let lacking = installation.start(&[("AUDIT__URL", "none"), ("KEYS__TOKEN", SECOND)]).await;
    let missing = |status: &Status| {
        let (code, reason, _) = error_parts(status);
        (code, reason.as_str()) == (Code::Unavailable, "TOKEN_KEY_MISSING")
    };
    let status = validate(&lacking, &created.token).await.expect_err("no verdict");
    assert!(missing(&status), "{status:?}");
    let target = Some(Target::Token(created.token.clone()));
    let revoked = sessions(&lacking).await.revoke(RevokeRequest { target, ..RevokeRequest::default() }).await;
    assert!(revoked.is_err_and(|status| missing(&status)), "a revocation with it is refused, too");
    assert!(matches!(validate(&full, &created.token).await, Ok(Outcome::Session(_))));

    // The fingerprint in the store identifies the key: without it the token is unknown.
    let hdel =
        redis::cmd("HDEL").arg("sa1:{00}:meta").arg("key:1").exec_async(&mut installation.redis.admin().await).await;
    hdel.expect("a key less");
    let alone = installation.start(&[("AUDIT__URL", "none"), ("KEYS__TOKEN", SECOND)]).await;
    let outcome = validate(&alone, &created.token).await;
    assert!(matches!(&outcome, Ok(Outcome::Rejection(no)) if no.reason() == RejectReason::Unknown), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_token_keys_of_one_id_are_refused() {
    let installation = BoundInstallation::new().await;
    let both = format!("{FIRST},{SECOND}");
    let _first = installation.start(&[("AUDIT__URL", "none"), ("KEYS__TOKEN", &both)]).await;
    let error = installation.try_start(&[("AUDIT__URL", "none"), ("KEYS__TOKEN", OTHER_SECOND)]).await.err();
    assert!(matches!(error, Some(StartError::Binding(BindingError::TokenKeyConflict { id: 2 }))), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_start_that_was_interrupted_is_completed() {
    let installation = BoundInstallation::new().await;
    assert!(installation.start(&[]).await.stop().await);
    let mut admin = installation.redis.admin().await;
    for bucket in 0..=255_u8 {
        let key = format!("sa1:{{{}}}:meta", Bucket(bucket));
        let fields: &[&str] = if bucket < 9 { &["complete"] } else { &["complete", "installation", "store", "audit"] };
        redis::cmd("HDEL").arg(key).arg(fields).exec_async(&mut admin).await.expect("the state after a crash");
    }
    redis::cmd("DEL").arg("sa1:{alerts}:meta").exec_async(&mut admin).await.expect("the state after a crash");
    let node = installation.start(&[]).await;
    sessions(&node).await.create(login_of("ann")).await.expect("a session");

    // In a complete store, a missing bucket means data loss.
    redis::cmd("DEL").arg("sa1:{07}:meta").exec_async(&mut admin).await.expect("a loss");
    assert!(node.stop().await);
    let error = installation.try_start(&[]).await.err();
    assert!(matches!(error, Some(StartError::Binding(BindingError::PartlyEmptyStore { unbound: 1 }))), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_store_is_not_taken_for_a_new_one_while_the_audit_database_cannot_say_so() {
    let installation = BoundInstallation::new().await;
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let audit = format!("postgres://audit@{}/audit", silent.local_addr().expect("its address"));
    let error = installation.try_start(&[("AUDIT__URL", &audit)]).await.err();
    assert!(matches!(error, Some(StartError::Binding(BindingError::EmptyStoreUnverified))), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_starts_while_the_store_takes_no_writes() {
    let installation = BoundInstallation::new().await;
    let first = installation.start(&[("AUDIT__URL", "none")]).await;
    let created = sessions(&first).await.create(login_of("ann")).await.expect("a session").into_inner();
    let mut admin = installation.redis.admin().await;
    let () = redis::cmd("CONFIG").arg(&["SET", "maxmemory", "1"]).query_async(&mut admin).await.expect("a setting");
    let second = installation.start(&[("AUDIT__URL", "none")]).await;
    assert!(matches!(validate(&second, &created.token).await, Ok(Outcome::Session(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_starts_while_a_shard_is_unavailable_and_serves_the_others() {
    let cluster = RedisCluster::with_replicas().await;
    let directory = tempdir().expect("a directory");
    let url = cluster.url();
    let settings = [("STORE__URL", url.as_str()), ("STORE__ADOPT_EMPTY", "false"), ("AUDIT__URL", "none")];
    let first = try_start_node(&directory, &settings, Arc::new(SystemClock)).await.expect("a node");
    let mut tokens = Vec::new();
    for number in 0..30 {
        let created = sessions(&first).await.create(login_of(&format!("user {number}"))).await.expect("a session");
        tokens.push(created.into_inner().token);
    }
    let lost = cluster.master_of("sa1:{00}:meta", 0).await;
    cluster.nodes[lost].pause();

    let second = try_start_node(&directory, &settings, Arc::new(SystemClock)).await.expect("a node");
    let mut served = 0;
    for token in &tokens {
        match validate(&second, token).await {
            Ok(outcome) => {
                assert!(matches!(outcome, Outcome::Session(_)), "{outcome:?}");
                served += 1;
            }
            Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
        }
    }
    assert!(served > 0, "the users of the other masters are served");
    cluster.nodes[lost].resume();
}
