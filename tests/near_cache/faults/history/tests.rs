//! Tests of the checker: it finds every violation and nothing else.

use std::time::Duration;

use session_authority::{
    api::RejectReason,
    clock::{Clock, SystemClock},
    domain::UnixMillis,
};

use super::{
    AsOfBounds, CallSpan, EndedScope, HistoryReport, HistoryViolation, NodeNumber, ObservedVerdict, RecordedLogin,
    RecordedRevocation, RecordedValidation, ValidationAnswer, ValidationCall, ValidationHistory,
};

const BOUND: Duration = Duration::from_millis(250);
const ACCEPTED: ObservedVerdict = ObservedVerdict::Accepted { from_memory: true };
/// The default call of these tests: on another node than the one that revokes.
const OTHER_NODE_CALL: ValidationCall = ValidationCall { session: 0, node: 1, strong: false };
const REVOKING_NODE: NodeNumber = 0;
const UNKNOWN: ObservedVerdict = ObservedVerdict::Rejected(RejectReason::Unknown);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A history with given instead of measured times.
struct ScriptedHistory(ValidationHistory);

impl ScriptedHistory {
    /// Creates a history with one session of user 0 of tenant 0, requested at 10 ms and created at 20.
    fn with_one_session() -> Self {
        let history = Self(ValidationHistory::new());
        history.0.records().sessions.push(RecordedLogin { user: 0, tenant: 0, span: span(10, 20) });
        history
    }

    fn revoked(self, scope: EndedScope, sent: u64, answered: Option<u64>) -> Self {
        let revocation = RecordedRevocation { node: Some(REVOKING_NODE), sent: ms(sent), answered: answered.map(ms) };
        self.0.records().revocations.entry(scope).or_default().push(revocation);
        self
    }

    fn validated(self, times: (u64, u64), verdict: ObservedVerdict) -> Self {
        self.with_validation(validation(OTHER_NODE_CALL, times, verdict))
    }

    fn with_validation(self, validation: RecordedValidation) -> Self {
        self.0.records().validations.push(validation);
        self
    }

    fn report(&self) -> HistoryReport {
        self.0.check(BOUND)
    }

    #[track_caller]
    fn assert_no_violations(&self) -> HistoryReport {
        let report = self.report();
        assert_eq!(report.violations, []);
        report
    }
}

fn span(sent: u64, answered: u64) -> CallSpan {
    CallSpan { sent: ms(sent), answered: ms(answered) }
}

/// Returns a validation without `as_of`.
fn validation(question: ValidationCall, (sent, answered): (u64, u64), verdict: ObservedVerdict) -> RecordedValidation {
    RecordedValidation { call: question, span: span(sent, answered), as_of: None, verdict }
}

#[test]
fn an_accept_that_starts_at_the_bound_or_later_is_found() {
    for scope in [EndedScope::Session(0), EndedScope::User(0), EndedScope::Tenant(0), EndedScope::Everyone] {
        let revoked = || ScriptedHistory::with_one_session().revoked(scope, 50, Some(100));
        let report = revoked().validated((349, 900), ACCEPTED).assert_no_violations();
        assert_eq!(report.staleness, ms(249));
        let late = validation(OTHER_NODE_CALL, (350, 351), ACCEPTED);
        let report = revoked().validated((350, 351), ACCEPTED).report();
        assert_eq!(
            report.violations,
            [HistoryViolation::Stale { validation: late, ended: scope, by: ms(250), bound: BOUND }]
        );
        assert_eq!(report.staleness, ms(250));
    }
}

#[test]
fn the_first_answer_to_a_revocation_counts() {
    let history = ScriptedHistory::with_one_session();
    // The revocation that was sent first has the last response.
    let history = history.revoked(EndedScope::User(0), 50, Some(900)).revoked(EndedScope::User(0), 60, Some(100));
    assert_eq!(history.validated((350, 351), ACCEPTED).report().violations.len(), 1);
    let history = ScriptedHistory::with_one_session().revoked(EndedScope::Session(0), 50, Some(900)).revoked(
        EndedScope::Tenant(0),
        60,
        Some(100),
    );
    assert_eq!(history.validated((350, 351), ACCEPTED).report().violations.len(), 1);
}

#[test]
fn what_is_revoked_of_others_ends_nothing() {
    let history = ScriptedHistory::with_one_session().revoked(EndedScope::Session(1), 50, Some(60));
    let history = history.revoked(EndedScope::User(1), 50, Some(60)).revoked(EndedScope::Tenant(1), 50, Some(60));
    let report = history.validated((900, 901), ACCEPTED).assert_no_violations();
    assert_eq!((report.revocations, report.from_memory, report.staleness), (3, 1, Duration::ZERO));
}

#[test]
fn what_was_revoked_before_a_login_was_answered_does_not_end_it() {
    let history = ScriptedHistory::with_one_session().revoked(EndedScope::User(0), 0, Some(5)).revoked(
        EndedScope::User(0),
        15,
        Some(16),
    );
    history.validated((900, 901), ACCEPTED).assert_no_violations();
}

#[test]
fn a_rejection_of_a_session_that_nobody_ended_is_found() {
    let judged = |history: ScriptedHistory| history.validated((30, 40), UNKNOWN).report().violations.len();
    assert_eq!(judged(ScriptedHistory::with_one_session()), 1);
    assert_eq!(
        judged(ScriptedHistory::with_one_session().revoked(EndedScope::User(0), 0, Some(5))),
        1,
        "it was created later"
    );
    assert_eq!(
        judged(ScriptedHistory::with_one_session().revoked(EndedScope::User(0), 41, Some(50))),
        1,
        "it was ended later"
    );
    assert_eq!(
        judged(ScriptedHistory::with_one_session().revoked(EndedScope::Session(1), 35, Some(38))),
        1,
        "another was ended"
    );
}

#[test]
fn a_rejection_because_of_a_time_limit_is_found_even_after_a_revocation() {
    for reason in [RejectReason::IdleTimeout, RejectReason::Expired] {
        let history = ScriptedHistory::with_one_session().revoked(EndedScope::User(0), 25, Some(28));
        assert_eq!(
            history.validated((30, 40), ObservedVerdict::Rejected(reason)).report().violations.len(),
            1,
            "{reason:?}"
        );
    }
}

#[test]
fn a_rejection_of_a_session_whose_end_was_asked_for_is_right() {
    let judged = |history: ScriptedHistory| history.validated((30, 40), UNKNOWN).assert_no_violations();
    judged(ScriptedHistory::with_one_session().revoked(EndedScope::User(0), 40, Some(50)));
    judged(ScriptedHistory::with_one_session().revoked(EndedScope::User(0), 35, None));
    // The session was created while a revocation was in flight: it may have been created before or after it.
    judged(ScriptedHistory::with_one_session().revoked(EndedScope::User(0), 5, Some(10)));
    judged(ScriptedHistory::with_one_session().revoked(EndedScope::Tenant(0), 15, Some(90)));
    judged(ScriptedHistory::with_one_session().revoked(EndedScope::Tenant(0), 5, None));
}

#[test]
fn without_an_answer_to_its_revocation_a_session_may_be_accepted_and_may_be_rejected() {
    let history = ScriptedHistory::with_one_session().revoked(EndedScope::Session(0), 50, None);
    let history = history.validated((900, 901), ACCEPTED).validated((902, 903), UNKNOWN);
    let report = history.validated((904, 905), ACCEPTED).assert_no_violations();
    assert_eq!((report.from_memory, report.rejected, report.revocations), (2, 1, 0));
}

#[test]
fn no_verdict_is_never_wrong() {
    let history = ScriptedHistory::with_one_session().validated((30, 40), ObservedVerdict::Unavailable);
    let report = history
        .revoked(EndedScope::Session(0), 50, Some(60))
        .validated((900, 901), ObservedVerdict::Unavailable)
        .assert_no_violations();
    assert_eq!((report.validations(), report.unavailable), (2, 2));
}

/// Validates right after the response to a revocation, and right before it.
fn violations_around_answer(question: ValidationCall) -> [Vec<HistoryViolation>; 2] {
    [100, 99].map(|sent| {
        let history = ScriptedHistory::with_one_session().revoked(EndedScope::User(0), 50, Some(100));
        history.with_validation(validation(question, (sent, 101), ACCEPTED)).report().violations
    })
}

#[test]
fn the_node_that_answered_a_revocation_has_no_time_to_accept_what_it_ended() {
    let here = ValidationCall { node: REVOKING_NODE, ..OTHER_NODE_CALL };
    let validation = validation(here, (100, 101), ACCEPTED);
    let stale = HistoryViolation::Stale { validation, ended: EndedScope::User(0), by: ms(0), bound: ms(0) };
    assert_eq!(violations_around_answer(here), [vec![stale], vec![]]);
    assert_eq!(violations_around_answer(OTHER_NODE_CALL), [vec![], vec![]], "other nodes may");
}

#[test]
fn what_another_node_ended_before_is_not_what_this_one_did() {
    let history = || {
        let history = ScriptedHistory::with_one_session().revoked(EndedScope::User(0), 50, Some(300));
        let elsewhere = RecordedRevocation { node: Some(OTHER_NODE_CALL.node), sent: ms(50), answered: Some(ms(100)) };
        history.0.records().revocations.entry(EndedScope::Tenant(0)).or_default().push(elsewhere);
        let past_the_nodes = RecordedRevocation { node: None, ..elsewhere };
        history.0.records().revocations.entry(EndedScope::Everyone).or_default().push(past_the_nodes);
        history
    };
    let here = ValidationCall { node: REVOKING_NODE, ..OTHER_NODE_CALL };
    history().with_validation(validation(here, (299, 301), ACCEPTED)).assert_no_violations();
    assert_eq!(history().with_validation(validation(here, (300, 301), ACCEPTED)).report().violations.len(), 1);
    history().with_validation(validation(OTHER_NODE_CALL, (99, 301), ACCEPTED)).assert_no_violations();
    assert_eq!(
        history().with_validation(validation(OTHER_NODE_CALL, (100, 301), ACCEPTED)).report().violations.len(),
        1
    );
}

#[test]
fn a_strong_validation_has_no_time_either_wherever_it_is_asked() {
    let strong = ValidationCall { strong: true, ..OTHER_NODE_CALL };
    let stale = HistoryViolation::Stale {
        validation: validation(strong, (100, 101), ACCEPTED),
        ended: EndedScope::User(0),
        by: ms(0),
        bound: ms(0),
    };
    assert_eq!(violations_around_answer(strong), [vec![stale], vec![]]);
}

#[test]
fn a_slow_validation_is_checked_by_its_start() {
    let history = || ScriptedHistory::with_one_session().revoked(EndedScope::User(0), 50, Some(100));
    let report = history().validated((349, 1_849), ACCEPTED).assert_no_violations();
    assert_eq!((report.slow_verdicts, report.strong), (1, 0));
    assert_eq!(history().validated((350, 1_849), ACCEPTED).report().violations.len(), 1);
}

#[test]
fn an_accept_as_of_after_an_end_is_found() {
    let judged = |as_of| {
        let history = ScriptedHistory::with_one_session().revoked(EndedScope::User(0), 50, Some(100));
        let validation = validation(OTHER_NODE_CALL, (110, 150), ACCEPTED);
        let as_of = Some(AsOfBounds { earliest: ms(as_of), latest: ms(as_of + 2) });
        history.with_validation(RecordedValidation { as_of, ..validation }).report().violations.len()
    };
    assert_eq!((judged(100), judged(101)), (0, 1));
}

#[test]
fn an_answer_as_of_longer_ago_than_the_bound_is_found() {
    for verdict in [ACCEPTED, UNKNOWN] {
        for (strong, bound) in [(false, 250), (true, 0)] {
            let judged = |as_of| {
                let history = ScriptedHistory::with_one_session().revoked(EndedScope::User(0), 400, None);
                // The time of the response does not matter.
                let validation = validation(ValidationCall { strong, ..OTHER_NODE_CALL }, (500, 1_900), verdict);
                let as_of = Some(AsOfBounds { earliest: ms(as_of - 2), latest: ms(as_of) });
                history.with_validation(RecordedValidation { as_of, ..validation }).report().violations
            };
            assert_eq!(judged(500 - bound), []);
            let too_old = judged(499 - bound);
            assert!(
                matches!(too_old[..], [HistoryViolation::Outdated { by, .. }] if by == ms(bound + 1)),
                "{too_old:?}"
            );
        }
    }
}

#[test]
fn what_is_measured_is_what_happened() {
    let history = ValidationHistory::new();
    let before = history.now();
    let session = history.record_created(3, 4, before);
    let question = ValidationCall { session, ..OTHER_NODE_CALL };
    let answer = ValidationAnswer::without_as_of(ACCEPTED);
    let sent = history.now();
    history.record_validation(question, sent, answer);
    history.record_revocation(EndedScope::User(3), Some(REVOKING_NODE), history.now(), true);
    history.record_validation(question, history.now(), answer);
    let report = history.check(Duration::ZERO);
    assert_eq!((report.sessions, report.revocations, report.from_memory), (1, 1, 2));
    assert!(
        matches!(report.violations[..], [HistoryViolation::Stale { .. }]),
        "the second one, because no staleness is permitted"
    );
    assert_eq!(history.check(Duration::from_hours(1)).violations, []);
    history.record_validation(question, history.now(), ValidationAnswer { as_of: Some(UnixMillis::new(0)), ..answer });
    let as_of = |at: usize| history.records().validations[at].as_of;
    assert_eq!(
        as_of(2),
        Some(AsOfBounds { earliest: Duration::ZERO, latest: Duration::ZERO }),
        "before the history began"
    );
    let earliest = history.now();
    let now = Some(SystemClock.now());
    let latest = history.now();
    history.record_validation(question, earliest, ValidationAnswer { as_of: now, ..answer });
    let as_of = as_of(3).expect("a time");
    assert!(as_of.earliest <= latest && as_of.latest >= earliest, "{as_of:?}");
}
