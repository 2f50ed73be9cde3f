//! `StreamAlerts`, for security teams and notifiers.

pub mod logins;
mod outages;
pub mod reader;
pub mod watch;

use std::time::Duration;

use session_authority::{
    api::{Severity, StreamAlertsRequest, stream_alerts_response::Event},
    domain::{CallerRole, alert},
    store::{AlertStream, SessionStore, redis::RedisSessionStore},
};
use tempfile::TempDir;
use tonic::{Code, transport::Channel};

use super::{
    callers::KeyRing,
    fixture::{TestService, channel_to, error_parts, eventually, start_node},
    management::get,
};
use crate::{
    alerts::fixture::{KEEP, login, redis_at, within},
    conformance::users::TestUser,
    support::redis::RedisServer,
};
use watch::AlertWatch;

const HEARTBEAT_EVERY_100MS: (&str, &str) = ("ALERTS__HEARTBEAT_INTERVAL", "100ms");

/// A second store next to the node's, through which alerts are raised.
struct AlertRaiser(RedisSessionStore);

impl AlertRaiser {
    async fn for_service(service: &TestService) -> Self {
        Self(redis_at(&service.redis.as_ref().expect("a server").url()).await)
    }

    async fn raise(&self, user: &TestUser, number: u64, rule: &str, severity: alert::Severity) -> String {
        let (login, id) = login(user, number, rule, severity);
        self.0.create(login).await.expect("created");
        self.0.forward(user.bucket(), 100, KEEP).await.expect("forwarded");
        id.to_string()
    }

    async fn raise_for_user(&self, number: u64) -> String {
        self.raise(&TestUser::new(&format!("user-{number}")), number, "NEW_COUNTRY", alert::Severity::Medium).await
    }
}

async fn service(settings: &[(&str, &str)]) -> TestService {
    service_in(tempfile::tempdir().expect("a directory"), settings).await
}

async fn service_in(directory: TempDir, settings: &[(&str, &str)]) -> TestService {
    let redis = RedisServer::start().await;
    let url = redis.url();
    let settings = [&[("STORE__URL", url.as_str()), HEARTBEAT_EVERY_100MS], settings].concat();
    TestService::start_in(directory, Some(redis), &settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_come_whole_and_with_a_cursor_to_resume_from() {
    let service = service(&[]).await;
    let raising = AlertRaiser::for_service(&service).await;
    let mut watch = AlertWatch::begin(&service.channel, StreamAlertsRequest::default()).await;
    let first = raising.raise_for_user(1).await;
    let alert = watch.alert().await;
    assert_eq!(
        (alert.alert_id.as_str(), alert.user_id.as_str(), alert.tenant_id.as_str()),
        (&*first, "user-1", "acme")
    );
    assert_eq!((alert.severity(), alert.rule.as_str(), alert.dedup_count), (Severity::Medium, "NEW_COUNTRY", 1));
    assert!(!alert.session_id.is_empty() && alert.current.is_some() && alert.cursor.len() <= 256);
    drop(watch);

    let later = [raising.raise_for_user(2).await, raising.raise_for_user(3).await];
    let resume = |cursor: &str| StreamAlertsRequest { resume_cursor: cursor.to_owned(), ..Default::default() };
    let mut resumed = AlertWatch::begin(&service.channel, resume(&alert.cursor)).await;
    assert_eq!(resumed.ids(2).await, later);
    let mut from_heartbeat = AlertWatch::begin(&service.channel, resume(&resumed.cursor)).await;
    let last = raising.raise_for_user(4).await;
    assert_eq!(from_heartbeat.ids(1).await, [last]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_combine_and_heartbeats_move_on_past_what_they_hold_back() {
    let service = service(&[]).await;
    let raising = AlertRaiser::for_service(&service).await;
    let (ann, bob, eve) = (TestUser::new("ann"), TestUser::new("bob"), TestUser::with_tenant("other", "ann"));
    let watch = async |request| AlertWatch::begin(&service.channel, request).await;
    let mut of_ann = watch(StreamAlertsRequest { user_id: "ann".to_owned(), ..Default::default() }).await;
    let mut of_acme = watch(StreamAlertsRequest { tenant_id: "acme".to_owned(), ..Default::default() }).await;
    let mut bad = watch(StreamAlertsRequest { min_severity: Severity::High.into(), ..Default::default() }).await;
    let rules = vec!["NEW_DEVICE".to_owned(), "UNHEARD_OF".to_owned()];
    let mut devices = watch(StreamAlertsRequest { rules: rules.clone(), ..Default::default() }).await;
    let both = StreamAlertsRequest { tenant_id: "other".to_owned(), rules, ..Default::default() };
    let mut none = watch(both).await;

    let first = raising.raise(&ann, 1, "NEW_COUNTRY", alert::Severity::Low).await;
    let second = raising.raise(&bob, 2, "NEW_DEVICE", alert::Severity::High).await;
    let third = raising.raise(&eve, 3, "NEW_COUNTRY", alert::Severity::Critical).await;
    assert_eq!(of_ann.ids(2).await, [first.clone(), third.clone()]);
    assert_eq!(of_acme.ids(2).await, [first, second.clone()]);
    assert_eq!(bad.ids(2).await, [second.clone(), third]);
    assert_eq!(devices.ids(1).await, [second]);
    let newest = bad.cursor.clone();
    within("a heartbeat has the newest cursor", async {
        while none.cursor != newest {
            let event = none.event().await.expect("an event");
            assert!(matches!(event, Event::Heartbeat(_)), "{event:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_for_is_refused_by_the_name_of_its_field() {
    let service = service(&[]).await;
    let good = AlertWatch::begin(&service.channel, StreamAlertsRequest::default()).await.cursor;
    let refused = async |request| match AlertWatch::try_begin(&service.channel, "", request).await {
        Ok(_) => panic!("not refused"),
        Err(status) => error_parts(&status),
    };
    let cursor = |text: &str| StreamAlertsRequest { resume_cursor: text.to_owned(), ..Default::default() };
    for (request, field) in [
        (cursor("1700000000000-0"), "resume_cursor"),
        (cursor(&"A".repeat(10_000)), "resume_cursor"),
        (StreamAlertsRequest { from_start: true, ..cursor(&good) }, "resume_cursor"),
        (StreamAlertsRequest { user_id: "a".repeat(257), ..Default::default() }, "user_id"),
        (StreamAlertsRequest { tenant_id: "a".repeat(257), ..Default::default() }, "tenant_id"),
        (StreamAlertsRequest { min_severity: 99, ..Default::default() }, "min_severity"),
        (StreamAlertsRequest { rules: vec![String::new()], ..Default::default() }, "rules"),
        (StreamAlertsRequest { rules: vec!["R".to_owned(); 65], ..Default::default() }, "rules"),
    ] {
        let (code, reason, fields) = refused(request).await;
        assert_eq!((code, reason.as_str()), (Code::InvalidArgument, "INVALID_FIELD"));
        assert!(fields.iter().all(|wrong| wrong.starts_with(field)) && !fields.is_empty(), "{fields:?} for {field}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_hears_of_its_tenants_only_and_as_long_as_its_key_is_good() {
    let directory = tempfile::tempdir().expect("a directory");
    let ring = KeyRing::open(&directory);
    let all = ring.add("siem", CallerRole::Alerts, &[]);
    let acme = ring.add("acme-siem", CallerRole::Alerts, &["acme"]);
    let issuer = ring.add("login", CallerRole::Issuer, &[]);
    let guard = [("CALLERS__ANONYMOUS", "false"), ("CALLERS__RELOAD_INTERVAL", "1s")];
    let service = service_in(directory, &guard).await;
    let raising = AlertRaiser::for_service(&service).await;
    let begin = async |key: &str, tenant: &str| {
        let request = StreamAlertsRequest { tenant_id: tenant.to_owned(), ..Default::default() };
        AlertWatch::try_begin(&service.channel, key, request).await
    };
    for (key, tenant, code) in [
        (&issuer, "", Code::PermissionDenied),
        (&acme, "other", Code::PermissionDenied),
        (&String::new(), "", Code::Unauthenticated),
    ] {
        assert_eq!(begin(key, tenant).await.err().expect("refused").code(), code);
    }
    let mut of_acme = begin(&acme, "").await.expect("a stream");
    let mut of_all = begin(&all, "").await.expect("a stream");
    let other = raising.raise(&TestUser::with_tenant("other", "eve"), 1, "NEW_COUNTRY", alert::Severity::High).await;
    let own = raising.raise(&TestUser::new("ann"), 2, "NEW_COUNTRY", alert::Severity::High).await;
    assert_eq!(of_acme.ids(1).await, std::slice::from_ref(&own));
    assert_eq!(of_all.ids(2).await, [other, own]);

    ring.revoke("acme-siem");
    let status = of_acme.end().await;
    assert_eq!(error_parts(&status), (Code::Unauthenticated, "CALLER_UNAUTHENTICATED".into(), vec![]));
    let next = raising.raise(&TestUser::new("ann"), 3, "NEW_COUNTRY", alert::Severity::High).await;
    assert_eq!(of_all.ids(1).await, [next], "the other stream continues");
    let ended = "session_authority_alert_streams_ended_total{reason=\"unauthenticated\"} 1\n";
    eventually("its end is counted", || async { get(service.node.management, "/metrics").await.1.contains(ended) })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_deliver_the_alerts_of_both_and_one_that_stops_hands_over() {
    let service = service(&[("AUDIT__URL", "none")]).await;
    let raising = AlertRaiser::for_service(&service).await;
    let url = service.redis.as_ref().expect("a server").url();
    let directory = tempfile::tempdir().expect("a directory");
    let settings = [("STORE__URL", url.as_str()), ("AUDIT__URL", "none"), HEARTBEAT_EVERY_100MS];
    let other = start_node(&directory, &settings, std::sync::Arc::clone(&service.clock) as _).await;
    let other_channel = channel_to(&other).await;
    let mut here = AlertWatch::begin(&service.channel, StreamAlertsRequest::default()).await;
    let mut there = AlertWatch::begin(&other_channel, StreamAlertsRequest::default()).await;
    let raised = [raising.raise_for_user(1).await, raising.raise_for_user(2).await];
    assert_eq!((here.ids(2).await, there.ids(2).await), (raised.to_vec(), raised.to_vec()));

    let (stopped, status) = tokio::join!(other.stop(), there.end());
    assert!(stopped, "open streams do not delay the shutdown");
    assert_eq!(error_parts(&status), (Code::Unavailable, "SHUTTING_DOWN".into(), vec![]));
    let missed = raising.raise_for_user(3).await;
    let request = StreamAlertsRequest { resume_cursor: there.cursor, ..Default::default() };
    let mut resumed = AlertWatch::begin(&service.channel, request).await;
    assert_eq!(resumed.ids(1).await, [missed]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_outlives_the_time_of_a_call_and_there_are_no_more_than_allowed() {
    let service = service(&[("SERVER__REQUEST_TIMEOUT", "200ms"), ("ALERTS__MAX_SUBSCRIBERS", "1")]).await;
    let raising = AlertRaiser::for_service(&service).await;
    let mut watch = AlertWatch::begin(&service.channel, StreamAlertsRequest::default()).await;
    for _ in 0..5 {
        watch.event().await.expect("a heartbeat every 100 ms");
    }
    let refused =
        AlertWatch::try_begin(&service.channel, "", StreamAlertsRequest::default()).await.err().expect("refused");
    assert_eq!(error_parts(&refused), (Code::ResourceExhausted, "OVERLOADED".into(), vec![]));
    let raised = raising.raise_for_user(1).await;
    assert_eq!(watch.ids(1).await, [raised]);
    drop(watch);
    eventually("another stream is accepted", || async {
        AlertWatch::try_begin(&service.channel, "", StreamAlertsRequest::default()).await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_over_grpc_that_does_not_read_is_cut_and_others_are_not() {
    let service = service(&[("ALERTS__SUBSCRIBER_BUFFER", "200")]).await;
    let raising = AlertRaiser::for_service(&service).await;
    // A separate connection, so that unread data on it blocks no other stream.
    let narrow = Channel::from_shared(format!("http://{}", service.node.grpc)).expect("an address");
    let channel = narrow.initial_stream_window_size(16 * 1024).connect().await.expect("a connection");
    let mut slow = AlertWatch::begin(&channel, StreamAlertsRequest::default()).await;
    let mut quick = AlertWatch::begin(&service.channel, StreamAlertsRequest::default()).await;
    let mut raised = Vec::new();
    // Far more than can be in flight to a reader.
    for number in 0..450 {
        let (mut login, id) = login(&TestUser::new("ann"), number, "NEW_COUNTRY", alert::Severity::High);
        login.findings[0].alert.reason_admin = "long ".repeat(2_000);
        raising.0.create(login).await.expect("created");
        raising.0.forward(TestUser::new("ann").bucket(), 100, KEEP).await.expect("forwarded");
        raised.push(id.to_string());
        assert_eq!(quick.alert().await.alert_id, raised[raised.len() - 1]);
    }
    let mut had = Vec::new();
    let gap = loop {
        match slow.event().await.expect("an event") {
            Event::Alert(alert) => had.push(alert.alert_id),
            Event::Heartbeat(_) => {}
            Event::Gap(gap) => break gap,
        }
    };
    assert_eq!(gap.reason, "slow_consumer");
    let status = slow.event().await.expect_err("the stream is ended");
    assert_eq!(error_parts(&status), (Code::ResourceExhausted, "SLOW_CONSUMER".into(), vec![]));
    let request = StreamAlertsRequest { resume_cursor: gap.from_cursor, ..Default::default() };
    let mut resumed = AlertWatch::begin(&service.channel, request).await;
    had.extend(resumed.ids(raised.len() - had.len()).await);
    assert_eq!(had, raised);
    tokio::time::timeout(Duration::from_mins(1), service.node.stop()).await.expect("an end");
}
