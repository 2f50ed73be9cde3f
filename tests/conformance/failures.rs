//! Recent failures of authentication.

use std::time::Duration;

use session_authority::domain::alert::{
    Alert, AlertAction, AlertId, ClientObservation, NotificationContact, NotificationEmail, Severity,
};
use session_authority::domain::failures::{Failure, FailureRecord, FailureSubject};
use session_authority::domain::{
    AuthEventKind, AuthFailure, Device, Event, EventId, EventKind, EventSubject, Location, UnixMillis, UserHandle,
};
use session_authority::store::{FailureFinding, FailureFindings, FailureReport, SignInLookup, UserFindings};

use super::findings::{finding, with_findings};
use super::fixture::StoreFixture;
use super::users::{NOW, TestUser, after, cause};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);

/// Returns a failure at a whole second.
fn failure(at: UnixMillis) -> Failure {
    let at = UnixMillis::new(at.get() - at.get() % 1_000);
    Failure { at, kind: AuthEventKind::PasswordFailed, peer: [1, 2, 3, 4], is_familiar: false }
}

fn report(user: &TestUser, now: UnixMillis) -> FailureReport {
    FailureReport {
        now,
        subject: FailureSubject::User,
        handle: user.handle,
        failure: failure(now),
        event: None,
        limit: 100,
    }
}

fn failed_event(user: &TestUser, number: u8) -> Event {
    let failure = AuthFailure {
        owner: user.owner.clone(),
        kind: AuthEventKind::MfaDenied,
        method: "otp".to_owned(),
        location: Location { ip: "192.0.2.7".parse().ok(), country: "BR".to_owned(), ..Location::default() },
        device: Device { id: "burner".to_owned(), name: "Chrome on Windows".to_owned(), ..Device::default() },
        at: NOW,
    };
    Event {
        id: EventId::from_report([number; 16]),
        kind: EventKind::AuthFailed(AuthEventKind::MfaDenied),
        at: NOW,
        subject: EventSubject::AuthFailure(Box::new(failure)),
        cause: cause(""),
    }
}

pub async fn a_failure_is_recorded_with_its_event(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let event = failed_event(&ann, 1);
    let report = FailureReport { event: Some(event.clone()), ..report(&ann, NOW) };
    let record = f.failures.record_failure(report).await.expect("recorded");
    assert_eq!(record, FailureRecord::default().with_failure(failure(NOW), 32));
    assert_eq!(f.failures.load_failures(FailureSubject::User, ann.handle).await.expect("loaded"), record);
    let of_network = f.failures.load_failures(FailureSubject::Network, ann.handle).await.expect("loaded");
    assert_eq!(of_network, FailureRecord::default(), "users and networks are apart");
    assert_eq!(f.drain().await, [event]);
}

pub async fn every_engine_counts_as_the_domain_does(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let mut expected = FailureRecord::default();
    for n in 0..80_u32 {
        let now = after(SECOND * n + HOUR * (n / 20 * 13));
        let kind = AuthEventKind::ALL[usize::try_from(n).expect("small") % AuthEventKind::ALL.len()];
        let failure = Failure { kind, is_familiar: n.is_multiple_of(3), peer: n.to_be_bytes(), ..failure(now) };
        expected = expected.with_failure(failure, FailureSubject::User.capacity());
        let report = FailureReport { failure, ..report(&ann, now) };
        assert_eq!(f.failures.record_failure(report).await.expect("recorded"), expected, "failure {n}");
    }
    assert_eq!(expected.recent.len(), FailureSubject::User.capacity());
}

pub async fn a_success_ends_the_count_and_returns_what_was_before(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let nothing = f.failures.record_success(ann.handle, NOW).await.expect("recorded");
    assert_eq!(nothing, FailureRecord::default());
    let before = f.failures.record_failure(report(&ann, NOW)).await.expect("recorded");
    let now = after(SECOND * 5);
    assert_eq!(f.failures.record_success(ann.handle, now).await.expect("recorded"), before);
    let record = f.failures.load_failures(FailureSubject::User, ann.handle).await.expect("loaded");
    assert_eq!(record, before.with_success(failure(now).at));
    assert_eq!(record.unfamiliar.at(now), 0);
}

pub async fn the_state_before_a_sign_in_has_the_failures_of_its_user_and_its_network(f: StoreFixture) {
    let (ann, network) = (TestUser::new("ann"), TestUser::new("192.0.2.7"));
    f.sign_in(ann.login(1, NOW)).await;
    let of_user = f.failures.record_failure(report(&ann, NOW)).await.expect("recorded");
    let of_network = FailureReport { subject: FailureSubject::Network, ..report(&network, after(SECOND)) };
    let of_network = f.failures.record_failure(of_network).await.expect("recorded");
    let mut lookup =
        SignInLookup { owner: &ann.owner, handle: ann.handle, network: Some(network.handle), now: after(SECOND) };
    let state = f.load_sign_in_state(&lookup).await.expect("a state");
    assert_eq!(state.user, f.load_user_state(&ann.owner, ann.handle, after(SECOND)).await.expect("user state"));
    assert_eq!(state.user.live_sessions.len(), 1);
    assert_eq!((state.user_failures, state.network_failures.expect("failures")), (of_user, of_network));
    lookup.network = None;
    let state = f.load_sign_in_state(&lookup).await.expect("a state");
    assert_eq!(state.network_failures.expect("failures"), FailureRecord::default());
    let bob = TestUser::new("bob");
    let state = f.load_sign_in_state(&SignInLookup { owner: &bob.owner, handle: bob.handle, ..lookup }).await;
    assert_eq!(state.expect("a state").user_failures, FailureRecord::default());
}

pub async fn many_subjects_take_no_more_room_than_allowed_and_the_worst_stays(f: StoreFixture) {
    const LIMIT: usize = 16;
    let handle = |n: u16| {
        let mut handle = [7; 12];
        handle[1..3].copy_from_slice(&n.to_be_bytes());
        UserHandle(handle)
    };
    let network = |n: u16, now| FailureReport {
        now,
        subject: FailureSubject::Network,
        handle: handle(n),
        failure: failure(now),
        event: None,
        limit: LIMIT,
    };
    for _ in 0..30 {
        f.failures.record_failure(network(0, NOW)).await.expect("recorded");
    }
    for n in 1..=400 {
        let now = after(SECOND * u32::from(n) / 4);
        let record = f.failures.record_failure(network(n, now)).await.expect("recorded");
        assert_eq!(record.recent.len(), 1, "the newest is never removed by itself");
    }
    let mut remembered = Vec::new();
    for n in 0..=400 {
        let record = f.failures.load_failures(FailureSubject::Network, handle(n)).await.expect("loaded");
        if record != FailureRecord::default() {
            remembered.push(n);
        }
    }
    assert_eq!(remembered.len(), LIMIT, "{remembered:?}");
    assert_eq!(remembered.first(), Some(&0), "the one with most failures");
    assert_eq!(remembered.last(), Some(&400));
}

pub async fn outdated_records_go_with_later_failures(f: StoreFixture) {
    let (ann, other) = (TestUser::new("ann"), TestUser::new("ann"));
    let mut neighbour = other.handle;
    neighbour.0[11] ^= 1;
    f.failures.record_failure(report(&ann, NOW)).await.expect("recorded");
    let later = after(FailureRecord::MAX_AGE + HOUR);
    let report = FailureReport { handle: neighbour, ..report(&ann, later) };
    f.failures.record_failure(report).await.expect("recorded");
    let gone = f.failures.load_failures(FailureSubject::User, ann.handle).await.expect("loaded");
    assert_eq!(gone, FailureRecord::default());
}

fn findings(user: &TestUser, now: UnixMillis, slots: &[usize]) -> FailureFindings {
    let event = EventId::from_report([9; 16]);
    let finding = |slot: &usize| {
        let rule = ["MFA_FATIGUE", "BRUTE_FORCE"][*slot];
        let alert = Alert {
            id: AlertId::new(rule, event),
            tenant: user.owner.tenant.clone(),
            rule: rule.to_owned(),
            rule_version: 1,
            severity: Severity::Medium,
            event_time: now,
            detected_time: now,
            user: Some(user.owner.user.clone()),
            email: NotificationEmail::default(),
            contact: NotificationContact::default(),
            session: None,
            device_id: String::new(),
            current: ClientObservation::default(),
            previous: None,
            action_taken: AlertAction::None,
            action_recommended: AlertAction::Notify,
            audit_only: false,
            detail: None,
            reason_admin: "why".to_owned(),
            reason_user: "what".to_owned(),
            mitre_techniques: Vec::new(),
            dedup_key: rule.to_owned(),
            dedup_count: 1,
            event: Some(event),
            group: None,
            acknowledgement: None,
        };
        FailureFinding { alert, slot: *slot, dedup_window: HOUR }
    };
    let findings = slots.iter().map(finding).collect();
    FailureFindings { now, subject: FailureSubject::User, handle: user.handle, findings }
}

pub async fn a_finding_about_failures_raises_one_alert_and_repeats_are_counted(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.failures.record_failure(report(&ann, NOW)).await.expect("recorded");
    let raise = async |now, slots: &[usize]| {
        let alerts = f.failures.raise_findings(findings(&ann, now, slots)).await.expect("raised");
        let seen = |alert: &Alert| (alert.rule.clone(), alert.dedup_count, alert.group.map(|group| group.position));
        alerts.iter().map(seen).collect::<Vec<_>>()
    };
    let (fatigue, brute) = ("MFA_FATIGUE".to_owned(), "BRUTE_FORCE".to_owned());
    assert_eq!(raise(NOW, &[0, 1]).await, [(fatigue, 1, Some(1)), (brute.clone(), 1, Some(2))]);
    assert_eq!(raise(after(SECOND), &[1]).await, []);
    assert_eq!(raise(after(HOUR.saturating_sub(SECOND)), &[1]).await, []);
    assert_eq!(raise(after(HOUR), &[1]).await, [(brute, 3, Some(1))]);
}

pub async fn a_finding_about_a_user_raises_one_alert_on_all_nodes_and_repeats_are_counted(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let login = ann.login(1, NOW);
    let raise = async |now, rules: &[&str]| {
        let findings = rules.iter().map(|rule| finding(&login, rule, rule)).collect();
        let findings = UserFindings { now, owner: ann.owner.clone(), handle: ann.handle, findings };
        let alerts = f.failures.raise_user_findings(findings).await.expect("raised");
        let seen = |alert: &Alert| (alert.rule.clone(), alert.dedup_count, alert.group.map(|group| group.size));
        alerts.iter().map(seen).collect::<Vec<_>>()
    };
    let (context, concurrent) = ("SESSION_CONTEXT_CHANGE".to_owned(), "CONCURRENT_SESSION_USE".to_owned());
    let both = [(context.clone(), 1, Some(2)), (concurrent.clone(), 1, Some(2))];
    assert_eq!(raise(NOW, &[&context, &concurrent]).await, both, "also for a user without sessions");
    assert_eq!(raise(after(SECOND), &[&context]).await, []);
    f.sign_in(with_findings(login.clone(), &[&context])).await;
    assert_eq!(raise(after(HOUR.saturating_sub(SECOND)), &[&context]).await, []);
    assert_eq!(raise(after(HOUR), &[&context, &concurrent]).await, [(context, 4, Some(2)), (concurrent, 1, Some(2))]);
}

pub async fn the_failures_of_a_user_can_be_removed(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.failures.record_failure(report(&ann, NOW)).await.expect("recorded");
    f.failures.delete_failures(ann.handle).await.expect("removed");
    let record = f.failures.load_failures(FailureSubject::User, ann.handle).await.expect("loaded");
    assert_eq!(record, FailureRecord::default());
}
