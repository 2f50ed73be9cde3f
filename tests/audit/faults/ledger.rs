//! What callers were answered, and whether the audit agrees.

mod audit;
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

pub use audit::Audit;

/// What an event tells of a session, which is named by its id, or of all sessions of a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    In(String),
    Out(String),
    AllOut(String),
}

/// What a caller asked for without being answered; it may have happened.
#[derive(Clone, Debug)]
pub enum Attempt {
    In,
    Out(Vec<Act>),
}

/// What one user did, one thing after the other.
#[derive(Clone, Debug, Default)]
pub struct Story {
    pub user: String,
    /// What was answered. The acts of a step happened at once, in any order.
    pub steps: Vec<Vec<Act>>,
    /// The last thing that was asked for.
    pub unanswered: Option<Attempt>,
}

/// What the audit should have.
#[derive(Default)]
pub struct Ledger {
    pub stories: Vec<Story>,
}

/// How an audit compares with a ledger.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Acts that were answered.
    pub acknowledged: usize,
    /// Rows of events.
    pub recorded: usize,
    /// Answered, and not in the audit, or a login without its row among the logins.
    pub lost: Vec<Act>,
    pub twice: Vec<Act>,
    /// In the audit, and asked for by nobody.
    pub unasked: Vec<Act>,
    /// Users whose acts are not in their order.
    pub disordered: BTreeSet<String>,
    /// Sessions that the projection knows otherwise than by their last event.
    pub misprojected: BTreeSet<String>,
}

impl Verdict {
    /// Everything exactly once and in order.
    #[track_caller]
    pub fn is_right(&self) {
        let Self { acknowledged, recorded, .. } = *self;
        assert_eq!(*self, Self { acknowledged, recorded, ..Self::default() });
        assert!(acknowledged > 0, "nothing happened");
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { recorded, lost, twice, disordered, .. } = self;
        write!(f, "{recorded} | {} | {} | {}", lost.len(), twice.len(), disordered.len())
    }
}

impl Ledger {
    /// What is wrong with an audit that nothing is on its way to any more.
    pub fn compare(&self, audit: &Audit) -> Verdict {
        let mut verdict = Verdict::default();
        for story in &self.stories {
            let rows = audit.events.get(&story.user).map_or(&[][..], Vec::as_slice);
            verdict.recorded += rows.len();
            story.compare(rows, audit, &mut verdict);
        }
        let known: BTreeSet<_> = self.stories.iter().map(|story| &story.user).collect();
        let strangers = audit.events.iter().filter(|(user, _)| !known.contains(user));
        verdict.unasked.extend(strangers.flat_map(|(_, acts)| acts.clone()));
        verdict
    }
}

impl Story {
    fn compare(&self, rows: &[Act], audit: &Audit, verdict: &mut Verdict) {
        let mut places: BTreeMap<&Act, usize> = BTreeMap::new();
        for (place, act) in rows.iter().enumerate() {
            if places.contains_key(act) {
                verdict.twice.push(act.clone());
            } else {
                places.insert(act, place);
            }
        }
        self.in_order(&places, verdict);
        self.unasked(&places, verdict);
        for act in places.keys() {
            let (Act::In(session) | Act::Out(session)) = act else { continue };
            if matches!(act, Act::In(_)) {
                match audit.logins.get(session).copied().unwrap_or_default() {
                    0 => verdict.lost.push((*act).clone()),
                    1 => {}
                    _ => verdict.twice.push((*act).clone()),
                }
            }
            let is_live = !places.contains_key(&Act::Out(session.clone()));
            if audit.sessions.get(session) != Some(&is_live) {
                verdict.misprojected.insert(session.clone());
            }
        }
    }

    /// No act of a step lies before one of an earlier step.
    fn in_order(&self, places: &BTreeMap<&Act, usize>, verdict: &mut Verdict) {
        let mut latest = None;
        for step in &self.steps {
            let (found, lost): (Vec<_>, Vec<_>) = step.iter().partition(|act| places.contains_key(act));
            verdict.acknowledged += step.len();
            verdict.lost.extend(lost.into_iter().cloned());
            let places: Vec<_> = found.iter().map(|act| places[act]).collect();
            if places.iter().any(|place| Some(*place) < latest) {
                verdict.disordered.insert(self.user.clone());
            }
            latest = latest.max(places.into_iter().max());
        }
        let answered: BTreeSet<_> = self.steps.iter().flatten().collect();
        if places.iter().any(|(act, place)| !answered.contains(act) && Some(*place) < latest) {
            verdict.disordered.insert(self.user.clone());
        }
    }

    /// Beyond what was answered, only what was attempted, and that once.
    fn unasked(&self, places: &BTreeMap<&Act, usize>, verdict: &mut Verdict) {
        let answered: BTreeSet<_> = self.steps.iter().flatten().collect();
        let mut logins = usize::from(matches!(self.unanswered, Some(Attempt::In)));
        for act in places.keys().filter(|act| !answered.contains(**act)) {
            let attempted = match (act, &self.unanswered) {
                (Act::In(_), Some(Attempt::In)) => std::mem::take(&mut logins) > 0,
                (_, Some(Attempt::Out(acts))) => acts.contains(act),
                _ => false,
            };
            if !attempted {
                verdict.unasked.push((*act).clone());
            }
        }
    }
}
