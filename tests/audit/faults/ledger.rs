//! The ledger of responses to callers, and its comparison with the audit.

mod audit;
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

pub use audit::AuditContents;

/// An event of a session, which is named by its ID, or of all sessions of a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionAct {
    Login(String),
    Logout(String),
    LogoutEverywhere(String),
}

/// A request without a response; it may have taken effect.
#[derive(Clone, Debug)]
pub enum UnansweredAttempt {
    SignIn,
    SignOut(Vec<SessionAct>),
}

/// The acts of one user, in order.
#[derive(Clone, Debug, Default)]
pub struct UserTimeline {
    pub user: String,
    /// Acknowledged acts. The acts of a step happened at once, in any order.
    pub steps: Vec<Vec<SessionAct>>,
    /// The last request, if it got no response.
    pub unanswered: Option<UnansweredAttempt>,
}

/// The expected content of the audit.
#[derive(Default)]
pub struct AuditLedger {
    pub timelines: Vec<UserTimeline>,
}

/// The result of a comparison of an audit with a ledger.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LedgerComparison {
    /// Number of acknowledged acts.
    pub acknowledged: usize,
    /// Number of event rows.
    pub recorded: usize,
    /// Acts that were acknowledged and are not in the audit, or logins without a row in the table of logins.
    pub lost: Vec<SessionAct>,
    pub duplicated: Vec<SessionAct>,
    /// Acts in the audit that were never requested.
    pub unexpected: Vec<SessionAct>,
    /// Users whose acts are out of order.
    pub out_of_order: BTreeSet<String>,
    /// Sessions whose projection disagrees with their last event.
    pub wrong_projections: BTreeSet<String>,
}

impl LedgerComparison {
    /// Asserts that everything is in the audit exactly once and in order.
    #[track_caller]
    pub fn assert_complete(&self) {
        let Self { acknowledged, recorded, .. } = *self;
        assert_eq!(*self, Self { acknowledged, recorded, ..Self::default() });
        assert!(acknowledged > 0, "nothing happened");
    }
}

impl fmt::Display for LedgerComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { recorded, lost, duplicated: twice, out_of_order: disordered, .. } = self;
        write!(f, "{recorded} | {} | {} | {}", lost.len(), twice.len(), disordered.len())
    }
}

impl AuditLedger {
    /// Compares the ledger with an audit that has received all events.
    pub fn compare(&self, audit: &AuditContents) -> LedgerComparison {
        let mut verdict = LedgerComparison::default();
        for story in &self.timelines {
            let rows = audit.events.get(&story.user).map_or(&[][..], Vec::as_slice);
            verdict.recorded += rows.len();
            story.compare(rows, audit, &mut verdict);
        }
        let known: BTreeSet<_> = self.timelines.iter().map(|story| &story.user).collect();
        let strangers = audit.events.iter().filter(|(user, _)| !known.contains(user));
        verdict.unexpected.extend(strangers.flat_map(|(_, acts)| acts.clone()));
        verdict
    }
}

impl UserTimeline {
    fn compare(&self, rows: &[SessionAct], audit: &AuditContents, verdict: &mut LedgerComparison) {
        let mut places: BTreeMap<&SessionAct, usize> = BTreeMap::new();
        for (place, act) in rows.iter().enumerate() {
            if places.contains_key(act) {
                verdict.duplicated.push(act.clone());
            } else {
                places.insert(act, place);
            }
        }
        self.check_order(&places, verdict);
        self.check_unexpected(&places, verdict);
        for act in places.keys() {
            let (SessionAct::Login(session) | SessionAct::Logout(session)) = act else { continue };
            if matches!(act, SessionAct::Login(_)) {
                match audit.logins.get(session).copied().unwrap_or_default() {
                    0 => verdict.lost.push((*act).clone()),
                    1 => {}
                    _ => verdict.duplicated.push((*act).clone()),
                }
            }
            let is_live = !places.contains_key(&SessionAct::Logout(session.clone()));
            if audit.sessions.get(session) != Some(&is_live) {
                verdict.wrong_projections.insert(session.clone());
            }
        }
    }

    /// Checks that no act of a step lies before one of an earlier step.
    fn check_order(&self, places: &BTreeMap<&SessionAct, usize>, verdict: &mut LedgerComparison) {
        let mut latest = None;
        for step in &self.steps {
            let (found, lost): (Vec<_>, Vec<_>) = step.iter().partition(|act| places.contains_key(act));
            verdict.acknowledged += step.len();
            verdict.lost.extend(lost.into_iter().cloned());
            let places: Vec<_> = found.iter().map(|act| places[act]).collect();
            if places.iter().any(|place| Some(*place) < latest) {
                verdict.out_of_order.insert(self.user.clone());
            }
            latest = latest.max(places.into_iter().max());
        }
        let answered: BTreeSet<_> = self.steps.iter().flatten().collect();
        if places.iter().any(|(act, place)| !answered.contains(act) && Some(*place) < latest) {
            verdict.out_of_order.insert(self.user.clone());
        }
    }

    /// Checks that the audit has, beyond the acknowledged acts, only attempted ones, and those once.
    fn check_unexpected(&self, places: &BTreeMap<&SessionAct, usize>, verdict: &mut LedgerComparison) {
        let answered: BTreeSet<_> = self.steps.iter().flatten().collect();
        let mut logins = usize::from(matches!(self.unanswered, Some(UnansweredAttempt::SignIn)));
        for act in places.keys().filter(|act| !answered.contains(**act)) {
            let attempted = match (act, &self.unanswered) {
                (SessionAct::Login(_), Some(UnansweredAttempt::SignIn)) => std::mem::take(&mut logins) > 0,
                (_, Some(UnansweredAttempt::SignOut(acts))) => acts.contains(act),
                _ => false,
            };
            if !attempted {
                verdict.unexpected.push((*act).clone());
            }
        }
    }
}
