//! A database that is killed.

use super::scenario::{ACTS_BEFORE_FAULT, AuditScenario};
use crate::support::{postgres::PostgresServer, proxy::ProxyDirection};

/// A request of a batch, and whether the server dies before the request or before its response is seen.
const MOMENTS: [(&str, ProxyDirection); 3] = [
    ("INTO login_events", ProxyDirection::Requests),
    ("COMMIT\0", ProxyDirection::Requests),
    ("COMMIT\0", ProxyDirection::Replies),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_postgres_is_killed_in_the_middle_of_batches() {
    let postgres = PostgresServer::durable().await;
    let mut scene = AuditScenario::start(postgres.database().await, 2).await;
    scene
        .repeat_fault(async |scene| {
            for (request, direction) in MOMENTS {
                postgres.kill().await;
                scene.to_postgres.close_held();
                scene.to_postgres.hold_at(request, direction);
                scene.wait_for_acts(ACTS_BEFORE_FAULT).await;
                scene.record_backlog().await;
                postgres.restart().await;
                scene.to_postgres.wait_until_held().await;
            }
            postgres.kill().await;
            scene.to_postgres.close_held();
            postgres.restart().await;
        })
        .await;
    scene.assert_complete("PostgreSQL killed in the middle of batches").await;
}
