//! Alerts while Redis, the network path to it, or a node fails.

use std::{sync::Arc, time::Duration};

use session_authority::{
    alerts::{FeedSettings, FindingForwarder, StartPosition},
    clock::SystemClock,
    lifecycle::TaskGroup,
    store::AlertStream,
};

use super::fixture::{AlertFixture, KEEP, RunningFeed, SETTINGS, raise, redis_at, within};
use crate::support::{
    proxy::{ProxyDirection, TcpProxy},
    redis::RedisServer,
};

/// A stream that is read directly and whose messages arrive through a proxy.
struct SplitAlertStream {
    reader: Arc<dyn AlertStream>,
    notifier: Arc<dyn AlertStream>,
}

#[async_trait::async_trait]
impl AlertStream for SplitAlertStream {
    async fn pending_findings(
        &self,
    ) -> Result<session_authority::store::PendingFindings, session_authority::store::StoreError> {
        self.reader.pending_findings().await
    }

    async fn forward(
        &self,
        bucket: session_authority::domain::Bucket,
        limit: usize,
        keep: session_authority::store::AlertRetention,
    ) -> Result<session_authority::store::ForwardOutcome, session_authority::store::StoreError> {
        self.reader.forward(bucket, limit, keep).await
    }

    async fn read(
        &self,
        after: session_authority::store::AlertPosition,
        limit: usize,
    ) -> Result<session_authority::store::AlertPage, session_authority::store::StoreError> {
        self.reader.read(after, limit).await
    }

    async fn find(
        &self,
        id: session_authority::domain::alert::AlertId,
    ) -> Result<Option<session_authority::store::StreamedAlert>, session_authority::store::StoreError> {
        self.reader.find(id).await
    }

    async fn newest(&self) -> Result<session_authority::store::AlertPosition, session_authority::store::StoreError> {
        self.reader.newest().await
    }

    async fn delete_user_alerts(
        &self,
        owner: &session_authority::domain::Owner,
    ) -> Result<u64, session_authority::store::StoreError> {
        self.reader.delete_user_alerts(owner).await
    }

    fn position_before(
        &self,
        position: session_authority::store::AlertPosition,
        span: Duration,
    ) -> session_authority::store::AlertPosition {
        self.reader.position_before(position, span)
    }

    async fn listen(&self) -> Result<session_authority::store::AlertMessages, session_authority::store::StoreError> {
        self.notifier.listen().await
    }
}

async fn with_frozen_messages(catch_up: Duration) -> (AlertFixture, TcpProxy, RunningFeed) {
    let fixture = AlertFixture::redis().await;
    let proxy = TcpProxy::start(fixture.server().address()).await;
    let heard = Arc::new(redis_at(&fixture.server().url_through(proxy.address())).await);
    let stream = Arc::new(SplitAlertStream { reader: fixture.stream(), notifier: heard });
    let feed = RunningFeed::start(stream, FeedSettings { poll_interval: catch_up, ..SETTINGS }).await;
    proxy.freeze(ProxyDirection::Replies);
    (fixture, proxy, feed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_arrive_though_their_messages_do_not() {
    let (fixture, proxy, feed) = with_frozen_messages(SETTINGS.poll_interval).await;
    let mut follower = feed.subscribe(StartPosition::Now).await;
    let mut raised = fixture.raise_all(0..10).await;
    assert_eq!(follower.alerts(10).await, raised);
    let mut status = feed.feed.status();
    within("the dead connection is noticed", status.wait_for(|status| !status.is_listening)).await.expect("a feed");
    proxy.thaw(ProxyDirection::Replies);
    within("the feed is listening again", status.wait_for(|status| status.is_listening)).await.expect("a feed");
    raised = fixture.raise_all(10..20).await;
    assert_eq!(follower.alerts(10).await, raised, "late messages are not delivered twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutant_without_reading_the_stream_they_would_not_arrive() {
    let (fixture, proxy, feed) = with_frozen_messages(Duration::from_hours(1)).await;
    let mut follower = feed.subscribe(StartPosition::Now).await;
    // Alerts from before the subscription come from history, so it must catch up first.
    let caught_up = tokio::time::timeout(Duration::from_millis(500), follower.subscription.next(&follower.filter));
    caught_up.await.expect_err("the stream is empty");
    let raised = fixture.raise(1).await;
    let waited = tokio::time::timeout(Duration::from_secs(2), follower.subscription.next(&follower.filter)).await;
    waited.expect_err("the stream is not read");
    proxy.thaw(ProxyDirection::Replies);
    assert_eq!(follower.alert().await, raised, "the message comes late");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_deliver_the_alerts_of_both() {
    let one = AlertFixture::redis().await;
    let other = redis_at(&one.server().url()).await;
    let feeds = [one.feed().await, RunningFeed::start(Arc::new(redis_at(&one.server().url()).await), SETTINGS).await];
    let mut followers = [feeds[0].subscribe(StartPosition::Now).await, feeds[1].subscribe(StartPosition::Now).await];
    let mut raised = Vec::new();
    for number in 0..20 {
        let store: &dyn super::fixture::AlertEngine = if number % 2 == 0 { one.store.as_ref() } else { &other };
        raised.push(raise(store, number).await);
        store.forward(super::fixture::bucket_of(number), 100, KEEP).await.expect("forwarded");
    }
    for follower in &mut followers {
        assert_eq!(follower.alerts(20).await, raised);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_node_left_behind_is_forwarded_by_another() {
    let fixture = AlertFixture::redis().await;
    let raised = raise(fixture.store.as_ref(), 1).await;
    let feed = fixture.feed().await;
    let mut follower = feed.subscribe(StartPosition::Now).await;
    let tasks = TaskGroup::new();
    let forwarder = FindingForwarder::new(fixture.stream(), Arc::new(SystemClock), KEEP);
    let mut status = forwarder.status();
    tasks.spawn("forwarder", forwarder.run(futures_util::stream::pending(), tasks.stop_token()));
    assert_eq!(follower.alert().await, raised);
    within("it is counted", status.wait_for(|status| status.forwarded == 1)).await.expect("a forwarder");
    assert!(tasks.stop(Duration::from_secs(10)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_resumed_subscriber_has_each_alert_once_though_redis_was_killed_and_feeds_ended() {
    let fixture = AlertFixture::with_server(RedisServer::durable().await).await;
    let tasks = TaskGroup::new();
    let forwarder = FindingForwarder::new(fixture.stream(), Arc::new(SystemClock), KEEP);
    tasks.spawn("forwarder", forwarder.run(futures_util::stream::pending(), tasks.stop_token()));
    let mut feed = fixture.feed().await;
    let mut follower = feed.subscribe(StartPosition::Now).await;
    let mut raised = Vec::new();
    let mut had = Vec::new();
    for round in 0..3 {
        for number in round * 10..(round + 1) * 10 {
            raised.push(raise(fixture.store.as_ref(), number).await);
        }
        had.extend(follower.alerts(4).await);
        let position = follower.position();
        drop(follower);
        fixture.server().kill();
        feed.stop().await;
        fixture.server().restart().await;
        within("the store responds again", async {
            while fixture.store.time().await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        feed = fixture.feed().await;
        follower = feed.subscribe(StartPosition::After(position)).await;
    }
    had.extend(follower.alerts(raised.len() - had.len()).await);
    let sorted = |mut ids: Vec<_>| {
        ids.sort();
        ids
    };
    assert_eq!(sorted(had), sorted(raised));
    assert!(tasks.stop(Duration::from_secs(10)).await);
}
