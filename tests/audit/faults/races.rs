//! Several relays on one outbox.

use std::sync::Arc;

use session_authority::{audit::Relay, clock::SystemClock};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::scenario::{AuditScenario, connect_store};
use crate::{audit::fixture::open, support::postgres::PostgresServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relays_in_several_processes_append_everything_once() {
    let url = PostgresServer::shared().await.database().await;
    let mut scene = AuditScenario::start(url, 2).await;
    let (stop, relays) = (CancellationToken::new(), TaskTracker::new());
    for _ in 0..2 {
        let store = Arc::new(connect_store(&scene.fleet).await);
        let relay = Arc::new(Relay::new(store, open(&scene.url).await, Arc::new(SystemClock)));
        relays.spawn(relay.run(Arc::new(Notify::new()), stop.clone()));
    }
    relays.close();
    scene
        .repeat_fault(async |scene| {
            scene.wait_for_acts(200).await;
            scene.record_backlog().await;
            scene.servers[0].kill();
            scene.servers[0].start_again().await;
        })
        .await;
    stop.cancel();
    relays.wait().await;
    scene.assert_complete("four relays, one of them killed").await;
}
