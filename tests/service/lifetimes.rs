//! Timeouts of sessions, and their reporting.

use std::time::Duration;

use session_authority::{
    api::{Activity, CreateRequest, PurgeRequest, RejectReason, Session, ValidateRequest},
    clock::Clock,
    domain::UnixMillis,
};
use tonic::Code;

use super::{
    fixture::{START, TestService, error_parts, id_of, login_of, reason_of},
    management::get,
};

super::on_every_engine![
    an_idle_session_lives_for_its_timeout_and_margin_and_no_longer,
    a_strict_policy_has_no_margin,
    a_busy_session_ends_at_its_absolute_deadline,
    sessions_of_an_assurance_level_end_at_its_limits_on_remembered_devices_too,
    a_login_may_ask_for_less_and_not_for_more,
    expired_sessions_are_purged_and_rejected_with_their_reason,
    written_activity_survives_the_node,
    a_session_in_steady_use_is_written_and_not_swept,
    reported_activity_is_never_taken_back,
];

/// The idle margin for an idle timeout of four hours: touches are held back for a minute, and six seconds are for flush
/// and clocks.
const MARGIN: Duration = Duration::from_secs(66);

async fn an_idle_session_lives_for_its_timeout_and_margin_and_no_longer(service: TestService) {
    let created = service.login("ann").await;
    let edge = START.plus(Duration::from_hours(4)).plus(MARGIN);
    service.clock.set(edge.plus(Duration::from_millis(1)));
    let late = service.validate(&created.token).await;
    assert_eq!(reason_of(&late), RejectReason::IdleTimeout);
    let ended_at = late.expect_err("a rejection").ended_at.expect("a time");
    assert_eq!(ended_at.seconds, i64::try_from(START.get() / 1000).expect("small") + 4 * 3600);
    service.clock.set(edge);
    service.validate(&created.token).await.expect("still active at the edge, and used again");
    service.clock.set(edge.plus(Duration::from_hours(4)));
    service.validate(&created.token).await.expect("the timeout slides");
}

async fn a_strict_policy_has_no_margin(service: TestService) {
    let created = service.create(CreateRequest { policy: "pci".into(), ..login_of("ann") }).await.expect("a session");
    let quarter = Duration::from_mins(15);
    service.clock.advance(quarter);
    service.validate(&created.token).await.expect("15:00 is in time (PCI DSS 8.2.8)");
    service.clock.advance(quarter + Duration::from_millis(1));
    assert_eq!(reason_of(&service.validate(&created.token).await), RejectReason::IdleTimeout);
}

async fn a_busy_session_ends_at_its_absolute_deadline(service: TestService) {
    let login = CreateRequest { policy: "office-day".into(), ..login_of("ann") };
    let created = service.create(login).await.expect("a session");
    for _ in 0..31 {
        service.clock.advance(Duration::from_mins(15));
        service.validate(&created.token).await.expect("an active session");
    }
    service.clock.set(START.plus(Duration::from_hours(8)));
    assert_eq!(reason_of(&service.validate(&created.token).await), RejectReason::Expired);
}

/// The limits of NIST SP 800-63B-4 §2.1.3, §2.2.3 and §2.3.3.
async fn sessions_of_an_assurance_level_end_at_its_limits_on_remembered_devices_too(service: TestService) {
    let hours = Duration::from_hours;
    for (policy, lifetime, idle_timeout, margin) in [
        ("aal1", hours(30 * 24), hours(4), MARGIN),
        ("aal2", hours(24), hours(1), MARGIN),
        ("aal3", hours(12), Duration::from_mins(15), Duration::ZERO),
    ] {
        let start = service.clock.now();
        let login = |user: &str| CreateRequest { policy: policy.into(), remember: true, ..login_of(user) };
        let idle = service.create(login("ann")).await.expect("a session").token;
        let busy = service.create(login("bob")).await.expect("a session").token;
        let use_at = async |at: UnixMillis| {
            service.clock.set(at);
            service.validate(&busy).await.expect("an active session");
            service.node.flush_activity().await.expect("a flush");
        };
        use_at(start.plus(idle_timeout / 2)).await;
        service.clock.set(start.plus(idle_timeout + margin + Duration::from_millis(1)));
        assert_eq!(reason_of(&service.validate(&idle).await), RejectReason::IdleTimeout, "{policy}");
        let mut age = idle_timeout;
        while age < lifetime {
            use_at(start.plus(age.max(idle_timeout + margin + Duration::from_millis(1)))).await;
            age += idle_timeout / 2;
        }
        service.clock.set(start.plus(lifetime));
        assert_eq!(reason_of(&service.validate(&busy).await), RejectReason::Expired, "{policy}");
    }
}

async fn a_login_may_ask_for_less_and_not_for_more(service: TestService) {
    let span = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    let short = CreateRequest { lifetime: span(60), idle_timeout: span(30), ..login_of("ann") };
    let session = service.create(short).await.expect("a session").session.expect("a session");
    assert_eq!(session.expires_at.expect("a time").seconds - session.created_at.expect("a time").seconds, 60);
    let long = CreateRequest { lifetime: span(31 * 24 * 3600), idle_timeout: span(-1), ..login_of("ann") };
    let error = service.create(long).await.expect_err("longer than the policy allows");
    assert_eq!(
        error_parts(&error),
        (Code::InvalidArgument, "INVALID_FIELD".into(), vec!["idle_timeout".into(), "lifetime".into()])
    );
}

async fn expired_sessions_are_purged_and_rejected_with_their_reason(service: TestService) {
    let first = service.login("ann").await;
    service.login("bob").await;
    service.clock.advance(Duration::from_hours(5));
    let live = service.login("eve").await;
    // The node also sweeps by itself; afterwards no such session is left either way.
    service.admin().purge(PurgeRequest {}).await.expect("a purge");
    assert!(service.list("ann").await.is_empty() && service.list("bob").await.is_empty());
    let answer = service.validate(&first.token).await;
    assert_eq!(reason_of(&answer), RejectReason::IdleTimeout);
    let rejection = answer.expect_err("a rejection");
    assert_eq!((rejection.session_id, rejection.actor.as_str()), (id_of(&first), "session-authority"));
    assert_eq!(service.admin().purge(PurgeRequest {}).await.expect("a purge").into_inner().purged_count, 0);
    service.validate(&live.token).await.expect("active sessions are not affected");
}

async fn a_session_in_steady_use_is_written_and_not_swept(service: TestService) {
    let login = CreateRequest { policy: "office-day".into(), ..login_of("ann") };
    let created = service.create(login).await.expect("a session");
    // Twice the idle timeout, with at most ten seconds between two requests.
    for _ in 0..(2 * 30 * 6) {
        service.clock.advance(Duration::from_secs(10));
        service.node.flush_activity().await.expect("a flush");
        service.validate(&created.token).await.expect("an active session");
    }
    service.admin().purge(PurgeRequest {}).await.expect("a purge");
    service.validate(&created.token).await.expect("an active session");
}

async fn written_activity_survives_the_node(service: TestService) {
    let created = service.login("ann").await;
    service.clock.advance(Duration::from_hours(3));
    service.validate(&created.token).await.expect("an active session");
    let TestService { node, clock, redis, directory, .. } = service;
    assert!(node.stop().await, "an orderly end");

    let url = redis.as_ref().map(crate::support::redis::RedisServer::url);
    let settings: Vec<_> = url.iter().map(|url| ("STORE__URL", url.as_str())).collect();
    clock.advance(Duration::from_hours(3));
    let node = super::fixture::start_node(&directory, &settings, clock.clone()).await;
    let channel = super::fixture::channel_to(&node).await;
    let service = TestService { node, clock, redis, directory, channel };
    service.validate(&created.token).await.expect("active three hours ago, so not idle");
}

async fn peek(service: &TestService, token: &str) -> Session {
    let activity = Activity::Peek.into();
    let request = ValidateRequest { token: token.to_owned(), activity, ..ValidateRequest::default() };
    service.validate_request(request).await.expect("an active session")
}

async fn reported_activity_is_never_taken_back(service: TestService) {
    let created = service.login("ann").await;
    service.clock.advance(Duration::from_mins(2));
    let last_active = service.validate(&created.token).await.expect("an active session").last_active_at;
    // First the activity is written, and later it is no longer tracked.
    for _ in 0..3 {
        service.node.flush_activity().await.expect("a flush");
        assert_eq!(peek(&service, &created.token).await.last_active_at, last_active);
        service.clock.advance(Duration::from_mins(2));
    }
}

/// Returns the number of touches that were written.
async fn written(service: &TestService) -> u64 {
    let metrics = get(service.node.management, "/metrics").await.1;
    let line = "session_authority_touches_total{outcome=\"written\"} ";
    metrics.lines().find_map(|metric| metric.strip_prefix(line)).expect("the metric").parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_room_for_activity_only_what_is_due_is_written() {
    const ROOM: usize = 100;
    let service = TestService::start(None, &[("SESSIONS__MAX_PENDING_TOUCHES", "100")]).await;
    let mut tokens = Vec::new();
    for user in 0..2 * ROOM {
        tokens.push(service.login(&format!("user-{user}")).await.token);
    }
    for (later, at_least) in [(Duration::from_secs(30), 0), (Duration::from_mins(2), ROOM as u64)] {
        service.clock.advance(later);
        let mut activity = Vec::new();
        for token in &tokens {
            activity.push(service.validate(token).await.expect("an active session").last_active_at);
        }
        let written = written(&service).await;
        assert!(written >= at_least && (at_least > 0 || written == 0), "{written} touches were written");
        for (token, last_active) in tokens.iter().zip(activity) {
            assert_eq!(peek(&service, token).await.last_active_at, last_active);
        }
    }
}
