//! That the checker finds what must not be, and nothing else.

use std::time::Duration;

use session_authority::api::RejectReason;

use super::{Created, History, Number, Report, Revocation, Scope, Span, Validation, Verdict, Violation};

const BOUND: Duration = Duration::from_millis(250);
const ACCEPTED: Verdict = Verdict::Accepted { from_memory: true };
const UNKNOWN: Verdict = Verdict::Rejected(RejectReason::Unknown);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A history in which times are said instead of measured.
struct Told(History);

impl Told {
    /// With one session of user 0 of tenant 0, asked for at 10 ms and answered at 20.
    fn one_session() -> Self {
        let told = Self(History::new());
        told.0.records().sessions.push(Created { user: 0, tenant: 0, span: span(10, 20) });
        told
    }

    fn revoked(self, scope: Scope, sent: u64, answered: Option<u64>) -> Self {
        let revocation = Revocation { sent: ms(sent), answered: answered.map(ms) };
        self.0.records().revocations.entry(scope).or_default().push(revocation);
        self
    }

    fn validated(self, session: Number, (sent, answered): (u64, u64), verdict: Verdict) -> Self {
        self.0.records().validations.push(Validation { session, span: span(sent, answered), verdict });
        self
    }

    fn report(&self) -> Report {
        self.0.check(BOUND)
    }

    #[track_caller]
    fn is_fine(&self) -> Report {
        let report = self.report();
        assert_eq!(report.violations, []);
        report
    }
}

fn span(sent: u64, answered: u64) -> Span {
    Span { sent: ms(sent), answered: ms(answered) }
}

#[test]
fn an_accept_that_starts_at_the_bound_or_later_is_found() {
    for scope in [Scope::Session(0), Scope::User(0), Scope::Tenant(0), Scope::Everyone] {
        let revoked = || Told::one_session().revoked(scope, 50, Some(100));
        let report = revoked().validated(0, (349, 900), ACCEPTED).is_fine();
        assert_eq!(report.staleness, ms(249));
        let late = Validation { session: 0, span: span(350, 351), verdict: ACCEPTED };
        let report = revoked().validated(0, (350, 351), ACCEPTED).report();
        assert_eq!(report.violations, [Violation::Stale { validation: late, ended: scope, by: ms(250) }]);
        assert_eq!(report.staleness, ms(250));
    }
}

#[test]
fn the_first_answer_to_a_revocation_counts() {
    let told = Told::one_session();
    // The one that was sent first is answered last.
    let told = told.revoked(Scope::User(0), 50, Some(900)).revoked(Scope::User(0), 60, Some(100));
    assert_eq!(told.validated(0, (350, 351), ACCEPTED).report().violations.len(), 1);
    let told = Told::one_session().revoked(Scope::Session(0), 50, Some(900)).revoked(Scope::Tenant(0), 60, Some(100));
    assert_eq!(told.validated(0, (350, 351), ACCEPTED).report().violations.len(), 1);
}

#[test]
fn what_is_revoked_of_others_ends_nothing() {
    let told = Told::one_session().revoked(Scope::Session(1), 50, Some(60));
    let told = told.revoked(Scope::User(1), 50, Some(60)).revoked(Scope::Tenant(1), 50, Some(60));
    let report = told.validated(0, (900, 901), ACCEPTED).is_fine();
    assert_eq!((report.revocations, report.from_memory, report.staleness), (3, 1, Duration::ZERO));
}

#[test]
fn what_was_revoked_before_a_login_was_answered_does_not_end_it() {
    let told = Told::one_session().revoked(Scope::User(0), 0, Some(5)).revoked(Scope::User(0), 15, Some(16));
    told.validated(0, (900, 901), ACCEPTED).is_fine();
}

#[test]
fn a_rejection_of_a_session_that_nobody_ended_is_found() {
    let judged = |told: Told| told.validated(0, (30, 40), UNKNOWN).report().violations.len();
    assert_eq!(judged(Told::one_session()), 1);
    assert_eq!(judged(Told::one_session().revoked(Scope::User(0), 0, Some(5))), 1, "it was made later");
    assert_eq!(judged(Told::one_session().revoked(Scope::User(0), 41, Some(50))), 1, "it was ended later");
    assert_eq!(judged(Told::one_session().revoked(Scope::Session(1), 35, Some(38))), 1, "another was ended");
}

#[test]
fn a_rejection_of_a_session_whose_end_was_asked_for_is_right() {
    let judged = |told: Told| told.validated(0, (30, 40), UNKNOWN).is_fine();
    judged(Told::one_session().revoked(Scope::User(0), 40, Some(50)));
    judged(Told::one_session().revoked(Scope::User(0), 35, None));
    // Made while a revocation was under way: it may have been before or after it.
    judged(Told::one_session().revoked(Scope::User(0), 5, Some(10)));
    judged(Told::one_session().revoked(Scope::Tenant(0), 15, Some(90)));
    judged(Told::one_session().revoked(Scope::Tenant(0), 5, None));
}

#[test]
fn without_an_answer_to_its_revocation_a_session_may_be_accepted_and_may_be_rejected() {
    let told = Told::one_session().revoked(Scope::Session(0), 50, None);
    let told = told.validated(0, (900, 901), ACCEPTED).validated(0, (902, 903), UNKNOWN);
    let report = told.validated(0, (904, 905), ACCEPTED).is_fine();
    assert_eq!((report.from_memory, report.rejected, report.revocations), (2, 1, 0));
}

#[test]
fn no_verdict_is_never_wrong() {
    let told = Told::one_session().validated(0, (30, 40), Verdict::Unavailable);
    let report = told.revoked(Scope::Session(0), 50, Some(60)).validated(0, (900, 901), Verdict::Unavailable).is_fine();
    assert_eq!((report.validations(), report.unavailable), (2, 2));
}

#[test]
fn what_is_measured_is_what_happened() {
    let history = History::new();
    let before = history.now();
    let session = history.created(3, 4, before);
    let sent = history.now();
    history.validated(session, sent, ACCEPTED);
    history.revoked(Scope::User(3), history.now(), true);
    history.validated(session, history.now(), ACCEPTED);
    let report = history.check(Duration::ZERO);
    assert_eq!((report.sessions, report.revocations, report.from_memory), (1, 1, 2));
    assert!(matches!(report.violations[..], [Violation::Stale { .. }]), "the second, as nothing may be stale");
    assert_eq!(history.check(Duration::from_hours(1)).violations, []);
}
