//! The times at which sessions ended.

use std::{collections::HashMap, time::Duration};

use super::{CallSpan, EndedScope, HistoryRecords, NodeNumber, RecordedLogin, RecordedRevocation};

/// Bounds on the end of a session.
pub(super) struct EndBounds {
    /// The earliest time at which it may have ended.
    pub(super) possible: Option<Duration>,
    /// The time from which it has certainly ended, and the revocation that did so.
    pub(super) certain: Option<CertainEnd>,
    /// The same on each node that revoked it.
    pub(super) on: HashMap<NodeNumber, CertainEnd>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CertainEnd {
    pub(super) at: Duration,
    pub(super) by: EndedScope,
}

/// Returns the bounds of every session.
pub(super) fn end_bounds(records: &HistoryRecords) -> Vec<EndBounds> {
    let mut timelines = HashMap::<_, ScopeTimelines>::new();
    for (scope, revocations) in &records.revocations {
        timelines.insert(*scope, ScopeTimelines::from_revocations(revocations));
    }
    let end = |(number, created): (usize, &RecordedLogin)| {
        let mut end = EndBounds { possible: None, certain: None, on: HashMap::new() };
        for by in [
            EndedScope::Session(number),
            EndedScope::User(created.user),
            EndedScope::Tenant(created.tenant),
            EndedScope::Everyone,
        ] {
            let Some(ScopeTimelines { all, on }) = timelines.get(&by) else { continue };
            end.possible = earliest(end.possible, all.possible_end(created.span));
            end.certain = earliest(end.certain, all.certain_end(created.span).map(|at| CertainEnd { at, by }));
            for (node, own) in on {
                if let Some(at) = own.certain_end(created.span) {
                    let ended = end.on.entry(*node).or_insert(CertainEnd { at, by });
                    *ended = (*ended).min(CertainEnd { at, by });
                }
            }
        }
        end
    };
    records.sessions.iter().enumerate().map(end).collect()
}

/// The revocations of one scope.
struct ScopeTimelines {
    all: RevocationTimeline,
    /// Revocations by the node of the request.
    on: HashMap<NodeNumber, RevocationTimeline>,
}

impl ScopeTimelines {
    fn from_revocations(revocations: &[RecordedRevocation]) -> Self {
        let mut by_node = HashMap::<_, Vec<_>>::new();
        for revocation in revocations {
            if let Some(node) = revocation.node {
                by_node.entry(node).or_default().push(*revocation);
            }
        }
        let on = by_node.into_iter().map(|(node, asked)| (node, RevocationTimeline::from_revocations(asked))).collect();
        Self { all: RevocationTimeline::from_revocations(revocations.to_vec()), on }
    }
}

/// Revocations in the order in which they were sent.
struct RevocationTimeline {
    revocations: Vec<RecordedRevocation>,
    /// For each, the first response to it or to a later one.
    first_answers: Vec<Option<Duration>>,
    /// For each, the last response to it or to an earlier one; `None` if one of them has no response.
    last_answers: Vec<Option<Duration>>,
}

impl RevocationTimeline {
    fn from_revocations(mut revocations: Vec<RecordedRevocation>) -> Self {
        revocations.sort_by_key(|revocation| revocation.sent);
        let mut first_answers: Vec<_> = revocations.iter().map(|revocation| revocation.answered).collect();
        let mut last_answers = first_answers.clone();
        for at in (1..first_answers.len()).rev() {
            first_answers[at - 1] = earliest(first_answers[at - 1], first_answers[at]);
        }
        for at in 1..last_answers.len() {
            last_answers[at] = last_answers[at - 1].zip(last_answers[at]).map(|(one, other)| one.max(other));
        }
        Self { revocations, first_answers, last_answers }
    }

    /// Returns the time from which a session created at that time has certainly ended.
    fn certain_end(&self, created: CallSpan) -> Option<Duration> {
        self.first_answers.get(self.first_later_index(created)).copied().flatten()
    }

    /// Returns the earliest time at which it may have ended.
    fn possible_end(&self, created: CallSpan) -> Option<Duration> {
        let later = self.first_later_index(created);
        // A revocation in flight while the session was created may have been before or after it.
        let latest = self.last_answers[..later].last();
        let under_way = latest.is_some_and(|latest| latest.is_none_or(|answered| answered >= created.sent));
        let next = self.revocations.get(later).map(|revocation| revocation.sent);
        if under_way { Some(created.sent) } else { next }
    }

    /// Returns the first revocation that was sent after the login had succeeded, and therefore ends the session.
    fn first_later_index(&self, created: CallSpan) -> usize {
        self.revocations.partition_point(|revocation| revocation.sent < created.answered)
    }
}

fn earliest<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    [one, other].into_iter().flatten().min()
}
