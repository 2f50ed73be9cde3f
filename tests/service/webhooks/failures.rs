//! Endpoints that fail.

use std::time::Duration;

use session_authority::api::{
    DeadLetter, EnableWebhookRequest, ListDeadLettersRequest, ReplayWebhookRequest, TimeWindow, WebhookState,
};

use super::{
    TestService, add, endpoint, entry, eventually, eventually_entry, on_every_audit,
    receiver::{Receiver, Reply},
    webhooks,
};

on_every_audit!(
    a_failed_message_is_sent_again_with_the_same_id,
    a_message_is_given_up_after_ten_attempts_and_can_be_replayed,
    an_endpoint_that_wants_no_more_is_disabled_until_it_is_enabled,
    an_endpoint_that_asks_for_a_pause_gets_it,
    one_failing_endpoint_does_not_delay_another,
);

/// Adds an endpoint that receives logins only.
async fn add_logins(service: &TestService, name: &str, receiver: &Receiver) -> String {
    let mut webhook = endpoint(name, &receiver.url());
    webhook.event_types = vec!["session.created".to_owned()];
    add(service, webhook).await
}

async fn dead_letters(service: &TestService) -> Vec<DeadLetter> {
    let request = ListDeadLettersRequest::default();
    webhooks(service).list_dead_letters(request).await.expect("a list").into_inner().dead_letters
}

/// Waits until the state of `count` attempts is recorded, so that the clock may move on.
async fn eventually_failed(service: &TestService, name: &str, count: u64) {
    let what = format!("{count} failures are recorded");
    eventually_entry(service, name, &what, |entry| entry.consecutive_failures >= count).await;
}

async fn a_failed_message_is_sent_again_with_the_same_id(service: TestService) {
    let receiver = Receiver::start().await;
    let secret = add_logins(&service, "flaky", &receiver).await;
    receiver.reply([Reply::Status(500, ""), Reply::Status(302, "location: http://127.0.0.1:9/\r\n")]);
    service.login("ann").await;
    eventually_failed(&service, "flaky", 1).await;
    assert_eq!(entry(&service, "flaky").await.state(), WebhookState::Failing);
    // The second attempt follows after 5 to 6 seconds, the third after 5 to 6 minutes.
    service.clock.advance(Duration::from_secs(6));
    eventually_failed(&service, "flaky", 2).await;
    let failed = entry(&service, "flaky").await;
    assert_eq!((failed.last_status, failed.pending_count), (302, 1));
    assert!(failed.last_error.contains("redirects are not followed"), "{}", failed.last_error);
    service.clock.advance(Duration::from_mins(6));

    let requests = receiver.wait_for(3).await;
    assert!(requests.iter().all(|request| request.id() == requests[0].id()));
    let times: Vec<_> = requests.iter().map(|request| request.header("webhook-timestamp").to_owned()).collect();
    assert_eq!(times, ["1800000000", "1800000006", "1800000366"], "each attempt is signed with its time");
    assert!(requests.iter().all(|request| request.is_signed_with(&secret, &request.body)));
    eventually_entry(&service, "flaky", "it is delivered", |entry| {
        entry.pending_count == 0 && entry.state() == WebhookState::Active
    })
    .await;
}

async fn a_message_is_given_up_after_ten_attempts_and_can_be_replayed(service: TestService) {
    let receiver = Receiver::start().await;
    add_logins(&service, "broken", &receiver).await;
    receiver.always(Reply::Status(500, ""));
    service.login("ann").await;
    for attempt in 1..=10 {
        eventually_failed(&service, "broken", attempt).await;
        service.clock.advance(Duration::from_hours(30));
    }
    eventually_entry(&service, "broken", "it is given up", |entry| entry.dead_letter_count == 1).await;
    assert_eq!(receiver.requests().len(), 10);
    let letters = dead_letters(&service).await;
    assert_eq!((letters[0].attempts, letters[0].last_status), (10, 500));
    assert_eq!(letters[0].event_type, "session.created");

    receiver.always(Reply::Status(204, ""));
    let request = ReplayWebhookRequest {
        name: "broken".to_owned(),
        message_ids: vec![letters[0].message_id.clone()],
        ..ReplayWebhookRequest::default()
    };
    let replayed = webhooks(&service).replay_webhook(request.clone()).await.expect("replayed").into_inner();
    assert_eq!(replayed.replayed_count, 1);
    let requests = receiver.wait_for(11).await;
    assert_eq!(requests[10].id(), letters[0].message_id);
    eventually_entry(&service, "broken", "nothing is left", |entry| {
        entry.dead_letter_count == 0 && entry.pending_count == 0
    })
    .await;
    assert_eq!(webhooks(&service).replay_webhook(request).await.expect("nothing").into_inner().replayed_count, 0);
    let window = ReplayWebhookRequest {
        name: "broken".to_owned(),
        occurred: Some(TimeWindow { start: Some(prost_types::Timestamp { seconds: 1, nanos: 0 }), end: None }),
        ..ReplayWebhookRequest::default()
    };
    assert_eq!(webhooks(&service).replay_webhook(window).await.expect("nothing").into_inner().replayed_count, 0);
}

async fn an_endpoint_that_wants_no_more_is_disabled_until_it_is_enabled(service: TestService) {
    let receiver = Receiver::start().await;
    add_logins(&service, "gone", &receiver).await;
    receiver.reply([Reply::Status(410, "")]);
    service.login("ann").await;
    eventually_entry(&service, "gone", "it is disabled", |entry| entry.state() == WebhookState::Disabled).await;
    let disabled = entry(&service, "gone").await;
    assert!(disabled.disabled_reason.contains("410") && disabled.disabled_at.is_some());
    service.login("bob").await;
    service.clock.advance(Duration::from_hours(1));

    let enable = EnableWebhookRequest { name: "gone".to_owned(), ..EnableWebhookRequest::default() };
    webhooks(&service).enable_webhook(enable).await.expect("enabled");
    let requests = receiver.wait_for(3).await;
    assert_eq!(requests.len(), 3, "one before, and both messages after");
    eventually_entry(&service, "gone", "it is active", |entry| {
        entry.state() == WebhookState::Active && entry.pending_count == 0
    })
    .await;
}

async fn an_endpoint_that_asks_for_a_pause_gets_it(service: TestService) {
    let receiver = Receiver::start().await;
    add_logins(&service, "busy", &receiver).await;
    receiver.reply([Reply::Status(429, "retry-after: 3600\r\n")]);
    service.login("ann").await;
    eventually_failed(&service, "busy", 1).await;
    let paused_until = entry(&service, "busy").await.paused_until.expect("a pause");
    assert_eq!(paused_until.seconds, 1_800_003_600);
    // By the schedule, the second attempt would follow after 6 seconds at most.
    service.clock.advance(Duration::from_mins(59));
    service.login("bob").await;
    service.clock.advance(Duration::from_mins(2));
    let requests = receiver.wait_for(3).await;
    let after_pause = |request: &super::receiver::ReceivedRequest| request.header("webhook-timestamp") >= "1800003600";
    assert!(requests[1..].iter().all(after_pause));
}

async fn one_failing_endpoint_does_not_delay_another(service: TestService) {
    let (silent, healthy) = (Receiver::start().await, Receiver::start().await);
    silent.always(Reply::Silence);
    add_logins(&service, "a-silent", &silent).await;
    add_logins(&service, "healthy", &healthy).await;
    service.login("ann").await;
    silent.wait_for(1).await;
    for number in 0..5 {
        service.login(&format!("user-{number}")).await;
    }
    healthy.wait_for(6).await;
    assert_eq!(entry(&service, "a-silent").await.last_success_at, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_body_does_not_matter_and_silence_is_a_failure() {
    let service = TestService::start(None, &[("WEBHOOKS__TIMEOUT", "1s")]).await;
    let receiver = Receiver::start().await;
    receiver.reply([Reply::EndlessBody, Reply::Silence]);
    add_logins(&service, "odd", &receiver).await;
    service.login("ann").await;
    eventually_entry(&service, "odd", "it is delivered", |entry| entry.last_status == 200).await;
    service.login("bob").await;
    eventually("the time limit passes", || async {
        entry(&service, "odd").await.last_error.contains("no response within")
    })
    .await;
    assert_eq!(entry(&service, "odd").await.last_status, 0);
}
