//! An audit database that is away.

use std::sync::Arc;

use session_authority::audit;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    Fixture,
    fixture::{assert_complete, eventually, open},
};
use crate::support::postgres::PostgresServer;

pub async fn nothing_is_lost_while_the_audit_is_away(fixture: Fixture) {
    let server = PostgresServer::start().await;
    let url = server.database().await;
    let log = open(&url).await;
    let relay = fixture.relay(Arc::clone(&log));
    let (wake, stop) = (Arc::new(Notify::new()), CancellationToken::new());
    let status = relay.status();
    let running = relay.run(Arc::clone(&wake), stop.clone());

    let meanwhile = async {
        fixture.traffic(0..10).await;
        wake.notify_one();
        eventually("the first are in the audit", async || status.borrow().appended == 30).await;

        server.stop();
        fixture.traffic(10..20).await;
        wake.notify_one();
        eventually("the relay fails", async || status.borrow().failure.is_some()).await;
        let since = status.borrow().failure.as_ref().expect("a failure").since;
        fixture.traffic(20..30).await;
        eventually("all of them wait", async || status.borrow().backlog.events == 60).await;
        assert!(status.borrow().backlog.oldest.is_some());
        assert!(log.ready().await.is_err());
        assert_eq!(status.borrow().failure.as_ref().expect("a failure").since, since);

        server.restart().await;
        eventually("nothing waits", async || status.borrow().backlog.events == 0).await;
        assert_eq!(status.borrow().failure, None);
        log.ready().await.expect("ready");
        stop.cancel();
    };
    tokio::join!(running, meanwhile);

    assert_complete(&url, 0..30).await;
}

pub async fn a_relay_that_starts_without_the_audit_catches_up(fixture: Fixture) {
    let server = PostgresServer::start().await;
    let url = server.database().await;
    server.stop();
    let log = audit::open(&url, true).await.expect("a log that waits for its database");
    let relay = fixture.relay(Arc::clone(&log));
    fixture.traffic(0..3).await;
    assert!(relay.drain_once().await.is_err());
    assert_eq!(fixture.waiting().await, 9);

    server.restart().await;
    assert_eq!(relay.drain_once().await.expect("drained").added, 9);
    assert_complete(&url, 0..3).await;
}
