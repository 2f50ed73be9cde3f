//! The order in which PostgreSQL records events while several transactions add some.

use std::{collections::BTreeSet, time::Duration};

use session_authority::{
    audit::{self, AuditDatabase},
    domain::{
        EndReason, EventId, EventKind,
        search::{EventSearch, PageRequest, RecordedEvents, RecordingPosition, RecordingRange},
    },
};
use sqlx::Executor;
use tokio::task::JoinSet;

use super::{
    fixture::{connect_audit, eventually},
    logins::{NOW, login},
    postgres::event,
};
use crate::support::postgres::PostgresServer;

async fn pull(audit: &AuditDatabase, after: RecordingPosition) -> RecordedEvents {
    let page = PageRequest { size: 50, after: Some(after) };
    audit.history.list_recorded(&EventSearch::default(), RecordingRange::default(), page).await.expect("events")
}

/// A transaction that took lower numbers than another one commits later.
#[tokio::test]
async fn an_event_that_is_committed_late_is_not_passed_over() {
    let url = PostgresServer::shared().await.database().await;
    let audit = audit::open(&url, true).await.expect("an audit");
    let other = audit::open(&url, true).await.expect("an audit");
    let (slow, quick) = (login("ann", 1).session, login("bob", 2).session);
    let mut holder = connect_audit(&url).await;
    holder.execute("BEGIN; LOCK TABLE login_events IN ACCESS EXCLUSIVE MODE").await.expect("a lock");

    // The append waits for the table of logins after its event has a number.
    let log = audit.log.clone();
    let created = event(EventKind::Created, &slow, NOW);
    let mut appending = JoinSet::new();
    appending.spawn(async move { log.append(&[created]).await });
    let waits = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'login_events'::regclass)";
    eventually("the first append waits", async || {
        sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut connect_audit(&url).await).await.expect("a response")
    })
    .await;
    other.log.append(&[event(EventKind::Ended(EndReason::Revoked), &quick, NOW)]).await.expect("appended");

    let first = pull(&other, RecordingPosition::default()).await;
    assert!(first.events.is_empty() && first.has_more, "the later number waits for the earlier one: {first:?}");
    let unordered = "SELECT count(*) FROM session_events";
    let seen: i64 = sqlx::query_scalar(unordered).fetch_one(&mut connect_audit(&url).await).await.expect("a count");
    assert_eq!(seen, 1, "without the barrier it would be read now and the other one skipped");

    holder.execute("COMMIT").await.expect("released");
    appending.join_next().await.expect("a task").expect("no panic").expect("appended");
    let rest = pull(&other, first.resume).await;
    assert_eq!((rest.events.len(), rest.has_more), (2, false), "{rest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_beside_several_writers_gets_every_event_once() {
    const WRITERS: u8 = 4;
    const BATCHES: u8 = 40;
    let url = PostgresServer::shared().await.database().await;
    let audit = audit::open(&url, true).await.expect("an audit");
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let log = audit::open(&url, true).await.expect("an audit").log;
        writers.spawn(async move {
            for batch in 0..BATCHES {
                // Later events have earlier times.
                let at = NOW.minus(Duration::from_mins(u64::from(batch)));
                let user = format!("user-{writer}");
                let sessions = [2 * batch, 2 * batch + 1].map(|number| login(&user, number.into()).session);
                let events = sessions.map(|session| event(EventKind::Created, &session, at));
                log.append(&events).await.expect("appended");
            }
        });
    }
    let expected = usize::from(WRITERS) * usize::from(BATCHES) * 2;
    let (mut ids, mut count, mut after) = (BTreeSet::<[u8; 16]>::new(), 0, RecordingPosition::default());
    let mut done = false;
    loop {
        let was_done = done;
        let page = pull(&audit, after).await;
        after = page.resume;
        count += page.events.len();
        ids.extend(page.events.iter().map(|event| {
            let EventId(id) = event.id;
            id
        }));
        if was_done && !page.has_more {
            break;
        }
        while let Some(writer) = writers.try_join_next() {
            writer.expect("no panic");
        }
        done = writers.is_empty();
    }
    assert_eq!((count, ids.len()), (expected, expected));
}
