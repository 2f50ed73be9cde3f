//! Resumption: a subscriber that returns with a cursor gets each later alert once, or a gap for those that are missing.

use session_authority::{
    alerts::{GapReason, StartPosition},
    store::{AlertPosition, AlertRetention},
};

use super::fixture::{AlertFixture, KEEP, bucket_of, raise};

super::on_every_stream_engine! {
    what_is_raised_after_a_subscription_began_comes_to_it,
    from_the_start_everything_kept_comes_and_then_what_is_raised,
    a_resumed_subscription_neither_loses_nor_doubles,
    what_is_kept_no_longer_is_a_gap_and_then_it_goes_on,
    nobody_hears_of_a_gap_who_begins_with_the_oldest_that_is_kept,
    many_pages_of_history_come_in_order,
}

async fn what_is_raised_after_a_subscription_began_comes_to_it(fixture: AlertFixture) {
    fixture.raise_all(0..3).await;
    let feed = fixture.feed().await;
    let mut follower = feed.subscribe(StartPosition::Now).await;
    let raised = fixture.raise_all(3..6).await;
    assert_eq!(follower.alerts(3).await, raised);
    feed.stop().await;
}

async fn from_the_start_everything_kept_comes_and_then_what_is_raised(fixture: AlertFixture) {
    let mut raised = fixture.raise_all(0..3).await;
    let feed = fixture.feed().await;
    let mut follower = feed.subscribe(StartPosition::Oldest).await;
    raised.extend(fixture.raise_all(3..6).await);
    assert_eq!(follower.alerts(6).await, raised);
}

async fn a_resumed_subscription_neither_loses_nor_doubles(fixture: AlertFixture) {
    let feed = fixture.feed().await;
    let mut raised = Vec::new();
    let mut had = Vec::new();
    let mut begin = StartPosition::Oldest;
    for round in 0..6 {
        let mut follower = feed.subscribe(begin).await;
        raised.extend(fixture.raise_all(round * 5..(round + 1) * 5).await);
        // The subscriber disconnects in the middle of the existing alerts.
        had.extend(follower.alerts(4).await);
        begin = StartPosition::After(follower.position());
    }
    had.extend(feed.subscribe(begin).await.alerts(6).await);
    assert_eq!(had, raised);
}

async fn what_is_kept_no_longer_is_a_gap_and_then_it_goes_on(fixture: AlertFixture) {
    let feed = fixture.feed().await;
    fixture.raise(0).await;
    let mut follower = feed.subscribe(StartPosition::Oldest).await;
    follower.alert().await;
    let left_at = follower.position();
    drop(follower);
    let few = AlertRetention { alerts: 2, ..KEEP };
    let mut raised = Vec::new();
    for number in 1..6 {
        raised.push(raise(fixture.store.as_ref(), number).await);
        fixture.store.forward(bucket_of(number), 100, few).await.expect("forwarded");
    }
    let mut follower = feed.subscribe(StartPosition::After(left_at)).await;
    let gap = follower.gap().await;
    assert_eq!((gap.from, gap.reason), (left_at, GapReason::Expired));
    assert_eq!(follower.position(), gap.to);
    assert_eq!(follower.alerts(2).await, raised[3..]);
    let mut resumed = feed.subscribe(StartPosition::After(gap.to)).await;
    assert_eq!(resumed.alerts(2).await, raised[3..], "the end of a gap is a valid cursor");
}

async fn nobody_hears_of_a_gap_who_begins_with_the_oldest_that_is_kept(fixture: AlertFixture) {
    let few = AlertRetention { alerts: 2, ..KEEP };
    let mut raised = Vec::new();
    for number in 0..4 {
        raised.push(raise(fixture.store.as_ref(), number).await);
        fixture.store.forward(bucket_of(number), 100, few).await.expect("forwarded");
    }
    let mut follower = fixture.feed().await.subscribe(StartPosition::Oldest).await;
    assert_eq!(follower.alerts(2).await, raised[2..]);
}

async fn many_pages_of_history_come_in_order(fixture: AlertFixture) {
    let mut raised = fixture.raise_all(0..1_100).await;
    let feed = fixture.feed().await;
    let mut follower = feed.subscribe(StartPosition::Oldest).await;
    let mut had = follower.alerts(1_000).await;
    raised.extend(fixture.raise_all(1_100..1_110).await);
    had.extend(follower.alerts(110).await);
    assert_eq!(had, raised);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_went_back_is_reported_and_the_rest_is_delivered_again() {
    let fixture = AlertFixture::redis().await;
    let feed = fixture.feed().await;
    let kept = fixture.raise(0).await;
    let mut live = feed.subscribe(StartPosition::Oldest).await;
    live.alert().await;
    let lost = fixture.raise(1).await;
    assert_eq!(live.alert().await, lost);
    let after_lost = live.position();
    // The state after a failover to a replica that had not received the second one.
    let mut admin = fixture.server().admin().await;
    let first: AlertPosition = {
        let page = fixture.store.read(AlertPosition::START, 1).await.expect("a page");
        page.alerts[0].position
    };
    let mut forget = ::redis::pipe();
    forget.cmd("XTRIM").arg("sa1:{alerts}:s").arg("MAXLEN").arg(0).ignore();
    forget.cmd("DEL").arg("sa1:{alerts}:s").ignore();
    forget.cmd("HSET").arg("sa1:{alerts}:last").arg("p").arg(first.to_string()).ignore();
    let _: () = forget.query_async(&mut admin).await.expect("a loss");
    let gap = live.gap().await;
    assert_eq!((gap.from, gap.reason), (after_lost, GapReason::Rewound));
    let new = fixture.raise(2).await;
    assert_eq!(live.alert().await, new);
    let mut resumed = feed.subscribe(StartPosition::After(after_lost)).await;
    assert_eq!(resumed.gap().await.reason, GapReason::Rewound);
    assert_eq!(resumed.alert().await, new);
    assert_ne!(kept, new);
}
