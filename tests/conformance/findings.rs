//! Findings of logins.

use std::time::Duration;

use session_authority::domain::alert::{
    Alert, AlertAction, AlertEvidence, AlertGroupPosition, AlertId, ClientObservation, NotificationEmail, Severity,
    VolumeEvidence,
};
use session_authority::domain::{EventId, EventKind, UnixMillis, limits};
use session_authority::store::{CreateOutcome, Finding, FindingTrigger, SessionCreation};

use super::fixture::StoreFixture;
use super::operations::revoke_all;
use super::users::{CreationExt, NOW, TestUser, after};

const HOUR: Duration = Duration::from_hours(1);
const SECOND: Duration = Duration::from_secs(1);

/// Returns a finding of `rule` about the login, with a dedup window of an hour.
pub fn finding(login: &SessionCreation, rule: &str, dedup_key: &str) -> Finding {
    let session = &login.session;
    let event = EventId::from_session(EventKind::Created, session.id, 1);
    let alert = Alert {
        id: AlertId::new(rule, event),
        tenant: session.owner.tenant.clone(),
        rule: rule.to_owned(),
        rule_version: 1,
        severity: Severity::Low,
        event_time: login.now,
        detected_time: login.now,
        user: Some(session.owner.user.clone()),
        session: Some(session.id),
        device_id: session.record.device.id.clone(),
        current: ClientObservation::from_login(&session.record),
        previous: None,
        action_taken: AlertAction::None,
        action_recommended: AlertAction::Notify,
        audit_only: false,
        detail: None,
        reason_admin: "why".to_owned(),
        reason_user: "what".to_owned(),
        mitre_techniques: vec!["T1078".to_owned()],
        dedup_key: dedup_key.to_owned(),
        dedup_count: 1,
        event: Some(event),
        email: NotificationEmail(session.record.email.clone()),
        contact: session.record.contact.clone(),
        group: None,
        acknowledgement: None,
    };
    Finding { alert, trigger: FindingTrigger::Login, dedup_window: HOUR }
}

/// Adds a finding of each rule to the login, with the rule's name as its dedup key.
pub fn with_findings(login: SessionCreation, rules: &[&str]) -> SessionCreation {
    let findings = rules.iter().map(|rule| finding(&login, rule, rule)).collect();
    SessionCreation { findings, ..login }
}

/// Adds a finding to the login that depends on an eviction.
fn with_eviction_finding(login: SessionCreation) -> SessionCreation {
    let mut finding = finding(&login, "SESSION_LIMIT", "SESSION_LIMIT");
    finding.trigger = FindingTrigger::Eviction;
    finding.alert.detail = Some(AlertEvidence::Volume(volume(0)));
    SessionCreation { findings: vec![finding], ..login }
}

fn volume(count: u64) -> VolumeEvidence {
    VolumeEvidence {
        count,
        threshold: 1,
        window: Duration::ZERO,
        distinct_users: 0,
        distinct_networks: 0,
        distinct_devices: 0,
    }
}

async fn create_and_collect_alerts(f: &StoreFixture, login: SessionCreation) -> Vec<Alert> {
    match f.create(login).await.expect("create") {
        CreateOutcome::Created { alerts: raised, .. } => raised,
        other => panic!("not created: {other:?}"),
    }
}

/// Returns rule and count of each alert.
fn counts(alerts: &[Alert]) -> Vec<(&str, u64)> {
    alerts.iter().map(|alert| (alert.rule.as_str(), alert.dedup_count)).collect()
}

pub async fn a_login_raises_its_findings_in_their_order(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let login = with_findings(ann.login(1, NOW), &["NEW_DEVICE", "NEW_COUNTRY"]);
    let grouped = |(finding, position): (&Finding, u32)| {
        let group = Some(AlertGroupPosition { position, size: 2 });
        Alert { group, ..finding.alert.clone() }
    };
    let expected: Vec<_> = login.findings.iter().zip(1..).map(grouped).collect();
    assert_eq!(create_and_collect_alerts(&f, login).await, expected);
}

pub async fn the_alerts_of_a_login_are_counted_without_those_that_are_not_raised(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let first = create_and_collect_alerts(&f, with_findings(ann.login(1, NOW), &["NEW_COUNTRY"])).await;
    let second = with_findings(ann.login(2, after(SECOND)), &["NEW_DEVICE", "NEW_COUNTRY", "IMPOSSIBLE_TRAVEL"]);
    let second = create_and_collect_alerts(&f, second).await;
    let places = |alerts: &[Alert]| {
        let place = |alert: &Alert| alert.group.map(|group| (group.position, group.size)).expect("a group");
        alerts.iter().map(place).collect::<Vec<_>>()
    };
    assert_eq!((places(&first), places(&second)), (vec![(1, 1)], vec![(1, 2), (2, 2)]));
    assert_eq!(second[0].group_id(), second[1].group_id());
    assert_ne!(first[0].group_id(), second[0].group_id());
}

pub async fn a_refused_or_repeated_login_raises_nothing(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let first = ann.login(1, NOW).requested_as(1);
    f.sign_in(first.clone()).await;
    let before = f.keyspace().await;

    let repeat = with_findings(first, &["NEW_DEVICE"]);
    assert!(matches!(f.create(repeat).await, Ok(CreateOutcome::Repeated { .. })));
    let refused = with_findings(ann.login(2, NOW).refused_over(1), &["NEW_DEVICE"]);
    assert_eq!(f.create(refused).await.expect("create"), CreateOutcome::LimitReached { live: 1 });
    assert_eq!(f.keyspace().await, before);

    f.revoke_all(revoke_all(&ann, NOW, 1)).await.expect("revoke all");
    let before = f.keyspace().await;
    let revoked = with_findings(ann.login(3, NOW), &["NEW_DEVICE"]);
    assert!(matches!(f.create(revoked).await, Ok(CreateOutcome::AuthenticatedBeforeRevocation { .. })));
    assert_eq!(f.keyspace().await, before);
}

pub async fn findings_within_the_dedup_window_are_counted_in_the_next_alert(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let at = |number, span| with_findings(ann.login(number, after(span)), &["NEW_COUNTRY"]);
    assert_eq!(counts(&create_and_collect_alerts(&f, at(1, Duration::ZERO)).await), [("NEW_COUNTRY", 1)]);
    assert!(create_and_collect_alerts(&f, at(2, SECOND)).await.is_empty());
    assert!(create_and_collect_alerts(&f, at(3, Duration::from_millis(3_599_999))).await.is_empty());
    assert_eq!(counts(&create_and_collect_alerts(&f, at(4, HOUR)).await), [("NEW_COUNTRY", 3)]);
    assert!(
        create_and_collect_alerts(&f, at(5, HOUR + SECOND)).await.is_empty(),
        "the dedup window starts at the last alert"
    );
    assert_eq!(counts(&create_and_collect_alerts(&f, at(6, HOUR * 30)).await), [("NEW_COUNTRY", 2)]);
}

/// The mutant: without a dedup window, every finding is an alert.
pub async fn without_a_dedup_window_every_finding_is_an_alert(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for number in 0..3 {
        let mut login = with_findings(ann.login(number, NOW), &["NEW_COUNTRY"]);
        login.findings[0].dedup_window = Duration::ZERO;
        assert_eq!(counts(&create_and_collect_alerts(&f, login).await), [("NEW_COUNTRY", 1)]);
    }
}

pub async fn a_clock_that_was_ahead_keeps_nothing_quiet_for_longer(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let at = |number, span| with_findings(ann.login(number, after(span)), &["NEW_COUNTRY"]);
    assert_eq!(counts(&create_and_collect_alerts(&f, at(1, HOUR * 5)).await), [("NEW_COUNTRY", 1)]);
    assert_eq!(
        counts(&create_and_collect_alerts(&f, at(2, HOUR)).await),
        [("NEW_COUNTRY", 1)],
        "four hours before the last one"
    );
    assert!(
        create_and_collect_alerts(&f, at(3, Duration::from_secs(3_599))).await.is_empty(),
        "a second before the last one"
    );
    let mut login = at(4, Duration::from_secs(3_599));
    login.findings[0].dedup_window = Duration::ZERO;
    assert_eq!(counts(&create_and_collect_alerts(&f, login).await), [("NEW_COUNTRY", 2)]);
}

pub async fn one_matter_does_not_silence_another(f: StoreFixture) {
    let [ann, bob] = ["ann", "bob"].map(|name| TestUser::new(name).in_bucket(9));
    let login = ann.login(1, NOW);
    let findings = ["BR", "FR", "BR"].map(|country| finding(&login, "NEW_COUNTRY", country)).into();
    assert_eq!(
        create_and_collect_alerts(&f, SessionCreation { findings, ..login }).await.len(),
        2,
        "one login can have two findings of a rule"
    );
    assert_eq!(create_and_collect_alerts(&f, with_findings(bob.login(1, NOW), &["BR"])).await.len(), 1, "another user");
}

pub async fn an_eviction_alert_has_the_count_and_the_first_session(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for (number, at) in [(1, 30), (2, 10), (3, 20)] {
        let now = after(SECOND * at);
        assert!(
            create_and_collect_alerts(&f, with_eviction_finding(ann.login(number, now).limited_to(3))).await.is_empty()
        );
    }
    let alerts =
        create_and_collect_alerts(&f, with_eviction_finding(ann.login(4, after(SECOND * 60)).limited_to(2))).await;
    assert_eq!(counts(&alerts), [("SESSION_LIMIT", 1)]);
    assert_eq!(alerts[0].detail, Some(AlertEvidence::Volume(volume(2))));
    let first = ann.login(2, after(SECOND * 10)).session;
    assert_eq!(alerts[0].previous, Some(ClientObservation::from_login(&first.record)));
}

pub async fn a_replaced_session_is_not_an_evicted_one(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW).on_device("phone").limited_to(1)).await;
    assert!(
        create_and_collect_alerts(&f, with_eviction_finding(ann.login(2, NOW).on_device("phone").limited_to(1)))
            .await
            .is_empty()
    );
}

pub async fn no_more_than_sixteen_findings_and_matters_are_kept(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let login = ann.login(1, NOW);
    let findings: Vec<_> = (0..20).map(|n| finding(&login, "NEW_COUNTRY", &format!("{n}"))).collect();
    let alerts = create_and_collect_alerts(&f, SessionCreation { findings, ..login }).await;
    assert_eq!(alerts.len(), limits::MAX_FINDINGS_PER_LOGIN);

    create_and_collect_alerts(&f, with_findings(ann.login(2, after(SECOND)), &["a seventeenth"])).await;
    let after_all: UnixMillis = after(SECOND * 2);
    let again: Vec<_> = (0..16).map(|n| finding(&ann.login(3, after_all), "NEW_COUNTRY", &format!("{n}"))).collect();
    let alerts = create_and_collect_alerts(&f, SessionCreation { findings: again, ..ann.login(3, after_all) }).await;
    assert_eq!(alerts.len(), 1, "one dedup key was forgotten: {:?}", counts(&alerts));
}
