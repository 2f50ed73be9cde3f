//! Events that a table rejects, among others in one batch.

use sqlx::Executor;

use super::{
    load::simulate_user,
    scenario::{ACTS_BEFORE_FAULT, AuditScenario},
};
use crate::{
    audit::fixture::{connect_audit, row_counts},
    service::management::get,
    support::{postgres::PostgresServer, redis_cluster::until},
};

/// A table, and how many of a user's eight events are written to it: four logins, three single ends, and the end of
/// all.
const TABLES: [(&str, usize); 3] = [("session_events", 8), ("login_events", 4), ("sessions", 7)];
/// Number of such users' events that no table rejects.
const KEPT: i64 = 4 + 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_rejected_by_a_table_become_dead_letters_and_are_reported() {
    let url = PostgresServer::shared().await.database().await;
    let mut scene = AuditScenario::start(url, 1).await;
    for (table, _) in TABLES {
        let refuse = format!("ALTER TABLE {table} ADD CHECK (user_id NOT LIKE '-poison-{table}-%')");
        connect_audit(&scene.url).await.execute(sqlx::AssertSqlSafe(refuse)).await.expect("a constraint");
    }

    let management = scene.servers[0].management.parse().expect("an address");
    let (mut round, mut refused) = (0, 0);
    scene
        .repeat_fault(async |scene| {
            scene.to_postgres.cut().await;
            scene.wait_until_backlogged().await;
            for (table, events) in TABLES {
                let story = simulate_user(&scene.servers[0].channel(), format!("-poison-{table}-{round}")).await;
                assert!(story.unanswered.is_none(), "no login fails");
                refused += events;
            }
            scene.wait_for_acts(ACTS_BEFORE_FAULT).await;
            scene.record_backlog().await;
            scene.to_postgres.restore().await;
            round += 1;
            let expected_line = format!("audit_relay_dead_letters_total {refused}\n");
            until("the metric counts it", async || get(management, "/metrics").await.1.contains(&expected_line)).await;
        })
        .await;

    assert!(scene.servers[0].log().contains("stored an unprocessable event as a dead letter"), "it is logged");
    assert_eq!(usize::try_from(row_counts(&scene.url).await[2]).expect("few"), refused);
    // The other tables have the rows of these events.
    let kept = "SELECT count(*) FROM session_events WHERE user_id LIKE '-%'";
    let kept: i64 = sqlx::query_scalar(kept).fetch_one(&mut connect_audit(&scene.url).await).await.expect("a count");
    assert_eq!(kept, KEPT * round);
    scene.finish_and_compare("events rejected by a table").await.assert_complete();
}
