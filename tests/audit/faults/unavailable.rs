//! A database that is unavailable or read-only.

use sqlx::Executor;

use super::scenario::AuditScenario;
use crate::{audit::fixture::connect_audit, support::postgres::PostgresServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_while_postgres_is_stopped() {
    let postgres = PostgresServer::start().await;
    let mut scene = AuditScenario::start(postgres.database().await, 2).await;
    scene
        .repeat_fault(async |scene| {
            postgres.stop();
            scene.wait_until_backlogged().await;
            postgres.restart().await;
        })
        .await;
    scene.assert_complete("PostgreSQL stopped and started").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_set_aside_while_postgres_is_read_only() {
    let postgres = PostgresServer::start().await;
    let mut scene = AuditScenario::start(postgres.database().await, 1).await;
    let url = scene.url.clone();
    let read_only = async |setting: &str| {
        let mut admin = connect_audit(&url).await;
        for statement in [&format!("ALTER SYSTEM {setting}"), "SELECT pg_reload_conf()"] {
            admin.execute(sqlx::AssertSqlSafe(statement.to_owned())).await.expect("a setting");
        }
    };
    scene
        .repeat_fault(async |scene| {
            read_only("SET default_transaction_read_only = on").await;
            scene.wait_until_backlogged().await;
            read_only("RESET default_transaction_read_only").await;
        })
        .await;
    scene.assert_complete("PostgreSQL read-only").await;
}
