//! That the checker finds what must not be, and nothing else.

use std::time::Duration;

use session_authority::{
    api::RejectReason,
    clock::{Clock, SystemClock},
    domain::UnixMillis,
};

use super::{
    Answer, AsOf, Created, History, NodeNumber, Question, Report, Revocation, Scope, Span, Validation, Verdict,
    Violation,
};

const BOUND: Duration = Duration::from_millis(250);
const ACCEPTED: Verdict = Verdict::Accepted { from_memory: true };
/// That is asked unless a test says otherwise: another node than the one that revokes.
const ASKED: Question = Question { session: 0, node: 1, strong: false };
const REVOKING: NodeNumber = 0;
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
        let revocation = Revocation { node: Some(REVOKING), sent: ms(sent), answered: answered.map(ms) };
        self.0.records().revocations.entry(scope).or_default().push(revocation);
        self
    }

    fn validated(self, times: (u64, u64), verdict: Verdict) -> Self {
        self.with(validation(ASKED, times, verdict))
    }

    fn with(self, validation: Validation) -> Self {
        self.0.records().validations.push(validation);
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

/// That does not say as of when it holds.
fn validation(question: Question, (sent, answered): (u64, u64), verdict: Verdict) -> Validation {
    Validation { question, span: span(sent, answered), as_of: None, verdict }
}

#[test]
fn an_accept_that_starts_at_the_bound_or_later_is_found() {
    for scope in [Scope::Session(0), Scope::User(0), Scope::Tenant(0), Scope::Everyone] {
        let revoked = || Told::one_session().revoked(scope, 50, Some(100));
        let report = revoked().validated((349, 900), ACCEPTED).is_fine();
        assert_eq!(report.staleness, ms(249));
        let late = validation(ASKED, (350, 351), ACCEPTED);
        let report = revoked().validated((350, 351), ACCEPTED).report();
        assert_eq!(report.violations, [Violation::Stale { validation: late, ended: scope, by: ms(250), bound: BOUND }]);
        assert_eq!(report.staleness, ms(250));
    }
}

#[test]
fn the_first_answer_to_a_revocation_counts() {
    let told = Told::one_session();
    // The one that was sent first is answered last.
    let told = told.revoked(Scope::User(0), 50, Some(900)).revoked(Scope::User(0), 60, Some(100));
    assert_eq!(told.validated((350, 351), ACCEPTED).report().violations.len(), 1);
    let told = Told::one_session().revoked(Scope::Session(0), 50, Some(900)).revoked(Scope::Tenant(0), 60, Some(100));
    assert_eq!(told.validated((350, 351), ACCEPTED).report().violations.len(), 1);
}

#[test]
fn what_is_revoked_of_others_ends_nothing() {
    let told = Told::one_session().revoked(Scope::Session(1), 50, Some(60));
    let told = told.revoked(Scope::User(1), 50, Some(60)).revoked(Scope::Tenant(1), 50, Some(60));
    let report = told.validated((900, 901), ACCEPTED).is_fine();
    assert_eq!((report.revocations, report.from_memory, report.staleness), (3, 1, Duration::ZERO));
}

#[test]
fn what_was_revoked_before_a_login_was_answered_does_not_end_it() {
    let told = Told::one_session().revoked(Scope::User(0), 0, Some(5)).revoked(Scope::User(0), 15, Some(16));
    told.validated((900, 901), ACCEPTED).is_fine();
}

#[test]
fn a_rejection_of_a_session_that_nobody_ended_is_found() {
    let judged = |told: Told| told.validated((30, 40), UNKNOWN).report().violations.len();
    assert_eq!(judged(Told::one_session()), 1);
    assert_eq!(judged(Told::one_session().revoked(Scope::User(0), 0, Some(5))), 1, "it was made later");
    assert_eq!(judged(Told::one_session().revoked(Scope::User(0), 41, Some(50))), 1, "it was ended later");
    assert_eq!(judged(Told::one_session().revoked(Scope::Session(1), 35, Some(38))), 1, "another was ended");
}

#[test]
fn a_rejection_because_of_a_time_limit_is_found_even_after_a_revocation() {
    for reason in [RejectReason::IdleTimeout, RejectReason::Expired] {
        let told = Told::one_session().revoked(Scope::User(0), 25, Some(28));
        assert_eq!(told.validated((30, 40), Verdict::Rejected(reason)).report().violations.len(), 1, "{reason:?}");
    }
}

#[test]
fn a_rejection_of_a_session_whose_end_was_asked_for_is_right() {
    let judged = |told: Told| told.validated((30, 40), UNKNOWN).is_fine();
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
    let told = told.validated((900, 901), ACCEPTED).validated((902, 903), UNKNOWN);
    let report = told.validated((904, 905), ACCEPTED).is_fine();
    assert_eq!((report.from_memory, report.rejected, report.revocations), (2, 1, 0));
}

#[test]
fn no_verdict_is_never_wrong() {
    let told = Told::one_session().validated((30, 40), Verdict::Unavailable);
    let report = told.revoked(Scope::Session(0), 50, Some(60)).validated((900, 901), Verdict::Unavailable).is_fine();
    assert_eq!((report.validations(), report.unavailable), (2, 2));
}

/// Asked right after the answer to a revocation, and right before.
fn judged_at_once(question: Question) -> [Vec<Violation>; 2] {
    [100, 99].map(|sent| {
        let told = Told::one_session().revoked(Scope::User(0), 50, Some(100));
        told.with(validation(question, (sent, 101), ACCEPTED)).report().violations
    })
}

#[test]
fn the_node_that_answered_a_revocation_has_no_time_to_accept_what_it_ended() {
    let here = Question { node: REVOKING, ..ASKED };
    let validation = validation(here, (100, 101), ACCEPTED);
    let stale = Violation::Stale { validation, ended: Scope::User(0), by: ms(0), bound: ms(0) };
    assert_eq!(judged_at_once(here), [vec![stale], vec![]]);
    assert_eq!(judged_at_once(ASKED), [vec![], vec![]], "others have");
}

#[test]
fn what_another_node_ended_before_is_not_what_this_one_did() {
    let told = || {
        let told = Told::one_session().revoked(Scope::User(0), 50, Some(300));
        let elsewhere = Revocation { node: Some(ASKED.node), sent: ms(50), answered: Some(ms(100)) };
        told.0.records().revocations.entry(Scope::Tenant(0)).or_default().push(elsewhere);
        let past_the_nodes = Revocation { node: None, ..elsewhere };
        told.0.records().revocations.entry(Scope::Everyone).or_default().push(past_the_nodes);
        told
    };
    let here = Question { node: REVOKING, ..ASKED };
    told().with(validation(here, (299, 301), ACCEPTED)).is_fine();
    assert_eq!(told().with(validation(here, (300, 301), ACCEPTED)).report().violations.len(), 1);
    told().with(validation(ASKED, (99, 301), ACCEPTED)).is_fine();
    assert_eq!(told().with(validation(ASKED, (100, 301), ACCEPTED)).report().violations.len(), 1);
}

#[test]
fn a_strong_validation_has_no_time_either_wherever_it_is_asked() {
    let strong = Question { strong: true, ..ASKED };
    let stale = Violation::Stale {
        validation: validation(strong, (100, 101), ACCEPTED),
        ended: Scope::User(0),
        by: ms(0),
        bound: ms(0),
    };
    assert_eq!(judged_at_once(strong), [vec![stale], vec![]]);
}

#[test]
fn whoever_waits_is_judged_by_when_it_asked() {
    let told = || Told::one_session().revoked(Scope::User(0), 50, Some(100));
    let report = told().validated((349, 1_849), ACCEPTED).is_fine();
    assert_eq!((report.waited_for, report.strong), (1, 0));
    assert_eq!(told().validated((350, 1_849), ACCEPTED).report().violations.len(), 1);
}

#[test]
fn an_accept_as_of_after_an_end_is_found() {
    let judged = |as_of| {
        let told = Told::one_session().revoked(Scope::User(0), 50, Some(100));
        let validation = validation(ASKED, (110, 150), ACCEPTED);
        let as_of = Some(AsOf { earliest: ms(as_of), latest: ms(as_of + 2) });
        told.with(Validation { as_of, ..validation }).report().violations.len()
    };
    assert_eq!((judged(100), judged(101)), (0, 1));
}

#[test]
fn an_answer_as_of_longer_ago_than_the_bound_is_found() {
    for verdict in [ACCEPTED, UNKNOWN] {
        for (strong, bound) in [(false, 250), (true, 0)] {
            let judged = |as_of| {
                let told = Told::one_session().revoked(Scope::User(0), 400, None);
                // It is not judged by when it is answered.
                let validation = validation(Question { strong, ..ASKED }, (500, 1_900), verdict);
                let as_of = Some(AsOf { earliest: ms(as_of - 2), latest: ms(as_of) });
                told.with(Validation { as_of, ..validation }).report().violations
            };
            assert_eq!(judged(500 - bound), []);
            let too_old = judged(499 - bound);
            assert!(matches!(too_old[..], [Violation::Outdated { by, .. }] if by == ms(bound + 1)), "{too_old:?}");
        }
    }
}

#[test]
fn what_is_measured_is_what_happened() {
    let history = History::new();
    let before = history.now();
    let session = history.created(3, 4, before);
    let question = Question { session, ..ASKED };
    let answer = Answer::bare(ACCEPTED);
    let sent = history.now();
    history.validated(question, sent, answer);
    history.revoked(Scope::User(3), Some(REVOKING), history.now(), true);
    history.validated(question, history.now(), answer);
    let report = history.check(Duration::ZERO);
    assert_eq!((report.sessions, report.revocations, report.from_memory), (1, 1, 2));
    assert!(matches!(report.violations[..], [Violation::Stale { .. }]), "the second, as nothing may be stale");
    assert_eq!(history.check(Duration::from_hours(1)).violations, []);
    history.validated(question, history.now(), Answer { as_of: Some(UnixMillis::new(0)), ..answer });
    let as_of = |at: usize| history.records().validations[at].as_of;
    assert_eq!(as_of(2), Some(AsOf { earliest: Duration::ZERO, latest: Duration::ZERO }), "before it began");
    let earliest = history.now();
    let now = Some(SystemClock.now());
    let latest = history.now();
    history.validated(question, earliest, Answer { as_of: now, ..answer });
    let as_of = as_of(3).expect("a time");
    assert!(as_of.earliest <= latest && as_of.latest >= earliest, "{as_of:?}");
}
