//! Entries that the audit database does not accept.

use sqlx::Row;

use super::{
    AuditFixture,
    fixture::{assert_complete, connect_audit, drain, open, row_counts},
};
use crate::support::postgres::PostgresServer;

pub async fn a_refused_event_is_set_aside_and_stops_nothing(fixture: AuditFixture) {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    sqlx::query("ALTER TABLE session_events ADD CHECK (user_id <> 'poison')")
        .execute(&mut connect_audit(&url).await)
        .await
        .expect("a constraint");
    let relay = fixture.relay(log);
    fixture.generate_traffic(0..10).await;
    fixture.sign_in("poison", 1).await;
    fixture.generate_traffic(10..20).await;

    assert_eq!(drain(&relay).await, 60);

    assert_eq!(row_counts(&url).await, [60, 40, 1]);
    assert_complete(&url, 0..20).await;
    assert_eq!(fixture.backlog().await, 0);
    assert_eq!(relay.status().borrow().dead_letters, 1);
}

/// Runs on Redis only: the file of the other engine belongs to the store alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_entry_that_cannot_be_read_is_set_aside_and_stops_nothing() {
    let fixture = AuditFixture::redis().await;
    let url = PostgresServer::shared().await.database().await;
    let relay = fixture.relay(open(&url).await);
    let mut admin = fixture.redis.as_ref().expect("a Redis").admin().await;
    fixture.generate_traffic(0..2).await;
    for bucket in ["00", "7f"] {
        let mut add = redis::cmd("XADD");
        add.arg(format!("sa1:{{{bucket}}}:outbox")).arg("*").arg("k").arg("77").arg("r").arg(&[0_u8, 255]);
        add.exec_async(&mut admin).await.expect("an entry of a newer release");
    }
    fixture.generate_traffic(2..4).await;

    drain(&relay).await;

    assert_complete(&url, 0..4).await;
    assert_eq!(fixture.backlog().await, 0);
    let rows = sqlx::query("SELECT bucket, kind, record, error FROM refused_events ORDER BY bucket")
        .fetch_all(&mut connect_audit(&url).await)
        .await
        .expect("rows");
    let buckets: Vec<i16> = rows.iter().map(|row| row.get("bucket")).collect();
    assert_eq!(buckets, [0, 0x7f]);
    assert_eq!(rows[0].get::<i16, _>("kind"), 77);
    assert_eq!(rows[0].get::<&[u8], _>("record"), [0, 255]);
    assert!(rows[0].get::<&str, _>("error").contains("unknown event kind"));
}
