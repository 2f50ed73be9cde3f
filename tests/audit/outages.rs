//! An audit database that is unavailable.

use std::sync::Arc;

use session_authority::audit;
use sqlx::Executor;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    AuditFixture,
    fixture::{address_of, assert_complete, connect_audit, eventually, open, with_address},
};
use crate::support::{postgres::PostgresServer, proxy::TcpProxy};

pub async fn nothing_is_lost_while_the_audit_is_unavailable(fixture: AuditFixture) {
    let server = PostgresServer::start().await;
    let url = server.database().await;
    let log = open(&url).await;
    let relay = fixture.relay(Arc::clone(&log));
    let (wake, stop) = (Arc::new(Notify::new()), CancellationToken::new());
    let status = relay.status();
    let running = relay.run(Arc::clone(&wake), stop.clone());

    let meanwhile = async {
        fixture.generate_traffic(0..10).await;
        wake.notify_one();
        eventually("the first events are in the audit", async || status.borrow().appended == 30).await;

        server.stop();
        fixture.generate_traffic(10..20).await;
        wake.notify_one();
        eventually("the relay fails", async || status.borrow().failure.is_some()).await;
        let since = status.borrow().failure.as_ref().expect("a failure").since;
        fixture.generate_traffic(20..30).await;
        eventually("all events wait", async || status.borrow().backlog.events == 60).await;
        assert!(status.borrow().backlog.oldest.is_some());
        assert!(log.ready().await.is_err());
        assert_eq!(status.borrow().failure.as_ref().expect("a failure").since, since);

        server.restart().await;
        eventually("the backlog is empty", async || status.borrow().backlog.events == 0).await;
        assert_eq!(status.borrow().failure, None);
        log.ready().await.expect("ready");
        stop.cancel();
    };
    tokio::join!(running, meanwhile);

    assert_complete(&url, 0..30).await;
}

pub async fn a_relay_that_starts_without_the_audit_catches_up(fixture: AuditFixture) {
    let url = PostgresServer::shared().await.database().await;
    let proxy = TcpProxy::start(address_of(&url)).await;
    proxy.cut().await;
    let log =
        audit::open(&with_address(&url, proxy.address()), true).await.expect("a log that waits for its database").log;
    let relay = fixture.relay(log);
    fixture.generate_traffic(0..3).await;
    assert!(relay.drain_once().await.is_err());
    assert_eq!(fixture.backlog().await, 9);

    proxy.restore().await;
    assert_eq!(relay.drain_once().await.expect("drained").added, 9);
    assert_complete(&url, 0..3).await;
}

pub async fn a_commit_whose_answer_was_lost_is_recognised(fixture: AuditFixture) {
    let url = PostgresServer::shared().await.database().await;
    let proxy = TcpProxy::start(address_of(&url)).await;
    let relay = fixture.relay(open(&with_address(&url, proxy.address())).await);
    fixture.generate_traffic(0..3).await;

    // Matches the end of a string on the wire, so that "READ COMMITTED" does not match.
    proxy.lose_reply_to("COMMIT\0");
    let error = relay.drain_once().await.expect_err("no response");
    assert_eq!(proxy.lost_replies(), 1, "{error}");
    assert_complete(&url, 0..3).await;
    assert_eq!(fixture.backlog().await, 9);

    let drained = relay.drain_once().await.expect("drained");
    assert_eq!((drained.entries, drained.added), (9, 0));
    assert_complete(&url, 0..3).await;
}

/// A database that accepts at most a hundred events within the timeout.
const SLOW_INSERTS: &str = "
    CREATE FUNCTION tire() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT count(*) FROM added) > 100 THEN
                RAISE EXCEPTION 'too many' USING ERRCODE = 'query_canceled';
            END IF;
            RETURN NULL;
        END $$;
    CREATE TRIGGER tire AFTER INSERT ON session_events REFERENCING NEW TABLE AS added EXECUTE FUNCTION tire()";

pub async fn a_database_that_is_too_slow_for_a_batch_is_given_smaller_ones(fixture: AuditFixture) {
    let url = PostgresServer::shared().await.database().await;
    let relay = fixture.relay(open(&url).await);
    connect_audit(&url).await.execute(SLOW_INSERTS).await.expect("a trigger");
    fixture.generate_traffic(0..100).await;
    assert!(relay.drain_once().await.is_err(), "the first batch is too large");
    for _ in 0..50 {
        drop(relay.drain_once().await);
    }
    assert_eq!(fixture.backlog().await, 0);
    assert_complete(&url, 0..100).await;
}
