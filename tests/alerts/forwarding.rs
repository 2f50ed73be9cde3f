//! Findings become alerts once and in order, whichever node forwards them and wherever that is interrupted.

use std::time::Duration;

use session_authority::{
    alerts::StartPosition,
    store::{AlertPosition, AlertRetention, AlertStream},
};

use super::fixture::{AlertFixture, KEEP, bucket_of, raise, redis_at};
use crate::support::proxy::TcpProxy;

super::on_every_stream_engine! {
    each_finding_becomes_one_alert_that_names_the_one_before,
    what_is_in_the_stream_is_not_put_there_again,
    pending_findings_are_reported_by_bucket,
    no_more_is_kept_than_is_asked_for,
    what_is_too_old_is_not_kept,
}

async fn ids_of(stream: &dyn AlertStream) -> Vec<session_authority::domain::alert::AlertId> {
    let page = stream.read(AlertPosition::START, 1_000).await.expect("a page");
    page.alerts.into_iter().map(|streamed| streamed.alert.expect("an alert").id).collect()
}

async fn each_finding_becomes_one_alert_that_names_the_one_before(fixture: AlertFixture) {
    let raised = fixture.raise_all(0..5).await;
    let page = fixture.store.read(AlertPosition::START, 1_000).await.expect("a page");
    let mut before = AlertPosition::START;
    for (streamed, id) in page.alerts.iter().zip(&raised) {
        assert_eq!((streamed.previous, streamed.alert.as_ref().map(|alert| alert.id)), (before, Ok(*id)));
        assert!(streamed.position > before);
        before = streamed.position;
    }
    assert_eq!((page.alerts.len(), page.newest), (raised.len(), before));
    assert_eq!(fixture.store.newest().await.expect("the newest"), before);
    assert_eq!(fixture.store.read(before, 10).await.expect("a page").alerts, []);
}

async fn what_is_in_the_stream_is_not_put_there_again(fixture: AlertFixture) {
    let first = fixture.raise(1).await;
    // The same finding is forwarded again, as after an interrupted step, between two others.
    let again = forward_duplicate_finding(&fixture, 1).await;
    assert_eq!(again.alerts, 0);
    let second = fixture.raise(2).await;
    assert_eq!(ids_of(fixture.store.as_ref()).await, [first, second]);
    let mut follower = fixture.feed().await.subscribe(StartPosition::Oldest).await;
    assert_eq!(follower.alerts(2).await, [first, second], "and there is no gap between them");
}

/// Forwards a second finding about the same event.
async fn forward_duplicate_finding(fixture: &AlertFixture, number: u64) -> session_authority::store::ForwardOutcome {
    let user = super::fixture::user(number);
    let (mut login, _) =
        super::fixture::login(&user, number, "NEW_COUNTRY", session_authority::domain::alert::Severity::Medium);
    let alert = login.findings[0].alert.clone();
    login = user.login(number + 1_000, crate::conformance::users::NOW);
    login.findings = vec![session_authority::store::Finding {
        alert,
        trigger: session_authority::store::FindingTrigger::Login,
        dedup_window: Duration::ZERO,
    }];
    fixture.store.create(login).await.expect("created");
    fixture.forward(number).await
}

async fn pending_findings_are_reported_by_bucket(fixture: AlertFixture) {
    for number in [3, 4] {
        raise(fixture.store.as_ref(), number).await;
    }
    let waiting = fixture.store.pending_findings().await.expect("what waits");
    let mut buckets = vec![bucket_of(3), bucket_of(4)];
    buckets.sort();
    assert_eq!((waiting.buckets, waiting.findings), (buckets, 2));
    for number in [3, 4] {
        assert_eq!(fixture.forward(number).await.alerts, 1);
    }
    assert_eq!(fixture.store.pending_findings().await.expect("nothing").findings, 0);
}

async fn no_more_is_kept_than_is_asked_for(fixture: AlertFixture) {
    let few = AlertRetention { alerts: 3, ..KEEP };
    let mut raised = Vec::new();
    for number in 0..8 {
        raised.push(raise(fixture.store.as_ref(), number).await);
        fixture.store.forward(bucket_of(number), 100, few).await.expect("forwarded");
    }
    assert_eq!(ids_of(fixture.store.as_ref()).await, raised[5..]);
    if let Some(redis) = &fixture.redis {
        let mut admin = redis.admin().await;
        let known: u64 = ::redis::cmd("ZCARD").arg("sa1:{alerts}:ids").query_async(&mut admin).await.expect("a number");
        assert!(known <= 4, "{known} ids of 3 alerts; one of the same millisecond may stay");
    }
}

async fn what_is_too_old_is_not_kept(fixture: AlertFixture) {
    let first = fixture.raise(1).await;
    let none = AlertRetention { age: Duration::ZERO, ..KEEP };
    let mut number = 2;
    // Repeats until the clock has moved on by a millisecond.
    loop {
        raise(fixture.store.as_ref(), number).await;
        fixture.store.forward(bucket_of(number), 100, none).await.expect("forwarded");
        if !ids_of(fixture.store.as_ref()).await.contains(&first) {
            return;
        }
        number += 1;
        assert!(number < 10_000, "it never becomes too old");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_off_after_any_step_nothing_is_lost_and_nothing_doubled() {
    let fixture = AlertFixture::redis().await;
    let proxy = TcpProxy::start(fixture.server().address()).await;
    let weak = redis_at(&fixture.server().url_through(proxy.address())).await;
    let mut raised = Vec::new();
    for (number, step) in [(1, "sa1:{alerts}:s"), (2, "}:findings\r\n$13\r\nsa1:{")] {
        raised.push(raise(fixture.store.as_ref(), number).await);
        let before = proxy.lost_replies();
        proxy.lose_reply_to(step);
        weak.forward(bucket_of(number), 100, KEEP).await.expect_err("the response was lost");
        assert_eq!(proxy.lost_replies(), before + 1, "{step}");
        fixture.forward(number).await;
    }
    assert_eq!(ids_of(fixture.store.as_ref()).await, raised);
    assert_eq!(fixture.store.pending_findings().await.expect("nothing").findings, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutant_without_the_ids_in_the_stream_it_would_be_doubled() {
    let fixture = AlertFixture::redis().await;
    let id = fixture.raise(1).await;
    let mut admin = fixture.server().admin().await;
    let _: u64 = ::redis::cmd("DEL").arg("sa1:{alerts}:ids").query_async(&mut admin).await.expect("no ids");
    forward_duplicate_finding(&fixture, 1).await;
    assert_eq!(ids_of(fixture.store.as_ref()).await, [id, id]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finding_that_cannot_be_read_holds_up_none_and_is_a_gap() {
    let fixture = AlertFixture::redis().await;
    let mut admin = fixture.server().admin().await;
    let key = format!("sa1:{{{}}}:findings", bucket_of(1));
    for broken in ["not a finding", "nor is this"] {
        let mut append = ::redis::cmd("XADD");
        append.arg(&key).arg("*").arg("a").arg(broken).arg("n").arg(1);
        let _: String = append.query_async(&mut admin).await.expect("an entry");
    }
    let good = raise(fixture.store.as_ref(), 1).await;
    let forwarded = fixture.forward(1).await;
    assert_eq!((forwarded.alerts, forwarded.unreadable, forwarded.has_more), (3, 2, false));
    let mut follower = fixture.feed().await.subscribe(StartPosition::Oldest).await;
    for _ in 0..2 {
        assert_eq!(follower.gap().await.reason.name(), "unreadable");
    }
    assert_eq!(follower.alert().await, good);
}
