//! Many subscribers, some of which do not keep up.

use session_authority::{
    alerts::{AlertFilter, FeedSettings, GapReason, StartPosition, SubscribeError, SubscriptionError},
    domain::{TenantScope, alert::AlertId},
};
use tokio::task::JoinSet;

use super::fixture::{AlertFixture, RunningFeed, SETTINGS, within};

super::on_every_stream_engine! {
    who_is_too_slow_is_cut_with_a_gap_and_resumes_without_loss,
    who_reads_history_slowly_is_not_cut,
    one_that_stalls_keeps_nothing_from_a_thousand_others,
    there_is_room_for_so_many,
}

const SMALL_BUFFER: FeedSettings = FeedSettings { buffer: 16, ..SETTINGS };

async fn who_is_too_slow_is_cut_with_a_gap_and_resumes_without_loss(fixture: AlertFixture) {
    let feed = RunningFeed::start(fixture.stream(), SMALL_BUFFER).await;
    let mut slow = feed.subscribe(StartPosition::Now).await;
    let mut quick = feed.subscribe(StartPosition::Now).await;
    let mut number = 1_000;
    while !slow.subscription.is_live() {
        let (seen, raised) = tokio::join!(slow.alert(), fixture.raise(number));
        assert_eq!((seen, quick.alert().await), (raised, raised));
        number += 1;
        assert!(number < 2_000, "it never gets live alerts");
    }
    let left_at = slow.position();
    let mut raised = Vec::new();
    for number in 1..=40 {
        raised.push(fixture.raise(number).await);
        assert_eq!(quick.alert().await, raised[raised.len() - 1]);
    }
    let gap = slow.gap().await;
    assert_eq!((gap.from, gap.to, gap.reason), (left_at, quick.position(), GapReason::SlowConsumer));
    assert!(matches!(slow.next().await, Err(SubscriptionError::SlowConsumer)));
    assert_eq!(slow.position(), left_at);
    let mut resumed = feed.subscribe(StartPosition::After(gap.from)).await;
    assert_eq!(resumed.alerts(40).await, raised);
}

async fn who_reads_history_slowly_is_not_cut(fixture: AlertFixture) {
    let mut raised = fixture.raise_all(0..600).await;
    let feed = RunningFeed::start(fixture.stream(), SMALL_BUFFER).await;
    let mut reader = feed.subscribe(StartPosition::Oldest).await;
    let mut had = vec![reader.alert().await];
    raised.extend(fixture.raise_all(600..640).await);
    had.extend(reader.alerts(639).await);
    assert_eq!(had, raised);
}

async fn one_that_stalls_keeps_nothing_from_a_thousand_others(fixture: AlertFixture) {
    let feed = RunningFeed::start(fixture.stream(), SETTINGS).await;
    let mut stalled = feed.subscribe(StartPosition::Now).await;
    let mut crowd = JoinSet::new();
    for _ in 0..1_000 {
        let mut follower = feed.subscribe(StartPosition::Now).await;
        crowd.spawn(async move { follower.alerts(50).await });
    }
    let raised = fixture.raise_all(0..50).await;
    let all: Vec<Vec<AlertId>> = within("every subscriber has every alert", crowd.join_all()).await;
    assert!(all.iter().all(|had| *had == raised));
    assert_eq!(stalled.alerts(50).await, raised, "the stalled subscriber kept its position");
}

async fn there_is_room_for_so_many(fixture: AlertFixture) {
    let feed = RunningFeed::start(fixture.stream(), FeedSettings { max_subscribers: 1, ..SETTINGS }).await;
    let first = feed.subscribe(StartPosition::Now).await;
    assert!(matches!(
        feed.feed.subscribe(StartPosition::Now, &AlertFilter::for_scope(TenantScope::All)).await,
        Err(SubscribeError::TooManySubscribers)
    ));
    drop(first);
    feed.subscribe(StartPosition::Now).await;
}
