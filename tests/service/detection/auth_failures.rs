//! Failed authentications: advice to wait, attacks, and what the audit records.

use std::time::Duration;

use prost_types::Timestamp;
use session_authority::api::{
    Alert, AuditEventKind, AuthEventKind, ClientContext, ListEventsRequest, ReportAuthEventRequest,
    ReportAuthEventResponse, Severity,
};
use session_authority::clock::Clock;
use tonic::{Code, Status};

use super::super::fixture::{CHROME, TestService, error_parts, eventually};
use super::{BRAZIL, FRANCE, IPHONE, LONDON, alerts_of_rule, login, single_alert, start_located_node};
use crate::support::redis::RedisServer;

on_every_engine_with! {
    failures_are_counted_and_the_wait_grows [];
    a_success_ends_the_wait [];
    nobody_can_lock_a_user_out_of_a_known_network_or_device [];
    prompts_that_wear_a_user_out_raise_alerts_and_so_does_giving_in [];
    a_rule_about_failures_that_is_off_raises_nothing [("DETECTION__RULES__MFA_FATIGUE", "false")];
    credential_stuffing_raises_one_alert_and_a_success_after_it_another [];
    the_audit_records_failures_without_names_that_do_not_exist [];
    invalid_reports_are_rejected_and_count_nothing [];
}

fn failure(user: &str, kind: AuthEventKind, ip: &str) -> ReportAuthEventRequest {
    ReportAuthEventRequest {
        user_id: user.to_owned(),
        kind: kind.into(),
        client: Some(ClientContext { ip: ip.to_owned(), user_agent: CHROME.to_owned(), ..ClientContext::default() }),
        method: "pwd".to_owned(),
        ..ReportAuthEventRequest::default()
    }
}

impl TestService {
    async fn report(&self, report: ReportAuthEventRequest) -> Result<ReportAuthEventResponse, Status> {
        self.sessions().report_auth_event(report).await.map(tonic::Response::into_inner)
    }

    /// Reports so many failures, a second apart. Returns the last response and all alerts.
    async fn fail(&self, report: &ReportAuthEventRequest, count: u32) -> (ReportAuthEventResponse, Vec<Alert>) {
        let (mut last, mut alerts) = (ReportAuthEventResponse::default(), Vec::new());
        for _ in 0..count {
            last = self.report(report.clone()).await.expect("counted");
            alerts.extend(last.alerts.clone());
            self.clock.advance(Duration::from_secs(1));
        }
        (last, alerts)
    }
}

fn wait(response: &ReportAuthEventResponse) -> Option<i64> {
    assert_eq!(response.throttle, response.retry_after.is_some());
    response.retry_after.map(|wait| wait.seconds)
}

async fn failures_are_counted_and_the_wait_grows(service: TestService) {
    let wrong = failure("ann", AuthEventKind::PasswordFailed, BRAZIL);
    let mut waits = Vec::new();
    for n in 1..=12 {
        let response = service.report(wrong.clone()).await.expect("counted");
        assert_eq!(response.recent_failures, n);
        waits.push(wait(&response));
    }
    let expected = [None, None, None, None, Some(30), Some(60), Some(120), Some(240), Some(480), Some(1_800)];
    assert_eq!(waits[..10], expected);
    assert_eq!(waits[10..], [Some(1_920), Some(3_600)]);
    let other = failure("bob", AuthEventKind::PasswordFailed, BRAZIL);
    assert_eq!(service.report(other).await.expect("counted").recent_failures, 1, "another user");
    assert_eq!(service.series("login_failures_total{kind=\"password_failed\"}").await, "13");
    assert_eq!(service.series("throttles_advised_total").await, "8");

    service.clock.advance(Duration::from_hours(25));
    let response = service.report(wrong).await.expect("counted");
    assert_eq!((response.recent_failures, wait(&response)), (1, None), "a day later");
}

async fn a_success_ends_the_wait(service: TestService) {
    let wrong = failure("ann", AuthEventKind::PasswordFailed, BRAZIL);
    assert_eq!(wait(&service.fail(&wrong, 5).await.0), Some(30));
    service.sign_in_from(BRAZIL).await;
    let response = service.report(wrong).await.expect("counted");
    assert_eq!((response.recent_failures, wait(&response)), (6, None));
}

async fn nobody_can_lock_a_user_out_of_a_known_network_or_device(service: TestService) {
    service.establish_history().await;
    let mut on_phone = login(FRANCE, IPHONE);
    on_phone.client.as_mut().expect("a client").device_id = "phone".to_owned();
    service.expect_created(on_phone).await;
    service.clock.advance(Duration::from_hours(24));
    let attack = failure("ann", AuthEventKind::PasswordFailed, BRAZIL);
    let (last, alerts) = service.fail(&attack, 30).await;
    assert_eq!(wait(&last), Some(3_600), "the attacker waits");
    single_alert("BRUTE_FORCE", &alerts);

    let at_home = failure("ann", AuthEventKind::PasswordFailed, LONDON);
    assert_eq!(wait(&service.report(at_home.clone()).await.expect("counted")), None, "the user does not");
    let mut on_phone = attack.clone();
    on_phone.client.as_mut().expect("a client").device_id = "phone".to_owned();
    assert_eq!(wait(&service.report(on_phone).await.expect("counted")), None, "nor on the phone, wherever it is");
    assert_eq!(wait(&service.fail(&at_home, 3).await.0), Some(30), "the counterpart: the user's own failures count");
}

async fn prompts_that_wear_a_user_out_raise_alerts_and_so_does_giving_in(service: TestService) {
    service.establish_history().await;
    let denied = failure("ann", AuthEventKind::MfaDenied, BRAZIL);
    let (_, alerts) = service.fail(&denied, 4).await;
    assert_eq!(alerts, []);
    let (_, alerts) = service.fail(&denied, 3).await;
    let alert = single_alert("MFA_FATIGUE", &alerts);
    assert_eq!((alert.severity(), alert.user_id.as_str(), alert.session_id.as_str()), (Severity::Medium, "ann", ""));
    assert!(alert.reason_user.contains("5 sign-in prompts"), "{}", alert.reason_user);

    let created = service.sign_in_from(BRAZIL).await;
    let alert = single_alert("MFA_FATIGUE_SUCCESS", &created);
    assert_eq!(alert.severity(), Severity::Critical);
    service.clock.advance(Duration::from_mins(1));
    let again = service.sign_in_from(BRAZIL).await;
    assert_eq!(alerts_of_rule("MFA_FATIGUE_SUCCESS", &again).len(), 0, "no prompt since the last sign-in");
    let (_, alerts) = service.fail(&denied, 5).await;
    assert_eq!(alerts, [], "a repeat within the hour");
    service.clock.advance(Duration::from_mins(11));
    let later = service.sign_in_from(LONDON).await;
    assert_eq!(alerts_of_rule("MFA_FATIGUE_SUCCESS", &later).len(), 0, "ten minutes later");
}

async fn a_rule_about_failures_that_is_off_raises_nothing(service: TestService) {
    let (_, alerts) = service.fail(&failure("ann", AuthEventKind::MfaDenied, BRAZIL), 6).await;
    assert_eq!(alerts, []);
}

async fn credential_stuffing_raises_one_alert_and_a_success_after_it_another(service: TestService) {
    service.establish_history().await;
    let mut alerts = Vec::new();
    for n in 0..30 {
        let report = failure(&format!("user-{n}"), AuthEventKind::PasswordFailed, BRAZIL);
        let response = service.report(report).await.expect("counted");
        alerts.extend(response.alerts);
        if n == 29 {
            assert_eq!(response.retry_after.expect("a wait").seconds, 900, "everybody in the network waits");
        }
    }
    let alert = single_alert("CREDENTIAL_STUFFING", &alerts);
    assert_eq!((alert.severity(), alert.user_id.as_str()), (Severity::High, ""));
    assert!(alert.reason_admin.contains(BRAZIL), "{}", alert.reason_admin);

    let alerts = service.expect_created(login(BRAZIL, IPHONE)).await.alerts;
    assert_eq!(single_alert("SUCCESS_AFTER_FAILURES", &alerts).severity(), Severity::High);
    let at_home = service.sign_in_from(LONDON).await;
    assert_eq!(alerts_of_rule("SUCCESS_AFTER_FAILURES", &at_home).len(), 0);
}

async fn the_audit_records_failures_without_names_that_do_not_exist(service: TestService) {
    service.report(failure("ann", AuthEventKind::MfaFailed, BRAZIL)).await.expect("counted");
    service.report(failure("hunter2", AuthEventKind::UnknownUser, BRAZIL)).await.expect("counted");
    let request = || ListEventsRequest { kinds: vec![AuditEventKind::AuthFailed.into()], ..Default::default() };
    eventually("the audit has both", || async {
        let events = service.admin().list_events(request()).await.expect("events").into_inner().events;
        events.len() == 2
    })
    .await;
    let events = service.admin().list_events(request()).await.expect("events").into_inner().events;
    let unknown = events.iter().find(|event| event.auth_event_kind() == AuthEventKind::UnknownUser).expect("recorded");
    assert!(unknown.user_id.starts_with("unknown-"), "{}", unknown.user_id);
    let ann = events.iter().find(|event| event.user_id == "ann").expect("recorded");
    assert_eq!((ann.auth_event_kind(), &ann.auth_methods), (AuthEventKind::MfaFailed, &vec!["pwd".to_owned()]));
    assert_eq!(ann.location.as_ref().expect("a location").country, "BR");
    assert_eq!(ann.device.as_ref().expect("a device").name, "Chrome on Windows");
}

async fn invalid_reports_are_rejected_and_count_nothing(service: TestService) {
    let wrong = failure("ann", AuthEventKind::PasswordFailed, BRAZIL);
    let seconds = |ago: i64| {
        let now = i64::try_from(service.clock.now().get() / 1_000).expect("a time");
        Some(Timestamp { seconds: now - ago, nanos: 0 })
    };
    let cases = [
        (ReportAuthEventRequest { user_id: String::new(), ..wrong.clone() }, "user_id"),
        (ReportAuthEventRequest { kind: 0, ..wrong.clone() }, "kind"),
        (ReportAuthEventRequest { kind: 99, ..wrong.clone() }, "kind"),
        (ReportAuthEventRequest { method: "x".repeat(65), ..wrong.clone() }, "method"),
        (ReportAuthEventRequest { occurred_at: seconds(3_700), ..wrong.clone() }, "occurred_at"),
        (ReportAuthEventRequest { occurred_at: seconds(-60), ..wrong.clone() }, "occurred_at"),
    ];
    for (report, field) in cases {
        let (code, _, fields) = error_parts(&service.report(report).await.expect_err(field));
        assert_eq!((code, fields), (Code::InvalidArgument, vec![field.to_owned()]));
    }
    let response = service.report(ReportAuthEventRequest { occurred_at: seconds(3_500), ..wrong }).await;
    assert_eq!(response.expect("counted").recent_failures, 0, "it was too long ago to be recent");
}
