//! Rotate, and what becomes of the old tokens.

use std::sync::Arc;
use std::time::Duration;

use session_authority::api::{
    ClientContext, CreateRequest, EndReason, ListEventsRequest, RejectReason, Rejection, RevokeAllRequest,
    RevokeRequest, RotateRequest, RotateResponse, Session, Severity, StreamAlertsRequest, UserScope, ValidateRequest,
    ValidateResponse, alert::Detail, revoke_all_request::Scope, revoke_request::Target, rotate_response::Outcome,
    session_service_client::SessionServiceClient, validate_response,
};
use session_authority::clock::Clock;
use tokio::task::JoinSet;
use tonic::{Code, transport::Channel};

use super::alerts::watch::AlertWatch;
use super::fixture::{START, TestService, channel_to, error_parts, eventually, id_of, login_of, reason_of, start_node};
use super::management::get;
use crate::support::redis::RedisServer;

const GRACE: Duration = Duration::from_secs(10);
/// The last moment at which the grace has not passed.
const WITHIN_GRACE: Duration = Duration::from_millis(9_999);
const MINUTE: Duration = Duration::from_mins(1);

super::on_every_engine![
    a_token_is_replaced_and_both_are_accepted_for_a_while,
    fifty_parallel_refreshes_return_one_token,
    a_lost_response_can_be_asked_for_again_until_the_token_is_used,
    a_token_that_was_rotated_out_ends_the_session_with_an_alert,
    a_token_of_any_depth_ends_the_session,
    rotate_rejects_what_validate_rejects_and_writes_nothing,
    a_revoked_session_is_not_rotated,
    signing_out_with_the_previous_token_works,
    signing_out_with_an_outdated_token_reports_the_theft,
    an_outdated_token_keeps_no_session_from_revoke_all,
    a_repeated_login_does_not_return_a_rotated_token,
    a_peek_shows_that_the_new_token_is_in_use,
    no_deadline_moves,
];

impl TestService {
    async fn rotate(&self, token: &str) -> Result<(String, Session), Rejection> {
        rotate_on(&self.channel, token).await
    }

    /// Rotates the token. Returns the new one.
    async fn rotated(&self, token: &str) -> String {
        self.rotate(token).await.expect("a new token").0
    }

    async fn answer(&self, token: &str) -> ValidateResponse {
        let request = ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() };
        self.sessions().validate(request).await.expect("a verdict").into_inner()
    }
}

async fn rotate_on(channel: &Channel, token: &str) -> Result<(String, Session), Rejection> {
    let client = ClientContext { ip: "203.0.113.66".to_owned(), ..ClientContext::default() };
    let request = RotateRequest { token: token.to_owned(), client: Some(client) };
    let response = SessionServiceClient::new(channel.clone()).rotate(request).await.expect("a verdict");
    let RotateResponse { token, outcome } = response.into_inner();
    match outcome.expect("an outcome") {
        Outcome::Session(session) => Ok((token, session)),
        Outcome::Rejection(rejection) => {
            assert_eq!(token, "");
            Err(rejection)
        }
    }
}

fn rejected(verdict: &Result<(String, Session), Rejection>) -> RejectReason {
    verdict.as_ref().expect_err("a rejection").reason()
}

async fn a_token_is_replaced_and_both_are_accepted_for_a_while(service: TestService) {
    let created = service.login("ann").await;
    service.validate(&created.token).await.expect("an active session");
    let (token, session) = service.rotate(&created.token).await.expect("a new token");
    assert!(token != created.token && token.starts_with("sa_") && token.len() <= 128, "{token}");
    assert_eq!((session.session_id.clone(), session.revision), (id_of(&created), 2));
    assert_eq!(service.validate(&token).await.expect("an active session"), session);
    let old = service.answer(&created.token).await;
    assert!(matches!(old.outcome, Some(validate_response::Outcome::Session(_))), "{old:?}");
    assert!(old.rotate_after.is_some(), "its client should ask for the new one");
    assert_eq!(service.answer(&token).await.rotate_after, None);
    let events = async || {
        let request = ListEventsRequest { session_id: id_of(&created), ..ListEventsRequest::default() };
        service.admin().list_events(request).await.expect("events").into_inner().events
    };
    eventually("the audit has it", || async {
        events().await.iter().any(|event| event.kind().as_str_name().ends_with("SESSION_ROTATED"))
    })
    .await;
    let metrics = get(service.node.management, "/metrics").await.1;
    assert!(metrics.contains("session_authority_token_rotations_total{outcome=\"new\"} 1\n"), "{metrics}");
}

async fn fifty_parallel_refreshes_return_one_token(service: TestService) {
    let created = service.login("ann").await;
    let mut refreshes = JoinSet::new();
    for _ in 0..50 {
        let (channel, token) = (service.channel.clone(), created.token.clone());
        refreshes.spawn(async move { rotate_on(&channel, &token).await.expect("a new token").0 });
    }
    let mut tokens = refreshes.join_all().await;
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_eq!(service.validate(&tokens[0]).await.expect("an active session").revision, 2);
}

async fn a_lost_response_can_be_asked_for_again_until_the_token_is_used(service: TestService) {
    let created = service.login("ann").await;
    let lost = service.rotated(&created.token).await;
    service.clock.advance(GRACE);
    assert_eq!(reason_of(&service.validate(&created.token).await), RejectReason::TokenRotated);
    assert_eq!(service.rotated(&created.token).await, lost);
    service.validate(&lost).await.expect("an active session");
    let late = service.rotate(&created.token).await;
    assert_eq!(rejected(&late), RejectReason::TokenReused);
    assert_eq!(reason_of(&service.validate(&lost).await), RejectReason::TokenReused, "both parties lose the session");
}

async fn a_token_that_was_rotated_out_ends_the_session_with_an_alert(service: TestService) {
    let created = service.login("ann").await;
    let other = service.login("ann").await;
    let token = service.rotated(&created.token).await;
    service.validate(&token).await.expect("an active session");
    let mut alerts = AlertWatch::begin(&service.channel, StreamAlertsRequest::default()).await;
    service.clock.advance(WITHIN_GRACE);
    service.validate(&created.token).await.expect("within the grace period");
    service.clock.advance(Duration::from_millis(1));
    let stolen = ValidateRequest {
        token: created.token.clone(),
        client: Some(ClientContext { ip: "203.0.113.66".to_owned(), ..ClientContext::default() }),
        ..ValidateRequest::default()
    };
    let rejection = service.validate_request(stolen).await.expect_err("a rejection");
    assert_eq!((rejection.reason(), rejection.session_id.as_str()), (RejectReason::TokenReused, &*id_of(&created)));
    assert!(rejection.ended_at.is_some());

    let alert = alerts.alert().await;
    assert_eq!((alert.rule.as_str(), alert.severity()), ("ROTATED_TOKEN_REUSE", Severity::Critical));
    assert_eq!((alert.session_id.as_str(), alert.email.as_str()), (&*id_of(&created), "ann@example.com"));
    let ip = |observation: Option<session_authority::api::Observation>| observation.expect("seen").ip;
    assert_eq!((ip(alert.current), ip(alert.previous)), ("203.0.113.66".to_owned(), "198.51.100.7".to_owned()));
    let Some(Detail::Replay(replay)) = alert.detail else { panic!("no replay") };
    assert_eq!((replay.reason(), replay.presented_count), (EndReason::TokenReused, 1));

    service.validate(&other.token).await.expect("the other sessions stay");
    assert_eq!(reason_of(&service.validate(&token).await), RejectReason::TokenReused);
    let ended = "session_authority_sessions_ended_total{reason=\"token_reused\"} 1\n";
    let raised = "session_authority_alerts_raised_total{rule=\"ROTATED_TOKEN_REUSE\",severity=\"critical\"} 1\n";
    let metrics = get(service.node.management, "/metrics").await.1;
    assert!(metrics.contains(ended) && metrics.contains(raised), "{metrics}");
}

async fn a_token_of_any_depth_ends_the_session(service: TestService) {
    for depth in 2..6 {
        let created = service.login("ann").await;
        let mut tokens = vec![created.token];
        for _ in 0..depth {
            tokens.push(service.rotated(tokens.last().expect("a token")).await);
        }
        let stolen = &tokens[tokens.len() - 1 - depth];
        assert_eq!(reason_of(&service.validate(stolen).await), RejectReason::TokenReused, "{depth}");
    }
}

async fn rotate_rejects_what_validate_rejects_and_writes_nothing(service: TestService) {
    let created = service.login("ann").await;
    let before = service.validate(&created.token).await.expect("an active session");
    for (token, reason) in [
        (String::new(), RejectReason::Malformed),
        ("sa_nonsense".to_owned(), RejectReason::Malformed),
        (format!("{}AAAA", &created.token[..created.token.len() - 4]), RejectReason::Unknown),
    ] {
        assert_eq!(rejected(&service.rotate(&token).await), reason);
    }
    assert_eq!(service.validate(&created.token).await.expect("an active session").revision, before.revision);
    let client = Some(ClientContext { ip: "nowhere".to_owned(), ..ClientContext::default() });
    let invalid = RotateRequest { token: created.token.clone(), client };
    let status = service.sessions().rotate(invalid).await.expect_err("no address");
    assert_eq!(error_parts(&status), (Code::InvalidArgument, "INVALID_FIELD".into(), vec!["client.ip".into()]));
}

async fn a_revoked_session_is_not_rotated(service: TestService) {
    let created = service.login("ann").await;
    let token = service.rotated(&created.token).await;
    let user = UserScope { user_id: "ann".to_owned(), ..UserScope::default() };
    let request = RevokeAllRequest { scope: Some(Scope::User(user)), ..RevokeAllRequest::default() };
    service.sessions().revoke_all(request).await.expect("a response");
    assert_eq!(rejected(&service.rotate(&token).await), RejectReason::RevokedAll);
    assert_eq!(rejected(&service.rotate(&created.token).await), RejectReason::Unknown, "only the current one is told");
}

fn sign_out(token: &str) -> RevokeRequest {
    RevokeRequest { target: Some(Target::Token(token.to_owned())), sign_out: true, ..RevokeRequest::default() }
}

async fn signing_out_with_the_previous_token_works(service: TestService) {
    for wait in [Duration::ZERO, MINUTE] {
        let created = service.login("ann").await;
        let token = service.rotated(&created.token).await;
        service.clock.advance(wait);
        let revoked = service.sessions().revoke(sign_out(&created.token)).await.expect("a response").into_inner();
        assert_eq!((revoked.revoked, revoked.session_ids), (true, vec![id_of(&created)]));
        assert_eq!(reason_of(&service.validate(&token).await), RejectReason::SignedOut);
    }
}

async fn signing_out_with_an_outdated_token_reports_the_theft(service: TestService) {
    let created = service.login("ann").await;
    let token = service.rotated(&created.token).await;
    service.validate(&token).await.expect("an active session");
    service.clock.advance(MINUTE);
    let revoked = service.sessions().revoke(sign_out(&created.token)).await.expect("a response").into_inner();
    assert!(revoked.revoked);
    assert_eq!(reason_of(&service.validate(&token).await), RejectReason::TokenReused);
}

async fn an_outdated_token_keeps_no_session_from_revoke_all(service: TestService) {
    let except = async |token: &str| {
        let user = UserScope { user_id: "ann".to_owned(), ..UserScope::default() };
        let scope = Some(Scope::User(user));
        let request = RevokeAllRequest { scope, except_token: token.to_owned(), ..RevokeAllRequest::default() };
        service.sessions().revoke_all(request).await.expect("a response").into_inner().revoked_count
    };
    let created = service.login("ann").await;
    let token = service.rotated(&created.token).await;
    assert_eq!(except(&created.token).await, 0, "within the grace period");
    service.validate(&token).await.expect("an active session");
    service.clock.advance(MINUTE);
    assert_eq!(except(&token).await, 0);
    except(&created.token).await;
    assert_eq!(reason_of(&service.validate(&token).await), RejectReason::TokenReused);
}

async fn a_repeated_login_does_not_return_a_rotated_token(service: TestService) {
    let login = CreateRequest { request_id: "r-1".to_owned(), ..login_of("ann") };
    let created = service.create(login.clone()).await.expect("a session");
    assert_eq!(service.create(login.clone()).await.expect("the same session").token, created.token);
    service.rotated(&created.token).await;
    let status = service.create(login).await.expect_err("a token that would end the session");
    assert_eq!(error_parts(&status).1, "REQUEST_SESSION_ENDED");
}

async fn a_peek_shows_that_the_new_token_is_in_use(service: TestService) {
    let created = service.login("ann").await;
    let token = service.rotated(&created.token).await;
    let peek = ValidateRequest {
        token: token.clone(),
        activity: session_authority::api::Activity::Peek.into(),
        ..ValidateRequest::default()
    };
    service.validate_request(peek).await.expect("an active session");
    service.clock.advance(GRACE);
    assert_eq!(rejected(&service.rotate(&created.token).await), RejectReason::TokenReused);
}

async fn no_deadline_moves(service: TestService) {
    let created = service.create(CreateRequest { policy: "aal3".to_owned(), ..login_of("ann") }).await;
    let created = created.expect("a session");
    let expires_at = created.session.clone().expect("a session").expires_at;
    let mut token = created.token;
    for _ in 0..48 {
        service.clock.advance(Duration::from_mins(14));
        let (next, session) = service.rotate(&token).await.expect("a new token");
        assert_eq!(session.expires_at, expires_at);
        token = next;
    }
    service.clock.advance(MINUTE * 48);
    assert_eq!(rejected(&service.rotate(&token).await), RejectReason::IdleTimeout);
    assert_eq!(reason_of(&service.validate(&token).await), RejectReason::IdleTimeout);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_limits_the_age_of_tokens() {
    let settings = [
        ("POLICIES__DEFAULT__ROTATION__MAX_AGE", "15m"),
        ("POLICIES__STRICT__ROTATION__MAX_AGE", "15m"),
        ("POLICIES__STRICT__ROTATION__REQUIRED", "true"),
    ];
    let service = TestService::start(None, &settings).await;
    let hinted = service.login("ann").await;
    let strict = CreateRequest { policy: "strict".to_owned(), ..login_of("bob") };
    let required = service.create(strict).await.expect("a session");
    let due = i64::try_from(START.get() / 1000).expect("a time") + 900;
    for token in [&hinted.token, &required.token] {
        assert_eq!(service.answer(token).await.rotate_after.expect("a time").seconds, due);
    }
    service.clock.advance(MINUTE * 15);
    service.validate(&hinted.token).await.expect("only a hint");
    let rejection = service.validate(&required.token).await.expect_err("too old");
    assert_eq!((rejection.reason(), rejection.session_id), (RejectReason::RotationRequired, id_of(&required)));
    let token = service.rotated(&required.token).await;
    assert_eq!(service.answer(&token).await.rotate_after.expect("a time").seconds, due + 900);
    service.validate(&required.token).await.expect("requests that are in flight");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_may_have_no_grace_and_repeat_nothing() {
    let settings =
        [("POLICIES__DEFAULT__ROTATION__GRACE", "0s"), ("POLICIES__DEFAULT__ROTATION__LOST_ANSWER", "refuse")];
    let service = TestService::start(None, &settings).await;
    let created = service.login("ann").await;
    let token = service.rotated(&created.token).await;
    assert_eq!(reason_of(&service.validate(&created.token).await), RejectReason::TokenRotated);
    assert_eq!(rejected(&service.rotate(&created.token).await), RejectReason::TokenRotated);
    service.validate(&token).await.expect("an active session");
    assert_eq!(reason_of(&service.validate(&created.token).await), RejectReason::TokenReused);
}

/// Each of two nodes has the session cached, while the other one rotates its token.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_agree_about_every_token() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let settings = [("STORE__URL", url.as_str()), ("AUDIT__URL", "none")];
    let service = TestService::start(Some(redis), &settings).await;
    let other = start_node(&service.directory, &settings, Arc::clone(&service.clock) as Arc<dyn Clock>).await;
    let second = channel_to(&other).await;
    let validate_on_second = async |token: &str| {
        let request = ValidateRequest { token: token.to_owned(), ..ValidateRequest::default() };
        let answer = SessionServiceClient::new(second.clone()).validate(request).await.expect("a verdict").into_inner();
        match answer.outcome.expect("an outcome") {
            validate_response::Outcome::Session(session) => Ok(session),
            validate_response::Outcome::Rejection(rejection) => Err(rejection),
        }
    };
    let created = service.login("ann").await;
    let mut token = created.token.clone();
    for _ in 0..5 {
        validate_on_second(&token).await.expect("an active session");
        service.validate(&token).await.expect("an active session");
        let mut refreshes = JoinSet::new();
        for number in 0..50 {
            let channel = if number % 2 == 0 { service.channel.clone() } else { second.clone() };
            let token = token.clone();
            refreshes.spawn(async move { rotate_on(&channel, &token).await.expect("a new token").0 });
        }
        let mut tokens = refreshes.join_all().await;
        tokens.dedup();
        assert_eq!(tokens.len(), 1);
        // At once, whatever the other node has cached.
        validate_on_second(&tokens[0]).await.expect("an active session");
        service.validate(&tokens[0]).await.expect("an active session");
        token = tokens.remove(0);
        service.clock.advance(MINUTE);
    }
    assert_eq!(reason_of(&validate_on_second(&created.token).await), RejectReason::TokenReused);
    eventually("the first node knows", || async {
        service.validate(&token).await.is_err_and(|rejection| rejection.reason() == RejectReason::TokenReused)
    })
    .await;
    other.stop().await;
}

/// A cached session does not extend the grace period: the verdict compares it with the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cached_session_respects_the_end_of_the_grace_period() {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let service = TestService::start(Some(redis), &[("STORE__URL", &url)]).await;
    let created = service.login("ann").await;
    let token = service.rotated(&created.token).await;
    eventually("the session is cached", || async {
        service.answer(&token).await.source() == session_authority::api::Source::Cache
    })
    .await;
    service.clock.advance(WITHIN_GRACE);
    service.validate(&created.token).await.expect("within the grace period");
    service.clock.advance(Duration::from_millis(1));
    assert_eq!(reason_of(&service.validate(&created.token).await), RejectReason::TokenReused);
}
