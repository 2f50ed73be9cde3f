//! A store or an audit database that was restored from an older copy is recognised by the data of the other one.

use std::time::Duration;

use session_authority::{
    api::{
        SearchSessionsRequest, ValidateRequest, admin_service_client::AdminServiceClient,
        session_service_client::SessionServiceClient, validate_response::Outcome,
    },
    app::{BindingError, Node, StartError},
    store::{BindingFault, StoreError},
};
use sqlx::{Connection, SqliteConnection};
use tonic::{Code, Status};

use super::{
    binding::BoundInstallation,
    fixture::{channel_to, error_parts, eventually, login_of},
    management::get,
};
const META: &str = "sa1:{00}:meta";

impl BoundInstallation {
    /// Starts a node. Returns it with a token, after store and audit database have checkpoints of each other.
    async fn start_running_node(&self) -> (Node, String) {
        let node = self.try_start(&[]).await.expect("a node");
        let created =
            SessionServiceClient::new(channel_to(&node).await).create(login_of("ann")).await.expect("a session");
        eventually("the audit database has a checkpoint", || async { self.field("audited").await.is_some() }).await;
        (node, created.into_inner().token)
    }

    async fn field(&self, name: &str) -> Option<u64> {
        let mut admin = self.redis.admin().await;
        redis::cmd("HGET").arg(META).arg(name).query_async(&mut admin).await.expect("a field")
    }

    /// Makes the store look like an older copy.
    async fn restore_store(&self, span: Duration) {
        let millis = i64::try_from(span.as_millis()).expect("a span");
        let mut admin = self.redis.admin().await;
        let back = redis::cmd("HINCRBY").arg(META).arg("checkpoint").arg(-millis).exec_async(&mut admin).await;
        back.expect("an older checkpoint");
    }

    /// Runs a statement in the audit database, which no node may have open.
    async fn count_in_audit(&self, statement: &'static str) {
        let url = format!("sqlite://{}", self.directory.path().join("audit.db").display());
        let mut connection = SqliteConnection::connect(&url).await.expect("the audit database");
        sqlx::raw_sql(statement).execute(&mut connection).await.expect("a statement");
        connection.close().await.expect("an end");
    }
}

async fn validate(node: &Node, token: &str) -> Result<Outcome, Status> {
    let request = ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() };
    let answer = SessionServiceClient::new(channel_to(node).await).validate(request).await?;
    Ok(answer.into_inner().outcome.expect("an outcome"))
}

async fn search(node: &Node) -> Result<usize, Status> {
    let found =
        AdminServiceClient::new(channel_to(node).await).search_sessions(SearchSessionsRequest::default()).await?;
    Ok(found.into_inner().sessions.len())
}

fn reason(status: &Status) -> (Code, String) {
    let (code, reason, _) = error_parts(status);
    (code, reason)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_of_the_store_serves_nothing_until_it_is_adopted() {
    let installation = BoundInstallation::new().await;
    let (node, token) = installation.start_running_node().await;
    installation.restore_store(Duration::from_hours(1)).await;
    eventually("it gives no verdicts", || async {
        let outcome = validate(&node, &token).await;
        outcome.is_err_and(|status| reason(&status) == (Code::Unavailable, "STORE_NOT_BOUND".to_owned()))
    })
    .await;
    eventually("the node reports the reason", || async {
        let (status, body) = get(node.management, "/readyz").await;
        status == 503
            && body.contains("the session store was rolled back to")
            && body.contains("session-authority adopt")
    })
    .await;
    assert!(node.stop().await);

    let error = installation.try_start(&[]).await.err();
    let went_back =
        |error: &StoreError| matches!(error, StoreError::Binding { fault: BindingFault::RolledBack { .. }, .. });
    assert!(
        matches!(&error, Some(StartError::Binding(BindingError::Store(error))) if went_back(error)),
        "a new node does not start on it: {error:?}"
    );
    installation.adopt(&["--yes"]).expect_success();
    let node = installation.try_start(&[]).await.expect("a node");
    assert!(matches!(validate(&node, &token).await, Ok(Outcome::Session(_))));
}

/// The copy is recognised by the checkpoint in the audit database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_checkpoints_an_older_copy_is_taken_for_the_newest() {
    let installation = BoundInstallation::new().await;
    let (node, token) = installation.start_running_node().await;
    assert!(node.stop().await);
    installation.count_in_audit("DELETE FROM store_checkpoints").await;
    installation.restore_store(Duration::from_hours(1)).await;
    let node = installation.try_start(&[]).await.expect("a node");
    assert!(matches!(validate(&node, &token).await, Ok(Outcome::Session(_))));
}

/// The checkpoints of the former store do not apply to a new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_store_that_is_used_as_a_new_one_is_no_older_copy() {
    let installation = BoundInstallation::new().await;
    let node = installation.try_start(&[("STORE__ADOPT_EMPTY", "true")]).await.expect("a node");
    eventually("there is a checkpoint", || async { installation.field("checkpoint").await.is_some() }).await;
    installation.redis.command(&["FLUSHALL"]).await.expect("an empty Redis");
    eventually("it is bound again", || async { installation.field("checkpoint").await.is_some() }).await;
    for _ in 0..2 {
        let before = installation.field("checkpoint").await;
        eventually("the checkpoint advances", || async { installation.field("checkpoint").await > before }).await;
    }
    let created = SessionServiceClient::new(channel_to(&node).await).create(login_of("ann")).await;
    let token = created.expect("a session").into_inner().token;
    assert!(matches!(validate(&node, &token).await, Ok(Outcome::Session(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_lost_its_last_seconds_goes_on_and_says_so() {
    let installation = BoundInstallation::new().await;
    let (node, token) = installation.start_running_node().await;
    assert!(node.stop().await);
    installation.restore_store(Duration::from_secs(6)).await;
    let node = installation.try_start(&[]).await.expect("a node");
    assert!(matches!(validate(&node, &token).await, Ok(Outcome::Session(_))));
    let (_, metrics) = get(node.management, "/metrics").await;
    assert!(metrics.contains("session_authority_store_crash_losses_total 1\n"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_of_the_audit_database_is_not_asked_until_it_is_adopted() {
    let installation = BoundInstallation::new().await;
    let (node, token) = installation.start_running_node().await;
    eventually("the session is found", || async { search(&node).await.is_ok_and(|found| found == 1) }).await;
    assert!(node.stop().await);
    installation.count_in_audit("UPDATE store_checkpoints SET checkpoint = checkpoint - 3600000").await;

    let node = installation.try_start(&[]).await.expect("a node");
    let refused = search(&node).await.expect_err("its missing data is unknown");
    assert_eq!(reason(&refused), (Code::Unavailable, "AUDIT_WENT_BACK".to_owned()));
    assert!(matches!(validate(&node, &token).await, Ok(Outcome::Session(_))), "sessions continue");
    eventually("the node reports the reason", || async {
        let (status, body) = get(node.management, "/readyz").await;
        status == 200 && body.contains("audit: degraded: the audit database was restored to a copy from")
    })
    .await;
    assert!(node.stop().await);
    installation.adopt(&["--yes"]).expect_success();
    let node = installation.try_start(&[]).await.expect("a node");
    assert_eq!(search(&node).await.expect("a response"), 1);
}
