//! Migrations of PostgreSQL.

use std::time::Duration;

use session_authority::{
    audit::{self, AuditError},
    domain::{Bucket, EndReason, EventKind},
    store::{BindingId, Touch},
};
use sqlx::Executor;

use super::{
    fixture::connect_audit,
    logins::{NOW, login},
    postgres::event,
};
use crate::support::postgres::PostgresServer;

#[tokio::test]
async fn migrations_are_applied_once_and_named() {
    let url = PostgresServer::shared().await.database().await;
    let applied = audit::migrate(&url).await.expect("migrated");
    assert_eq!(
        applied,
        [
            "0001_session_events",
            "0002_login_events",
            "0003_refused_events",
            "0004_sessions",
            "0005_alerts",
            "0006_forgotten_users",
            "0007_maintenance_clock",
            "0008_recording_order",
            "0009_binding",
            "0010_mass_revocations",
            "0012_alerts_by_tenant",
            "0013_credential_uses",
            "0014_denied_tokens",
            "0015_answered_alerts",
            "0016_last_seen",
            "0017_notifications",
            "0018_webhooks",
            "0019_alert_answers",
            "0020_webhook_replays"
        ]
    );
    assert_eq!(audit::migrate(&url).await.expect("nothing to do"), Vec::<String>::new());
    audit::open(&url, false).await.expect("a log").log.ready().await.expect("ready");
}

#[tokio::test]
async fn nodes_that_migrate_at_the_same_time_do_not_disturb_each_other() {
    let url = PostgresServer::shared().await.database().await;
    let (one, other) = tokio::join!(audit::open(&url, true), audit::open(&url, true));
    one.expect("a log").log.ready().await.expect("ready");
    other.expect("a log").log.ready().await.expect("ready");
}

#[tokio::test]
async fn a_schema_that_is_behind_is_refused_by_the_name_of_the_remedy() {
    let url = PostgresServer::shared().await.database().await;
    let error = audit::open(&url, false).await.err().expect("no schema");
    assert!(matches!(error, AuditError::SchemaBehind { .. }), "{error}");
    assert!(error.to_string().contains("session-authority migrate"), "{error}");
}

#[tokio::test]
async fn a_schema_of_a_newer_release_serves() {
    let url = PostgresServer::shared().await.database().await;
    audit::migrate(&url).await.expect("migrated");
    let newer = "INSERT INTO audit_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'newer', true, '', 0)";
    connect_audit(&url).await.execute(newer).await.expect("a migration of a newer release");
    audit::open(&url, true).await.expect("a log").log.ready().await.expect("ready");
}

#[tokio::test]
async fn a_migration_recorded_as_failed_stops_a_start_and_a_migration() {
    let url = PostgresServer::shared().await.database().await;
    audit::migrate(&url).await.expect("migrated");
    let failed = "UPDATE audit_migrations SET success = false WHERE version = 4";
    connect_audit(&url).await.execute(failed).await.expect("a failed migration");
    for migrate in [false, true] {
        let error = audit::open(&url, migrate).await.err().expect("the failure is noticed");
        assert!(matches!(error, AuditError::MigrationFailed { version: 4 }), "{error}");
        assert!(error.to_string().contains("`audit_migrations`"), "{error}");
    }
    let error = audit::migrate(&url).await.expect_err("the failure is noticed");
    assert!(matches!(error, AuditError::MigrationFailed { version: 4 }), "{error}");
}

#[tokio::test]
async fn an_error_of_the_database_names_no_line_of_its_source() {
    let url = PostgresServer::shared().await.database().await;
    let (server, _) = url.rsplit_once('/').expect("a database");
    let log = audit::open(&format!("{server}/nowhere"), false).await.expect("a log that waits").log;
    let error = log.ready().await.expect_err("no such database").to_string();
    assert!(error.contains("\"nowhere\" does not exist") && !error.contains(" at line "), "{error}");
}

/// Returns a URL with a role that may only add and read rows, as described in docs/operating.md.
pub async fn with_role(url: &str, name: &str) -> String {
    let role = format!("{name}_{}", url.rsplit_once('_').expect("a database").1);
    let grant = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'secret';
         GRANT SELECT ON audit_migrations, forgotten_users TO {role};
         GRANT SELECT, INSERT ON session_events, login_events, refused_events, alerts TO {role};
         GRANT SELECT, INSERT, UPDATE ON sessions, store_checkpoints, mass_revocations, credential_uses TO {role};
         GRANT SELECT, UPDATE ON binding TO {role};
         GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoints, webhook_progress, webhook_messages TO {role}"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(grant)).execute(&mut connect_audit(url).await).await.expect("a role");
    let (_, address) = url.split_once('@').expect("an address");
    format!("postgres://{role}:secret@{address}")
}

#[tokio::test]
async fn a_role_that_may_only_add_and_look_is_enough_to_serve() {
    let url = PostgresServer::shared().await.database().await;
    audit::migrate(&url).await.expect("migrated");
    let log = audit::open(&with_role(&url, "appender").await, false).await.expect("a log").log;
    let session = login("ann", 1).session;
    let touch = Touch { session_id: session.id, at: NOW };
    let ended = event(EventKind::Ended(EndReason::Revoked), &session, NOW);
    log.append(&[event(EventKind::Created, &session, NOW)]).await.expect("appended");
    log.append(&[ended]).await.expect("appended to existing rows");
    log.refresh(&[touch]).await.expect("refreshed");
    log.ready().await.expect("ready");
}

#[tokio::test]
async fn a_role_that_may_only_add_and_look_binds_the_database_to_its_store() {
    let url = PostgresServer::shared().await.database().await;
    audit::migrate(&url).await.expect("migrated");
    let binding = audit::open(&with_role(&url, "binder").await, false).await.expect("a log").binding;
    assert_eq!(binding.binding().await.expect("a binding").store, None);
    let (bucket, at) = (Bucket(7), NOW);
    binding.record_checkpoint(bucket, None, at).await.expect("recorded");
    binding.record_checkpoint(bucket, None, at.plus(Duration::from_secs(1))).await.expect("passed over");
    assert_eq!(binding.checkpoints().await.expect("checkpoints"), [(bucket, at)].into());
    binding.record_checkpoint(bucket, Some(at), at.plus(Duration::from_secs(2))).await.expect("recorded");
    assert_eq!(binding.checkpoints().await.expect("checkpoints"), [(bucket, at.plus(Duration::from_secs(2)))].into());

    // A node that starts at the same time does not undo the record of another one.
    let [first, other] = [1, 2].map(|byte| BindingId([byte; 16]));
    binding.bind(first).await.expect("bound");
    binding.bind(other).await.expect("it is bound already");
    assert_eq!(binding.binding().await.expect("a binding").store, Some(first));
    assert_eq!(binding.checkpoints().await.expect("checkpoints").len(), 1);

    let unfit = audit::open(&without_binding(&url).await, false).await.expect("a log").binding;
    let error = unfit.binding().await.expect_err("no permission to read");
    assert!(matches!(error, AuditError::Forbidden { .. }), "{error}");
}

/// Creates a role as earlier releases needed it.
async fn without_binding(url: &str) -> String {
    let role = with_role(url, "older").await;
    let (name, _) = role.trim_start_matches("postgres://").split_once(':').expect("a name");
    let revoke = format!("REVOKE ALL ON binding, store_checkpoints FROM {name}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(revoke)).execute(&mut connect_audit(url).await).await.expect("fewer rights");
    role
}

#[tokio::test]
async fn a_database_that_cannot_be_written_to_is_not_ready() {
    let url = PostgresServer::shared().await.database().await;
    audit::migrate(&url).await.expect("migrated");
    let log = audit::open(&format!("{url}?options[default_transaction_read_only]=on"), false).await.expect("a log").log;
    let error = log.ready().await.expect_err("not ready");
    assert!(matches!(error, AuditError::Unavailable { .. }), "{error}");
}
