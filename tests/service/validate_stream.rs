//! `ValidateStream`, for gateways that check many tokens.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use session_authority::{
    api::{
        Consistency, ErrorReason, ValidateFailure, ValidateRequest, ValidateResponse, ValidateStreamRequest,
        ValidateStreamResponse, session_service_client::SessionServiceClient, validate_response::Outcome,
        validate_stream_response::Result as Answer,
    },
    domain::CallerRole,
};
use tokio::{sync::mpsc, task::JoinSet, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, Streaming, transport::Channel};

use super::{
    callers::KeyRing,
    fixture::{TestService, call, error_parts, eventually, login_of, signed},
    management::get,
    on_every_engine,
    transport::FreezableNode,
};
use crate::support::proxy::ProxyDirection;

/// A timeout far longer than any operation here takes.
const TIMEOUT: Duration = Duration::from_mins(1);

/// An open stream.
struct CheckStream {
    requests: mpsc::Sender<ValidateStreamRequest>,
    answers: Streaming<ValidateStreamResponse>,
}

impl CheckStream {
    async fn open(channel: &Channel) -> Self {
        Self::try_open(channel, "").await.expect("a stream")
    }

    async fn try_open(channel: &Channel, key: &str) -> Result<Self, Status> {
        let (requests, to_send) = mpsc::channel(1);
        let stream = ReceiverStream::new(to_send);
        let request = if key.is_empty() { Request::new(stream) } else { signed(key, stream) };
        let answers = SessionServiceClient::new(channel.clone()).validate_stream(request).await?.into_inner();
        Ok(Self { requests, answers })
    }

    async fn ask(&self, tag: u64, request: ValidateRequest) {
        let request = ValidateStreamRequest { tag, request: Some(request) };
        self.requests.send(request).await.expect("the stream is open");
    }

    async fn answer(&mut self) -> (u64, Answer) {
        let message = timeout(TIMEOUT, self.answers.message()).await.expect("a response in time");
        let message = message.expect("no error").expect("a response");
        (message.tag, message.result.expect("a result"))
    }

    async fn failure(&mut self) -> (u64, ValidateFailure) {
        match self.answer().await {
            (tag, Answer::Failure(failure)) => (tag, failure),
            (tag, Answer::Response(_)) => panic!("{tag} did not fail"),
        }
    }

    /// Returns the status of the stream's end, after the preceding responses were read.
    async fn end(&mut self) -> Option<Status> {
        loop {
            match timeout(TIMEOUT, self.answers.message()).await.expect("an end in time") {
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(status) => return Some(status),
            }
        }
    }
}

fn validate_request(token: &str) -> ValidateRequest {
    ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() }
}

/// Returns a check that needs the store, so it waits while the store does.
fn strong(token: &str) -> ValidateRequest {
    ValidateRequest { consistency: Consistency::Strong.into(), ..validate_request(token) }
}

/// Returns a check that needs no store, so its response is immediate.
fn nonsense() -> ValidateRequest {
    validate_request("nonsense")
}

on_every_engine! {
    every_request_is_answered_under_its_tag,
    a_check_that_fails_fails_alone,
}

async fn every_request_is_answered_under_its_tag(service: TestService) {
    let created = service.login("ann").await;
    let expected = service.validate(&created.token).await.expect("a session");
    let mut checks = CheckStream::open(&service.channel).await;
    let requests = checks.requests.clone();
    let token = created.token.clone();
    let mut sending = JoinSet::new();
    sending.spawn(async move {
        for tag in 0..1_000 {
            let request = if tag % 3 == 0 { nonsense() } else { validate_request(&token) };
            // Tags may repeat.
            let request = ValidateStreamRequest { tag: tag / 2, request: Some(request) };
            requests.send(request).await.expect("the stream is open");
        }
    });
    let mut counts = HashMap::new();
    for _ in 0..1_000 {
        let (tag, Answer::Response(ValidateResponse { outcome: Some(outcome), .. })) = checks.answer().await else {
            panic!("no verdict")
        };
        match outcome {
            Outcome::Session(session) => assert_eq!(session, expected),
            Outcome::Rejection(rejection) => assert_eq!(rejection.message, "This is not a session token."),
        }
        *counts.entry(tag).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 500);
    assert!(counts.values().all(|count| *count == 2));
    let CheckStream { requests, mut answers } = checks;
    drop(requests);
    assert_eq!(answers.message().await.expect("OK"), None, "the stream ends with its requests");
}

async fn a_check_that_fails_fails_alone(service: TestService) {
    let mut checks = CheckStream::open(&service.channel).await;
    checks.ask(1, ValidateRequest { min_assurance_level: 101, ..nonsense() }).await;
    let (tag, failure) = checks.failure().await;
    assert_eq!((tag, failure.code, failure.reason()), (1, Code::InvalidArgument.into(), ErrorReason::InvalidField));
    assert_eq!(failure.field, "min_assurance_level");
    checks.requests.send(ValidateStreamRequest { tag: 2, request: None }).await.expect("the stream is open");
    let (tag, failure) = checks.failure().await;
    assert_eq!((tag, failure.reason(), failure.field.as_str()), (2, ErrorReason::InvalidField, "request"));
    checks.ask(3, nonsense()).await;
    assert!(matches!(checks.answer().await, (3, Answer::Response(_))));

    let method = "session.v1.SessionService/ValidateStream";
    let status = call(&service.channel, method, Request::new(validate_request("a message of another kind"))).await;
    let status = status.expect_err("it cannot be read");
    assert_eq!(error_parts(&status), (Code::InvalidArgument, "MALFORMED_REQUEST".into(), vec![]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_come_as_they_are_ready_and_no_more_is_read_than_may_be_unanswered() {
    for (in_flight, first) in [("2", None), ("3", Some(3))] {
        let FreezableNode { service, proxy } =
            FreezableNode::start(&[("SERVER__MAX_IN_FLIGHT_PER_STREAM", in_flight)]).await;
        let created = service.login("ann").await;
        let mut checks = CheckStream::open(&service.channel).await;
        proxy.freeze(ProxyDirection::Replies);
        for tag in [1, 2] {
            checks.ask(tag, strong(&created.token)).await;
        }
        checks.ask(3, nonsense()).await;
        if first.is_none() {
            eventually("the store is queried", || async { proxy.held_back_count() > 0 }).await;
            proxy.thaw(ProxyDirection::Replies);
            assert_ne!(checks.answer().await.0, 3, "it was read too early");
        } else {
            assert_eq!(checks.answer().await.0, 3, "it does not wait for the store");
            proxy.thaw(ProxyDirection::Replies);
        }
        let mut others = [checks.answer().await.0, checks.answer().await.0];
        others.sort_unstable();
        assert!(first.is_none() || others == [1, 2]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_client_does_not_read_its_requests_are_not_read_either() {
    const REQUESTS: usize = 10_000;
    let service = TestService::on_sqlite().await;
    let endpoint = Channel::from_shared(format!("http://{}", service.node.grpc)).expect("an address");
    let narrow = endpoint.initial_stream_window_size(65_535).connect().await.expect("a connection");
    let mut checks = CheckStream::open(&narrow).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let (requests, count) = (checks.requests.clone(), Arc::clone(&sent));
    let mut sending = JoinSet::new();
    sending.spawn(async move {
        // The HTTP/2 library closes a connection with too much unread data in very small frames.
        let request = validate_request(&"nonsense".repeat(40));
        for tag in 0..REQUESTS {
            let request = ValidateStreamRequest { tag: tag as u64, request: Some(request.clone()) };
            requests.send(request).await.expect("the stream is open");
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    // The client is blocked if nothing more is sent while other calls get many responses.
    let mut last = usize::MAX;
    while last != sent.load(Ordering::Relaxed) {
        last = sent.load(Ordering::Relaxed);
        for _ in 0..100 {
            service.validate("nonsense").await.expect_err("a rejection");
        }
    }
    assert!(last < REQUESTS, "all requests were read although no response was");
    let mut answered = vec![false; REQUESTS];
    for _ in 0..REQUESTS {
        let tag = usize::try_from(checks.answer().await.0).expect("a tag");
        assert!(!std::mem::replace(&mut answered[tag], true), "two responses");
    }
    sending.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_begun_is_done_although_the_client_does_not_read() {
    let FreezableNode { service, proxy } = FreezableNode::start(&[]).await;
    let created = service.login("ann").await;
    let endpoint = Channel::from_shared(format!("http://{}", service.node.grpc)).expect("an address");
    let deaf = endpoint.initial_stream_window_size(0).connect().await.expect("a connection");
    let checks = CheckStream::open(&deaf).await;
    let has_metric = async |line: &str| {
        let expected_line = format!("session_authority_{line}\n");
        eventually(line, || async { get(service.node.management, "/metrics").await.1.contains(&expected_line) }).await;
    };
    proxy.freeze(ProxyDirection::Replies);
    checks.ask(1, strong(&created.token)).await;
    checks.ask(2, strong(&created.token)).await;
    has_metric("validate_stream_checks_in_flight 2").await;
    // Its response is ready at once but cannot be sent, so the stream accepts no further request.
    checks.ask(3, nonsense()).await;
    has_metric("validations_total{verdict=\"rejected\"} 1").await;
    proxy.thaw(ProxyDirection::Replies);
    has_metric("validate_stream_checks_in_flight 0").await;
}

/// Runs on one thread, which a task that does not yield would occupy.
#[tokio::test(flavor = "current_thread")]
async fn a_stream_that_always_has_requests_leaves_others_their_turn() {
    let budget = [("SERVER__CONCURRENCY__VALIDATIONS", "1")];
    let service = TestService::start(None, &budget).await;
    let mut busy = CheckStream::open(&service.channel).await;
    let requests = busy.requests.clone();
    let mut flood = JoinSet::new();
    flood.spawn(async move {
        let request = ValidateStreamRequest { tag: 0, request: Some(nonsense()) };
        while requests.send(request.clone()).await.is_ok() {}
    });
    let reading = flood.spawn(async move { while let Ok(Some(_)) = busy.answers.message().await {} });
    let mut other = CheckStream::open(&service.channel).await;
    for tag in 0..100 {
        other.ask(tag, nonsense()).await;
        assert!(matches!(other.answer().await, (answered, Answer::Response(_)) if answered == tag));
    }
    assert!(!reading.is_finished(), "the busy stream continues");
    flood.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checks_wait_for_their_turn_rather_than_being_refused() {
    let FreezableNode { service, proxy } = FreezableNode::start(&[("SERVER__CONCURRENCY__VALIDATIONS", "1")]).await;
    let created = service.login("ann").await;
    let (mut one, mut other) = (CheckStream::open(&service.channel).await, CheckStream::open(&service.channel).await);
    proxy.freeze(ProxyDirection::Replies);
    one.ask(1, strong(&created.token)).await;
    eventually("the only permit is taken", || async { proxy.held_back_count() > 0 }).await;
    service.sessions().validate(nonsense()).await.expect("a single call has a separate permit");
    // This check needs no store, and waits for a permit.
    other.ask(2, nonsense()).await;
    eventually("the other check waits", || async {
        let waiting = "session_authority_validate_stream_checks_in_flight 2\n";
        get(service.node.management, "/metrics").await.1.contains(waiting)
    })
    .await;
    proxy.thaw(ProxyDirection::Replies);
    assert!(matches!(one.answer().await, (1, Answer::Response(_))));
    assert!(matches!(other.answer().await, (2, Answer::Response(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_count_open_streams_and_waiting_checks() {
    let FreezableNode { service, proxy } = FreezableNode::start(&[]).await;
    let created = service.login("ann").await;
    let expect_metrics = async |streams: usize, checks: usize| {
        eventually("metrics count streams and checks", || async {
            let metrics = get(service.node.management, "/metrics").await.1;
            metrics.contains(&format!("session_authority_validate_streams_open {streams}\n"))
                && metrics.contains(&format!("session_authority_validate_stream_checks_in_flight {checks}\n"))
        })
        .await;
    };
    expect_metrics(0, 0).await;
    let (mut stays, leaves) = (CheckStream::open(&service.channel).await, CheckStream::open(&service.channel).await);
    stays.ask(1, nonsense()).await;
    stays.answer().await;
    expect_metrics(2, 0).await;
    proxy.freeze(ProxyDirection::Replies);
    stays.ask(2, strong(&created.token)).await;
    leaves.ask(3, strong(&created.token)).await;
    expect_metrics(2, 2).await;
    drop(leaves);
    expect_metrics(1, 1).await;
    proxy.thaw(ProxyDirection::Replies);
    stays.answer().await;
    expect_metrics(1, 0).await;
    drop(stays.requests);
    assert_eq!(stays.answers.message().await.expect("OK"), None);
    expect_metrics(0, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_check_has_the_time_of_a_call_and_the_stream_has_all_it_wants() {
    let FreezableNode { service, proxy } = FreezableNode::start(&[("SERVER__REQUEST_TIMEOUT", "100ms")]).await;
    let mut checks = CheckStream::open(&service.channel).await;
    let created = eventually_login(&service).await;
    proxy.freeze(ProxyDirection::Replies);
    // Together the checks take longer than one call may.
    for tag in 3..6 {
        checks.ask(tag, strong(&created)).await;
        let (answered, failure) = checks.failure().await;
        assert_eq!((answered, failure.code), (tag, Code::DeadlineExceeded.into()));
        assert_eq!(failure.reason(), ErrorReason::DeadlineExceeded);
    }
    checks.ask(6, nonsense()).await;
    assert!(matches!(checks.answer().await, (6, Answer::Response(_))));
}

async fn eventually_login(service: &TestService) -> String {
    let created = std::sync::Mutex::new(None);
    eventually("a login succeeds", || async {
        let answer = service.create(login_of("ann")).await;
        *created.lock().expect("a lock") = answer.ok();
        created.lock().expect("a lock").is_some()
    })
    .await;
    created.into_inner().expect("a lock").expect("a session").token
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_lasts_as_long_as_its_key() {
    let directory = tempfile::tempdir().expect("a directory");
    let ring = KeyRing::open(&directory);
    let (gone, stays) = (ring.add("gone", CallerRole::Validator, &[]), ring.add("stays", CallerRole::Validator, &[]));
    let alerts = ring.add("siem", CallerRole::Alerts, &[]);
    let guard = [("CALLERS__ANONYMOUS", "false"), ("CALLERS__RELOAD_INTERVAL", "1s")];
    let service = TestService::start_in(directory, None, &guard).await;
    let refused = CheckStream::try_open(&service.channel, &alerts).await.err().expect("refused");
    assert_eq!(error_parts(&refused).1, "CALLER_NOT_ALLOWED");
    let mut ends = CheckStream::try_open(&service.channel, &gone).await.expect("a stream");
    let mut goes_on = CheckStream::try_open(&service.channel, &stays).await.expect("a stream");
    ring.revoke("gone");
    let status = ends.end().await.expect("an error");
    assert_eq!(error_parts(&status), (Code::Unauthenticated, "CALLER_UNAUTHENTICATED".into(), vec![]));
    goes_on.ask(1, nonsense()).await;
    assert!(matches!(goes_on.answer().await, (1, Answer::Response(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_answers_what_is_under_way_and_says_that_it_is_one() {
    let FreezableNode { service, proxy } = FreezableNode::start(&[("SHUTDOWN__DEADLINE", "1m")]).await;
    let created = service.login("ann").await;
    let TestService { node, channel, redis, .. } = service;
    let mut checks = CheckStream::open(&channel).await;
    proxy.freeze(ProxyDirection::Replies);
    checks.ask(1, strong(&created.token)).await;
    eventually("the store is queried", || async { proxy.held_back_count() > 0 }).await;
    let grpc = node.grpc;
    let thaw = async {
        eventually("no connection is accepted", || async { tokio::net::TcpStream::connect(grpc).await.is_err() }).await;
        proxy.thaw(ProxyDirection::Replies);
    };
    let read = async {
        let first = checks.answer().await;
        (first, checks.end().await)
    };
    let (stopped, (), ((tag, answer), end)) = tokio::join!(node.stop(), thaw, read);
    assert!(stopped && tag == 1 && matches!(answer, Answer::Response(_)));
    let status = end.expect("an error");
    assert_eq!(error_parts(&status), (Code::Unavailable, "SHUTTING_DOWN".into(), vec![]));
    drop(redis);
}
