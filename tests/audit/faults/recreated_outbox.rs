//! Streams that were recreated, with IDs below those seen before.
//!
//! During the life of a stream its IDs only grow, whatever the clock does. They are lower if the stream was lost and a
//! clock went back, or if an older copy of it was restored.

use std::collections::HashMap;

use redis::{aio::MultiplexedConnection, streams::StreamRangeReply};
use session_authority::domain::Bucket;

use crate::{
    audit::fixture::{AuditFixture, drain, event_kinds_by_user, open},
    support::postgres::PostgresServer,
};

const USERS: u64 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_with_lower_ids_than_ever_before_are_taken_and_a_cursor_misses_them() {
    let fixture = AuditFixture::redis().await;
    let url = PostgresServer::shared().await.database().await;
    let relay = fixture.relay(open(&url).await);
    let mut admin = fixture.redis.as_ref().expect("a Redis").admin().await;
    let mut cursor = OutboxCursor::default();
    fixture.generate_traffic(0..USERS).await;
    assert_eq!(cursor.read(&mut admin).await, 3 * USERS);
    assert_eq!(drain(&relay).await, 3 * USERS);

    for user in 0..USERS {
        fixture.sign_out(&format!("user-{user}"), 10 * user + 1).await;
    }
    recreate_streams(&mut admin).await;
    assert_eq!(fixture.backlog().await, USERS);
    assert_eq!(cursor.read(&mut admin).await, 0, "the cursor skips them");
    assert_eq!(drain(&relay).await, USERS);

    let stories = event_kinds_by_user(&url).await;
    assert_eq!(stories.len() as u64, USERS);
    assert!(stories.values().all(|story| *story == ["created", "ended", "created", "ended"]), "{stories:?}");
    assert_eq!(fixture.backlog().await, 0);
}

/// Recreates the streams with the same entries under the lowest IDs.
async fn recreate_streams(admin: &mut MultiplexedConnection) {
    for bucket in Bucket::all() {
        let entries = entries(admin, bucket, "-").await;
        redis::cmd("DEL").arg(outbox(bucket)).exec_async(&mut *admin).await.expect("removed");
        for (number, entry) in entries.ids.iter().enumerate() {
            let mut add = redis::cmd("XADD");
            add.arg(outbox(bucket)).arg(format!("1-{number}"));
            for (field, value) in &entry.map {
                let value: Vec<u8> = redis::from_redis_value_ref(value).expect("bytes");
                add.arg(field).arg(value);
            }
            add.exec_async(&mut *admin).await.expect("added");
        }
    }
}

/// A reader that continues after the last ID that it saw.
#[derive(Default)]
struct OutboxCursor {
    seen: HashMap<u8, String>,
}

impl OutboxCursor {
    /// Reads the entries that are new to the cursor and returns their number.
    async fn read(&mut self, admin: &mut MultiplexedConnection) -> u64 {
        let mut found = 0;
        for bucket in Bucket::all() {
            let after = self.seen.get(&bucket.0).map_or("-".to_owned(), |seen| format!("({seen}"));
            let entries = entries(admin, bucket, &after).await;
            found += entries.ids.len() as u64;
            if let Some(last) = entries.ids.last() {
                self.seen.insert(bucket.0, last.id.clone());
            }
        }
        found
    }
}

async fn entries(admin: &mut MultiplexedConnection, bucket: Bucket, from: &str) -> StreamRangeReply {
    redis::cmd("XRANGE").arg(outbox(bucket)).arg(from).arg("+").query_async(admin).await.expect("entries")
}

fn outbox(bucket: Bucket) -> String {
    format!("sa1:{{{bucket}}}:outbox")
}
