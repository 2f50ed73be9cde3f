//! Sessions as the audit summarises them.

use std::{slice::from_ref, time::Duration};

use session_authority::{
    audit::EventLog,
    domain::{EndReason, Event, EventKind, EventSubject, Session},
    store::Touch,
};
use sqlx::Row;

use super::{
    fixture::{connect_audit, open},
    logins::{NOW, login},
    postgres::event,
};
use crate::support::postgres::PostgresServer;

const SECOND: Duration = Duration::from_secs(1);

/// Returns the events of a session, updated twice, and of its end, which does not include the latest activity.
fn session_events(number: u64) -> [Event; 4] {
    let made = login("ann", number).session;
    let mut updated = made.clone();
    updated.record.revision = 2;
    updated.record.email = "ann@example.org".to_owned();
    updated.clock.last_active = NOW.plus(5 * SECOND);
    let mut rotated = updated.clone();
    rotated.record.revision = 3;
    rotated.record.roles = vec!["reader".to_owned(), "writer".to_owned()];
    rotated.clock.last_active = NOW.plus(3 * SECOND);
    let at = |seconds: u32| NOW.plus(seconds * SECOND);
    [
        event(EventKind::Created, &made, at(0)),
        event(EventKind::Updated, &updated, at(2)),
        event(EventKind::Rotated, &rotated, at(3)),
        event(EventKind::Ended(EndReason::Revoked), &rotated, at(4)),
    ]
}

/// Returns every permutation of `things`.
fn permutations<T: Clone>(things: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = things.split_first() else { return vec![Vec::new()] };
    let with_first = |order: Vec<T>| {
        (0..=order.len()).map(move |at| {
            let mut order = order.clone();
            order.insert(at, first.clone());
            order
        })
    };
    permutations(rest).into_iter().flat_map(with_first).collect()
}

/// Appends the events in batches, each batch twice. A set bit of `cuts` ends a batch after the event with that number.
async fn append_in_batches(log: &dyn EventLog, events: &[Event], cuts: u32) {
    let mut batch = Vec::new();
    for (number, event) in events.iter().enumerate() {
        batch.push(event.clone());
        if cuts & (1 << number) != 0 || number + 1 == events.len() {
            log.append(&batch).await.expect("appended");
            log.append(&batch).await.expect("known");
            batch.clear();
        }
    }
}

/// Revision, roles, end reason, e-mail address, last activity, and number of rows.
type ProjectionRow<'a> = (i64, &'a str, Option<&'a str>, &'a str, i64, i64);

#[tokio::test]
async fn neither_order_nor_repeats_nor_batches_matter() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    let mut sessions = 0;
    for events in 1..=4_usize {
        for order in permutations(&(0..events).collect::<Vec<_>>()) {
            for cuts in 0..1 << (events - 1) {
                sessions += 1;
                let story = session_events(sessions);
                let ordered_events: Vec<_> = order.iter().map(|number| story[*number].clone()).collect();
                append_in_batches(log.as_ref(), &ordered_events, cuts).await;
            }
        }
    }

    let sql = "SELECT revision, array_to_string(roles, ' '), end_reason, email,
                      (extract(epoch FROM last_active_at - $1) / 5)::bigint, count(*)
               FROM sessions GROUP BY 1, 2, 3, 4, 5 ORDER BY revision, end_reason NULLS FIRST";
    let rows =
        sqlx::query(sql).bind(NOW.to_offset_date_time()).fetch_all(&mut connect_audit(&url).await).await.expect("rows");
    let found: Vec<ProjectionRow> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), row.get(5))).collect();
    // Every order and every split into batches, each with activity at once or for five seconds.
    assert_eq!(
        found,
        [
            (1, "reader", None, "ann@example.com", 0, 1),
            (2, "reader", None, "ann@example.org", 1, 2 * 2),
            (3, "reader writer", None, "ann@example.org", 1, 6 * 4),
            (3, "reader writer", Some("revoked"), "ann@example.org", 1, 24 * 8),
        ]
    );
}

#[tokio::test]
async fn an_end_that_is_all_that_is_known_makes_a_row() {
    let url = PostgresServer::shared().await.database().await;
    let [.., ended] = session_events(1);
    open(&url).await.append(&[ended]).await.expect("appended");

    let sql = "SELECT user_id, end_reason, actor, idle_timeout, device_name, host(ip), latitude FROM sessions";
    let row = sqlx::query(sql).fetch_one(&mut connect_audit(&url).await).await.expect("a row");
    assert_eq!(row.get::<&str, _>(0), "ann");
    assert_eq!(row.get::<Option<&str>, _>(1), Some("revoked"));
    assert_eq!(row.get::<Option<&str>, _>(2), Some("admin:eve"));
    assert_eq!(row.get::<i64, _>(3), 4 * 60 * 60 * 1000);
    assert_eq!(row.get::<Option<&str>, _>(4), Some("Safari on iPhone"));
    assert_eq!(row.get::<Option<&str>, _>(5), Some("192.0.2.7"));
    assert_eq!(row.get::<Option<f64>, _>(6), None);
}

#[tokio::test]
async fn what_is_known_brings_no_row_back() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    let [created, updated, ..] = session_events(1);
    log.append(from_ref(&created)).await.expect("appended");
    sqlx::query("DELETE FROM sessions").execute(&mut connect_audit(&url).await).await.expect("erased");

    log.append(from_ref(&created)).await.expect("known");
    assert_eq!(sessions(&url).await, 0);
    log.append(&[created, updated]).await.expect("news");
    assert_eq!(sessions(&url).await, 1, "new events do");
}

#[tokio::test]
async fn activity_of_live_sessions_goes_forward_only() {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    let (live, over, unknown) = (login("ann", 1).session, login("ann", 2).session, login("ann", 3).session);
    let ended = event(EventKind::Ended(EndReason::Expired), &over, NOW);
    log.append(&[event(EventKind::Created, &live, NOW), ended]).await.expect("appended");

    let touch = |session: &Session, seconds: u32| Touch { session_id: session.id, at: NOW.plus(seconds * SECOND) };
    let activity = [touch(&live, 10), touch(&live, 30), touch(&live, 20), touch(&over, 30), touch(&unknown, 30)];
    log.refresh(&activity).await.expect("refreshed");
    assert_eq!(active_for(&url).await, [(30_000, true), (2, false)]);
    log.refresh(&[touch(&live, 29)]).await.expect("refreshed");
    log.refresh(&[]).await.expect("nothing");
    assert_eq!(active_for(&url).await, [(30_000, true), (2, false)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refreshing_and_appending_do_not_wait_for_each_other_in_a_circle() {
    let url = PostgresServer::shared().await.database().await;
    let (log, other) = (open(&url).await, open(&url).await);
    let stories: Vec<_> = (0..200).map(session_events).collect();
    let of = |part: usize| -> Vec<_> { stories.iter().map(|story| story[part].clone()).collect() };
    log.append(&of(0)).await.expect("appended");
    let mut activity: Vec<_> = stories.iter().filter_map(touch_of).collect();
    activity.reverse();

    for part in [1, 2] {
        let news = of(part);
        let (appended, refreshed) = tokio::join!(log.append(&news), other.refresh(&activity));
        assert_eq!(appended.expect("appended").added, 200);
        refreshed.expect("refreshed");
    }
}

fn touch_of(story: &[Event; 4]) -> Option<Touch> {
    let EventSubject::Session(session) = &story[0].subject else { return None };
    Some(Touch { session_id: session.id, at: NOW.plus(60 * SECOND) })
}

async fn sessions(url: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM sessions").fetch_one(&mut connect_audit(url).await).await.expect("a count")
}

/// Returns for how many milliseconds after [`NOW`] each session was active, and whether it is active now.
async fn active_for(url: &str) -> Vec<(i64, bool)> {
    let sql = "SELECT (extract(epoch FROM last_active_at) * 1000)::bigint - $1, ended_at IS NULL
               FROM sessions ORDER BY created_at";
    let now = i64::try_from(NOW.get()).expect("a time");
    sqlx::query_as(sql).bind(now).fetch_all(&mut connect_audit(url).await).await.expect("rows")
}
