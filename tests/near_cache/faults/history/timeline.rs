//! When sessions ended.

use std::{collections::HashMap, time::Duration};

use super::{Created, NodeNumber, Records, Revocation, Scope, Span};

/// What is known of the end of a session.
pub(super) struct End {
    /// From when on it may have ended.
    pub(super) possible: Option<Duration>,
    /// From when on it has, and by what.
    pub(super) certain: Option<Ended>,
    /// From when on it has on the nodes that ended it, and by what.
    pub(super) on: HashMap<NodeNumber, Ended>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ended {
    pub(super) at: Duration,
    pub(super) by: Scope,
}

/// Of every session.
pub(super) fn ends(records: &Records) -> Vec<End> {
    let mut timelines = HashMap::<_, Timelines>::new();
    for (scope, revocations) in &records.revocations {
        timelines.insert(*scope, Timelines::of(revocations));
    }
    let end = |(number, created): (usize, &Created)| {
        let mut end = End { possible: None, certain: None, on: HashMap::new() };
        for by in [Scope::Session(number), Scope::User(created.user), Scope::Tenant(created.tenant), Scope::Everyone] {
            let Some(Timelines { all, on }) = timelines.get(&by) else { continue };
            end.possible = earlier(end.possible, all.possible(created.span));
            end.certain = earlier(end.certain, all.certain(created.span).map(|at| Ended { at, by }));
            for (node, own) in on {
                if let Some(at) = own.certain(created.span) {
                    let ended = end.on.entry(*node).or_insert(Ended { at, by });
                    *ended = (*ended).min(Ended { at, by });
                }
            }
        }
        end
    };
    records.sessions.iter().enumerate().map(end).collect()
}

/// The revocations of one scope.
struct Timelines {
    all: Timeline,
    /// Those that a node was asked for.
    on: HashMap<NodeNumber, Timeline>,
}

impl Timelines {
    fn of(revocations: &[Revocation]) -> Self {
        let mut by_node = HashMap::<_, Vec<_>>::new();
        for revocation in revocations {
            if let Some(node) = revocation.node {
                by_node.entry(node).or_default().push(*revocation);
            }
        }
        let on = by_node.into_iter().map(|(node, asked)| (node, Timeline::of(asked))).collect();
        Self { all: Timeline::of(revocations.to_vec()), on }
    }
}

/// Revocations in the order in which they were sent.
struct Timeline {
    revocations: Vec<Revocation>,
    /// For each, the first answer to it or to a later one.
    first_answers: Vec<Option<Duration>>,
    /// For each, the last answer to it or to an earlier one; none: one of them has no end.
    last_answers: Vec<Option<Duration>>,
}

impl Timeline {
    fn of(mut revocations: Vec<Revocation>) -> Self {
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

    /// From when on a session made then has ended.
    fn certain(&self, created: Span) -> Option<Duration> {
        self.first_answers.get(self.later(created)).copied().flatten()
    }

    /// From when on it may have.
    fn possible(&self, created: Span) -> Option<Duration> {
        let later = self.later(created);
        // What was under way while it was made may have been before or after it.
        let latest = self.last_answers[..later].last();
        let under_way = latest.is_some_and(|latest| latest.is_none_or(|answered| answered >= created.sent));
        let next = self.revocations.get(later).map(|revocation| revocation.sent);
        if under_way { Some(created.sent) } else { next }
    }

    /// The first revocation that was sent after the login was answered: that one ends it.
    fn later(&self, created: Span) -> usize {
        self.revocations.partition_point(|revocation| revocation.sent < created.answered)
    }
}

fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    [one, other].into_iter().flatten().min()
}
