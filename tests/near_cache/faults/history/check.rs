//! Whether what was recorded may be.

use std::{collections::HashMap, fmt, time::Duration};

use super::{Created, Records, Revocation, Scope, Span, Validation, Verdict};

/// What a history holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub sessions: usize,
    /// Answered ones.
    pub revocations: usize,
    pub from_memory: usize,
    pub from_store: usize,
    pub rejected: usize,
    pub unavailable: usize,
    /// How long after the answer to a revocation the latest validation started that accepted all the same.
    pub staleness: Duration,
    pub violations: Vec<Violation>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Accepted this long after its end was answered.
    Stale { validation: Validation, ended: Scope, by: Duration },
    /// Rejected while nobody had asked for its end.
    FalselyRejected(Validation),
}

/// What is known of the end of a session.
struct End {
    /// From when on it may have ended.
    possible: Option<Duration>,
    /// From when on it has, and by what.
    certain: Option<(Duration, Scope)>,
}

/// Once through the revocations, once through the sessions, once through the validations.
pub(super) fn check(records: &mut Records, bound: Duration) -> Report {
    let Records { sessions, revocations, validations } = records;
    let timelines: HashMap<_, _> = revocations.iter_mut().map(|(scope, told)| (*scope, Timeline::of(told))).collect();
    let end = |(number, created): (usize, &Created)| {
        let (user, tenant) = (Scope::User(created.user), Scope::Tenant(created.tenant));
        let scopes = [Scope::Session(number), user, tenant, Scope::Everyone];
        scopes.iter().fold(End { possible: None, certain: None }, |end, scope| {
            let Some(timeline) = timelines.get(scope) else { return end };
            let (possible, certain) = timeline.end(created.span);
            let certain = certain.map(|at| (at, *scope));
            let first = |one: &(Duration, Scope), other: &(Duration, Scope)| one.0.cmp(&other.0);
            End {
                possible: earlier(end.possible, possible),
                certain: [end.certain, certain].into_iter().flatten().min_by(first),
            }
        })
    };
    let ends: Vec<_> = sessions.iter().enumerate().map(end).collect();
    let mut report = Report { sessions: sessions.len(), ..Report::default() };
    report.revocations = revocations.values().flatten().filter(|revocation| revocation.answered.is_some()).count();
    for validation in &*validations {
        report.judge(*validation, &ends[validation.session], bound);
    }
    report
}

impl Report {
    fn judge(&mut self, validation: Validation, end: &End, bound: Duration) {
        match validation.verdict {
            Verdict::Accepted { from_memory } => {
                *(if from_memory { &mut self.from_memory } else { &mut self.from_store }) += 1;
                if let Some((certain, ended)) = end.certain
                    && let Some(by) = validation.span.sent.checked_sub(certain)
                {
                    self.staleness = self.staleness.max(by);
                    if by >= bound {
                        self.violations.push(Violation::Stale { validation, ended, by });
                    }
                }
            }
            Verdict::Rejected(_) => {
                self.rejected += 1;
                if end.possible.is_none_or(|possible| validation.span.answered < possible) {
                    self.violations.push(Violation::FalselyRejected(validation));
                }
            }
            Verdict::Unavailable => self.unavailable += 1,
        }
    }

    pub fn validations(&self) -> usize {
        self.from_memory + self.from_store + self.rejected + self.unavailable
    }
}

/// A row of a table.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sessions, revocations, from_memory, from_store, rejected, unavailable, .. } = self;
        let (validations, staleness) = (self.validations(), self.staleness.as_secs_f64() * 1_000.0);
        let violations = self.violations.len();
        write!(
            f,
            "{sessions} | {revocations} | {validations} | {from_memory} | {from_store} | {rejected} | {unavailable} | \
             {staleness:.1} | {violations}"
        )
    }
}

/// The revocations of one scope in the order in which they were sent.
struct Timeline<'a> {
    revocations: &'a [Revocation],
    /// For each, the first answer to it or to a later one.
    first_answers: Vec<Option<Duration>>,
    /// For each, the last answer to it or to an earlier one; none: one of them has no end.
    last_answers: Vec<Option<Duration>>,
}

impl<'a> Timeline<'a> {
    fn of(revocations: &'a mut [Revocation]) -> Self {
        revocations.sort_by_key(|revocation| revocation.sent);
        let mut first_answers: Vec<_> = revocations.iter().map(|revocation| revocation.answered).collect();
        let mut last_answers = first_answers.clone();
        for at in (1..first_answers.len()).rev() {
            first_answers[at - 1] = earlier(first_answers[at - 1], first_answers[at]);
        }
        for at in 1..last_answers.len() {
            last_answers[at] = last_answers[at - 1].zip(last_answers[at]).map(|(one, other)| one.max(other));
        }
        Self { revocations, first_answers, last_answers }
    }

    /// From when on a session made then may have ended, and from when on it has.
    fn end(&self, created: Span) -> (Option<Duration>, Option<Duration>) {
        // What was sent after the login was answered ends it; what was under way while it was may have.
        let later = self.revocations.partition_point(|revocation| revocation.sent < created.answered);
        let latest = self.last_answers[..later].last();
        let under_way = latest.is_some_and(|latest| latest.is_none_or(|answered| answered >= created.sent));
        let next = self.revocations.get(later).map(|revocation| revocation.sent);
        let possible = if under_way { Some(created.sent) } else { next };
        (possible, self.first_answers.get(later).copied().flatten())
    }
}

fn earlier(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    [one, other].into_iter().flatten().min()
}
