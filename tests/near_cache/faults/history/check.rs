//! The check of a recorded history.

use std::{fmt, time::Duration};

use session_authority::api::RejectReason;

use super::{
    CallSpan, EndedScope, HistoryRecords, ObservedVerdict, RecordedValidation,
    timeline::{CertainEnd, EndBounds, end_bounds},
};

/// A verdict that takes longer than this counts as slow.
const SLOW_VERDICT: Duration = Duration::from_millis(100);

/// The result of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryReport {
    pub sessions: usize,
    /// Acknowledged revocations.
    pub revocations: usize,
    pub from_memory: usize,
    pub from_store: usize,
    pub rejected: usize,
    pub unavailable: usize,
    /// Verdicts of STRONG validations.
    pub strong: usize,
    /// Verdicts that took more than 100 ms.
    pub slow_verdicts: usize,
    /// Latency of all verdicts and, below, of sign-ins.
    pub verdict_latency: LatencyPercentiles,
    pub create_latency: LatencyPercentiles,
    /// Longest time from the response to a revocation to the start of a validation that still accepted.
    pub staleness: Duration,
    pub violations: Vec<HistoryViolation>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatencyPercentiles {
    pub p50: Duration,
    pub p99: Duration,
}

impl LatencyPercentiles {
    fn from_spans(spans: impl Iterator<Item = CallSpan>) -> Self {
        let mut latencies: Vec<_> = spans.map(|span| span.answered.saturating_sub(span.sent)).collect();
        latencies.sort_unstable();
        let at = |percent| latencies.get(latencies.len() * percent / 100).copied().unwrap_or_default();
        Self { p50: at(50), p99: at(99) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryViolation {
    /// An acceptance that started this long after the session's end was acknowledged, beyond the bound.
    Stale { validation: RecordedValidation, ended: EndedScope, by: Duration, bound: Duration },
    /// An acceptance as of a time this long after the session's end was acknowledged.
    Untrue { validation: RecordedValidation, ended: EndedScope, by: Duration },
    /// A verdict as of a time this long before it was requested, beyond the bound.
    Outdated { validation: RecordedValidation, by: Duration, bound: Duration },
    /// A rejection of a session whose end was not requested, or because of a time limit, which no session of a history
    /// reaches.
    FalselyRejected(RecordedValidation),
}

/// Checks the records in one pass each through revocations, sessions and validations.
pub(super) fn check(records: &HistoryRecords, bound: Duration) -> HistoryReport {
    let ends = end_bounds(records);
    let answered = records.revocations.values().flatten().filter(|revocation| revocation.answered.is_some());
    let mut report = HistoryReport { sessions: ends.len(), revocations: answered.count(), ..HistoryReport::default() };
    for validation in &records.validations {
        let bound = if validation.call.strong { Duration::ZERO } else { bound };
        report.check_validation(*validation, &ends[validation.call.session], bound);
    }
    let answered = records.validations.iter().filter(|validation| validation.verdict != ObservedVerdict::Unavailable);
    report.verdict_latency = LatencyPercentiles::from_spans(answered.map(|validation| validation.span));
    report.create_latency = LatencyPercentiles::from_spans(records.sessions.iter().map(|created| created.span));
    report
}

impl HistoryReport {
    fn check_validation(&mut self, validation: RecordedValidation, end: &EndBounds, bound: Duration) {
        match validation.verdict {
            ObservedVerdict::Accepted { from_memory } => {
                *(if from_memory { &mut self.from_memory } else { &mut self.from_store }) += 1;
                self.check_accepted(validation, end, bound);
            }
            ObservedVerdict::Rejected(reason) => {
                self.rejected += 1;
                let by_time = matches!(reason, RejectReason::IdleTimeout | RejectReason::Expired);
                if by_time || end.possible.is_none_or(|possible| validation.span.answered < possible) {
                    self.violations.push(HistoryViolation::FalselyRejected(validation));
                }
            }
            ObservedVerdict::Unavailable => {
                self.unavailable += 1;
                return;
            }
        }
        self.strong += usize::from(validation.call.strong);
        self.slow_verdicts += usize::from(validation.span.answered > validation.span.sent + SLOW_VERDICT);
        let age = validation.as_of.and_then(|as_of| validation.span.sent.checked_sub(as_of.latest));
        if let Some(by) = age.filter(|by| *by > bound) {
            self.violations.push(HistoryViolation::Outdated { validation, by, bound });
        }
    }

    fn check_accepted(&mut self, validation: RecordedValidation, end: &EndBounds, bound: Duration) {
        let after = |ended: &CertainEnd| validation.span.sent.checked_sub(ended.at);
        self.staleness = self.staleness.max(end.certain.as_ref().and_then(after).unwrap_or_default());
        let on_its_node = end.on.get(&validation.call.node).map(|ended| (*ended, Duration::ZERO));
        let anywhere = end.certain.map(|ended| (ended, bound));
        let stale = [on_its_node, anywhere].into_iter().flatten().find_map(|(ended, bound)| {
            let by = after(&ended).filter(|by| *by >= bound)?;
            Some(HistoryViolation::Stale { validation, ended: ended.by, by, bound })
        });
        let untrue = validation.as_of.zip(end.certain).and_then(|(as_of, ended)| {
            let by = as_of.earliest.checked_sub(ended.at).filter(|by| !by.is_zero())?;
            Some(HistoryViolation::Untrue { validation, ended: ended.by, by })
        });
        self.violations.extend(stale.into_iter().chain(untrue));
    }

    pub fn validations(&self) -> usize {
        self.from_memory + self.from_store + self.rejected + self.unavailable
    }
}

/// Formats a row of the table.
impl fmt::Display for HistoryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sessions,
            revocations,
            from_memory,
            from_store,
            rejected,
            unavailable,
            strong,
            slow_verdicts: waited_for,
            ..
        } = self;
        let (validations, staleness) = (self.validations(), self.staleness.as_secs_f64() * 1_000.0);
        let violations = self.violations.len();
        let [p50, p99, create_p99] = [self.verdict_latency.p50, self.verdict_latency.p99, self.create_latency.p99]
            .map(|latency| latency.as_secs_f64() * 1_000.0);
        write!(
            f,
            "{sessions} | {revocations} | {validations} | {from_memory} | {from_store} | {rejected} | {unavailable} | \
             {strong} | {waited_for} | {p50:.1} | {p99:.1} | {create_p99:.1} | {staleness:.1} | {violations}"
        )
    }
}
