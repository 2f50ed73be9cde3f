//! Erasure of a user: subscribers miss no alert of other users.

use session_authority::{
    alerts::StartPosition,
    domain::alert::AlertId,
    store::{AlertPosition, AlertStream, MissingAlert},
};

use super::fixture::{AlertFixture, raise, user};

super::on_every_stream_engine! {
    nothing_about_a_forgotten_user_is_left_and_nobody_hears_of_a_gap,
    what_was_forgotten_in_any_order_is_no_gap,
    what_waits_to_be_forwarded_is_forgotten_too,
}

async fn forget(fixture: &AlertFixture, number: u64) -> u64 {
    AlertStream::delete_user_alerts(&*fixture.store, &user(number).owner).await.expect("forgotten")
}

async fn positions(stream: &dyn AlertStream) -> Vec<AlertPosition> {
    let page = stream.read(AlertPosition::START, 1_000).await.expect("a page");
    page.alerts.into_iter().map(|streamed| streamed.position).collect()
}

async fn remaining_alerts(stream: &dyn AlertStream) -> Vec<AlertId> {
    let page = stream.read(AlertPosition::START, 1_000).await.expect("a page");
    let forgotten = |alert: &MissingAlert| *alert == MissingAlert::Forgotten;
    let has_alert = |read: &Result<_, _>| !read.as_ref().is_err_and(forgotten);
    let alerts = page.alerts.into_iter().map(|streamed| streamed.alert).filter(has_alert);
    alerts.map(|alert| alert.expect("an alert").id).collect()
}

async fn nothing_about_a_forgotten_user_is_left_and_nobody_hears_of_a_gap(fixture: AlertFixture) {
    let raised = fixture.raise_all(0..6).await;
    let cursors = positions(fixture.store.as_ref()).await;
    assert_eq!(forget(&fixture, 2).await, 1);
    assert_eq!(forget(&fixture, 2).await, 0, "a repeat finds nothing more");
    let others = [raised[0], raised[1], raised[3], raised[4], raised[5]];
    assert_eq!(remaining_alerts(fixture.store.as_ref()).await, others);
    let feed = fixture.feed().await;
    assert_eq!(feed.subscribe(StartPosition::Oldest).await.alerts(5).await, others);
    for (number, cursor) in cursors.into_iter().enumerate().take(5) {
        let after: Vec<_> = raised[number + 1..].iter().copied().filter(|id| *id != raised[2]).collect();
        assert_eq!(
            feed.subscribe(StartPosition::After(cursor)).await.alerts(after.len()).await,
            after,
            "after {number}"
        );
    }
}

async fn what_was_forgotten_in_any_order_is_no_gap(fixture: AlertFixture) {
    fixture.raise_all(0..6).await;
    let cursors = positions(fixture.store.as_ref()).await;
    // The second alert, the one before it, one between others, and the newest.
    for number in [2, 1, 3, 5, 4] {
        assert_eq!(forget(&fixture, number).await, 1);
    }
    let feed = fixture.feed().await;
    let mut followers = Vec::new();
    for cursor in cursors {
        followers.push(feed.subscribe(StartPosition::After(cursor)).await);
    }
    let new = fixture.raise(7).await;
    for mut follower in followers {
        assert_eq!(follower.alert().await, new);
    }
}

async fn what_waits_to_be_forwarded_is_forgotten_too(fixture: AlertFixture) {
    for number in [1, 2] {
        raise(fixture.store.as_ref(), number).await;
    }
    assert_eq!(forget(&fixture, 1).await, 1);
    assert_eq!(fixture.forward(1).await.alerts, 0);
    assert_eq!(fixture.forward(2).await.alerts, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutant_without_the_note_a_forgotten_alert_would_be_a_gap() {
    let fixture = AlertFixture::redis().await;
    fixture.raise_all(0..3).await;
    let first = positions(fixture.store.as_ref()).await[0];
    forget(&fixture, 1).await;
    let mut admin = fixture.server().admin().await;
    let _: u64 = ::redis::cmd("DEL").arg("sa1:{alerts}:gone").query_async(&mut admin).await.expect("no notes");
    fixture.feed().await.subscribe(StartPosition::After(first)).await.gap().await;
}
