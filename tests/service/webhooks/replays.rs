//! Replays of messages that were delivered.

use std::{collections::HashSet, time::Duration};

use prost_types::Timestamp;
use session_authority::api::{
    AuditEventKind, CreateRequest, ListEventsRequest, ReplayWebhookRequest, TimeWindow, WebhookState,
};
use tonic::Code;

use super::{
    TestService, add, endpoint, eventually, eventually_entry, login_of, on_every_audit,
    receiver::{Receiver, Reply},
    webhooks,
};
use crate::service::fixture::{assert_invalid_fields, error_parts};

on_every_audit!(
    everything_since_a_time_is_sent_again_with_the_same_ids,
    a_replay_of_many_messages_misses_none_and_repeats_none,
    a_replay_delivers_what_waits_for_another_attempt_and_queues_what_fails,
    alerts_count_by_the_time_of_their_event,
);

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

async fn add_for(service: &TestService, receiver: &Receiver, event_type: &str) {
    let mut webhook = endpoint("hook", &receiver.url());
    webhook.event_types = vec![event_type.to_owned()];
    add(service, webhook).await;
}

fn since(recorded_since: Timestamp) -> ReplayWebhookRequest {
    ReplayWebhookRequest {
        name: "hook".to_owned(),
        recorded_since: Some(recorded_since),
        reason: "lost".to_owned(),
        actor: "ops-1".to_owned(),
        ..ReplayWebhookRequest::default()
    }
}

async fn replay(service: &TestService, request: ReplayWebhookRequest) -> u64 {
    webhooks(service).replay_webhook(request).await.expect("replayed").into_inner().replayed_count
}

/// Returns the time at which the sign-in of a user was recorded.
async fn recorded_at(service: &TestService, user: &str) -> Timestamp {
    let request = ListEventsRequest {
        user_id: user.to_owned(),
        tenant_id: "default".to_owned(),
        kinds: vec![AuditEventKind::SessionCreated.into()],
        ..ListEventsRequest::default()
    };
    let events = service.admin().list_events(request).await.expect("events").into_inner().events;
    events[0].recorded_at.expect("a time")
}

/// Waits until no replay is running.
async fn eventually_replayed(service: &TestService) {
    eventually_entry(service, "hook", "the replay is complete", |entry| entry.replay.is_none()).await;
}

fn user_of(request: &super::receiver::ReceivedRequest) -> String {
    request.json()["data"]["user_id"].as_str().unwrap_or_default().to_owned()
}

async fn everything_since_a_time_is_sent_again_with_the_same_ids(service: TestService) {
    let receiver = Receiver::start().await;
    add_for(&service, &receiver, "session.created").await;
    for (number, user) in ["ann", "bob", "eve"].into_iter().enumerate() {
        service.login(user).await;
        receiver.wait_for(number + 1).await;
    }
    let first = receiver.requests();
    let start = recorded_at(&service, "bob").await;

    // Without the time, only dead letters are sent again, and there are none.
    let occurred = Some(TimeWindow { start: Some(Timestamp::default()), end: None });
    let dead = ReplayWebhookRequest { recorded_since: None, occurred, ..since(start) };
    assert_eq!(replay(&service, dead).await, 0);

    service.clock.advance(Duration::from_mins(1));
    assert_eq!(replay(&service, since(start)).await, 0, "messages that were delivered are not counted");
    let requests = receiver.wait_for(5).await;
    eventually_replayed(&service).await;
    let again: HashSet<_> = requests[3..].iter().map(|request| (user_of(request), request.id().to_owned())).collect();
    let expected: HashSet<_> = first[1..].iter().map(|request| (user_of(request), request.id().to_owned())).collect();
    assert_eq!(again, expected, "the messages since then, with their IDs");
    assert!(requests[3..].iter().all(|request| request.header("webhook-timestamp") == "1800000060"));

    // What is recorded after the request is sent once.
    service.login("zoe").await;
    let requests = receiver.wait_for(6).await;
    assert_eq!(user_of(&requests[5]), "zoe");
    // A repeated call starts again.
    replay(&service, since(start)).await;
    receiver.wait_for(9).await;
    eventually_replayed(&service).await;
    assert_eq!(receiver.requests().len(), 9, "two messages, and that of zoe");
    let entry = super::entry(&service, "hook").await;
    assert_eq!((entry.pending_count, entry.state()), (0, WebhookState::Active));

    let kinds = vec![AuditEventKind::WebhookChanged.into()];
    let events = service.admin().list_events(ListEventsRequest { kinds, ..ListEventsRequest::default() }).await;
    let events = events.expect("events").into_inner().events;
    let replayed: Vec<_> = events.iter().filter(|event| event.webhook_action == "replayed").collect();
    assert_eq!(replayed.len(), 2, "one for each call that found something");
    assert!(replayed.iter().all(|event| (event.actor.as_str(), event.reason.as_str()) == ("ops-1", "lost")));
}

async fn a_replay_of_many_messages_misses_none_and_repeats_none(service: TestService) {
    let receiver = Receiver::start().await;
    add_for(&service, &receiver, "session.created").await;
    // More than a batch of a replay.
    let count = 80;
    for number in 0..count {
        service.login(&format!("user-{number}")).await;
    }
    receiver.wait_for(count).await;
    eventually_entry(&service, "hook", "the deliveries are recorded", |entry| entry.last_success_at.is_some()).await;
    // Sign-ins of different users are not recorded in their order, so the time is one before all of them.
    replay(&service, since(Timestamp { seconds: 1_000_000_000, nanos: 0 })).await;
    let requests = receiver.wait_for(2 * count).await;
    eventually_replayed(&service).await;
    assert_eq!(receiver.requests().len(), 2 * count);
    let again: HashSet<_> = requests[count..].iter().map(|request| request.id().to_owned()).collect();
    assert_eq!(again.len(), count);
}

async fn a_replay_delivers_what_waits_for_another_attempt_and_queues_what_fails(service: TestService) {
    let receiver = Receiver::start().await;
    add_for(&service, &receiver, "session.created").await;
    receiver.reply([Reply::Status(500, "")]);
    service.login("ann").await;
    eventually_entry(&service, "hook", "the attempt is recorded", |entry| entry.consecutive_failures == 1).await;
    service.login("bob").await;
    receiver.wait_for(2).await;
    eventually_entry(&service, "hook", "one waits", |entry| {
        entry.pending_count == 1 && entry.state() == WebhookState::Active
    })
    .await;
    let start = recorded_at(&service, "ann").await;
    receiver.reply([Reply::Status(500, "")]);
    replay(&service, since(start)).await;
    let requests = receiver.wait_for(4).await;
    eventually_replayed(&service).await;
    // One of the two was delivered and does not wait any more; the other one waits for its next attempt.
    eventually_entry(&service, "hook", "one waits", |entry| entry.pending_count == 1).await;
    service.clock.advance(Duration::from_secs(6));
    let delivered = receiver.wait_for(5).await;
    assert_eq!(user_of(&delivered[4]), user_of(&requests[2]), "the one whose attempt failed");
    eventually_entry(&service, "hook", "nothing waits", |entry| entry.pending_count == 0).await;
}

async fn alerts_count_by_the_time_of_their_event(service: TestService) {
    let receiver = Receiver::start().await;
    add_for(&service, &receiver, "alert.raised").await;
    let from_another_device = |user: &str| {
        let mut login: CreateRequest = login_of(user);
        login.client.as_mut().expect("a client").user_agent = FIREFOX.to_owned();
        login
    };
    for (number, user) in ["ann", "bob"].into_iter().enumerate() {
        service.login(user).await;
        let created = service.create(from_another_device(user)).await.expect("a session");
        assert_eq!(created.alerts.len(), 1);
        receiver.wait_for(number + 1).await;
        service.clock.advance(Duration::from_hours(1));
    }
    // The alert of ann is of 1800000000, that of bob of an hour later.
    replay(&service, since(Timestamp { seconds: 1_800_003_600, nanos: 0 })).await;
    let requests = receiver.wait_for(3).await;
    eventually_replayed(&service).await;
    assert_eq!((receiver.requests().len(), requests[2].id()), (3, requests[1].id()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_that_makes_no_sense_is_refused() {
    let service = TestService::on_sqlite().await;
    let mut client = webhooks(&service);
    let now = Timestamp { seconds: 1_800_000_000, nanos: 0 };
    let (code, reason, _) = error_parts(&client.replay_webhook(since(now)).await.expect_err("no such endpoint"));
    assert_eq!((code, reason.as_str()), (Code::NotFound, "WEBHOOK_NOT_FOUND"));
    let with_ids = ReplayWebhookRequest { message_ids: vec!["x".to_owned()], ..since(now) };
    assert_invalid_fields(&client.replay_webhook(with_ids).await.expect_err("refused"), &["recorded_since"]);
    let odd = since(Timestamp { seconds: -1, nanos: 0 });
    assert_invalid_fields(&client.replay_webhook(odd).await.expect_err("refused"), &["recorded_since"]);
    eventually("nothing was recorded", || async {
        let kinds = vec![AuditEventKind::WebhookChanged.into()];
        let request = ListEventsRequest { kinds, ..ListEventsRequest::default() };
        service.admin().list_events(request).await.expect("events").into_inner().events.is_empty()
    })
    .await;
}
