//! Slow queries, as many as are allowed at a time, next to the relay.

use std::time::Duration;

use futures_util::future::join_all;
use session_authority::domain::{EventKind, search::StatsQuery};
use sqlx::{Connection, Executor};

use super::{
    HistoryFixture,
    model::HistoryModel,
    sample_sessions::{SampleSession, made_at},
};
use crate::audit::fixture::{connect_audit, eventually};

const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_questions_wait_events_are_appended() {
    let fixture = HistoryFixture::postgres(&HistoryModel::default()).await;
    // Every count needs the table of logins, which is locked; this event needs no login.
    let mut locker = connect_audit(&fixture.url).await;
    let mut lock = locker.begin().await.expect("a transaction");
    lock.execute("LOCK TABLE login_events IN ACCESS EXCLUSIVE MODE").await.expect("the lock");
    let life = SampleSession::new(0);
    let updated: Vec<_> = life.events.iter().filter(|event| event.kind == EventKind::Updated).collect();
    assert_eq!(updated.len(), 1);

    let query =
        StatsQuery { tenants: None, user: None, start: made_at(0), end: made_at(60), step: Duration::from_secs(1) };
    let questions = join_all((0..20).map(|_| fixture.history.stats(&query)));
    let meanwhile = async {
        eventually("queries wait", async || {
            let waiting: i64 =
                sqlx::query_scalar(WAITING).fetch_one(&mut connect_audit(&fixture.url).await).await.expect("a count");
            waiting > 0
        })
        .await;
        fixture.append(updated.iter().copied()).await;
        lock.rollback().await.expect("the lock is released");
    };
    let (answers, ()) = tokio::join!(questions, meanwhile);

    assert!(answers.iter().any(Result::is_ok), "queries that had a connection succeed");
    assert!(fixture.history.stats(&query).await.is_ok(), "later queries succeed");
}
