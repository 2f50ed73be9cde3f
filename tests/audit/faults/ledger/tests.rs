//! Tests of the comparison: it finds each kind of violation.

use std::collections::{BTreeMap, BTreeSet};

use super::{AuditContents, AuditLedger, LedgerComparison, SessionAct, UnansweredAttempt, UserTimeline};

/// Parses acts: `+a` for a session created, `-a` for one ended, `*ann` for all of a user.
fn acts(text: &str) -> Vec<SessionAct> {
    let act = |word: &str| match word.split_at(1) {
        ("+", session) => SessionAct::Login(session.to_owned()),
        ("*", user) => SessionAct::LogoutEverywhere(user.to_owned()),
        (_, session) => SessionAct::Logout(session.to_owned()),
    };
    text.split_whitespace().map(act).collect()
}

/// Returns the ledger of a user that signed in twice and out of both sessions at once.
fn ann() -> AuditLedger {
    let steps = ["+a", "+b", "-a -b"].map(acts).into();
    AuditLedger { timelines: vec![UserTimeline { user: "ann".to_owned(), steps, unanswered: None }] }
}

fn session_of(act: &SessionAct) -> String {
    let (SessionAct::Login(name) | SessionAct::Logout(name) | SessionAct::LogoutEverywhere(name)) = act;
    name.clone()
}

fn audit(rows: &str) -> AuditContents {
    let acts = acts(rows);
    let logins = acts.iter().filter_map(|act| match act {
        SessionAct::Login(session) => Some((session.clone(), 1)),
        _ => None,
    });
    let mut sessions: BTreeMap<_, _> = acts.iter().map(|act| (session_of(act), true)).collect();
    for act in &acts {
        if matches!(act, SessionAct::Logout(_)) {
            sessions.insert(session_of(act), false);
        }
    }
    AuditContents { logins: logins.collect(), sessions, events: [("ann".to_owned(), acts)].into() }
}

fn verdict(rows: &str) -> LedgerComparison {
    ann().compare(&audit(rows))
}

#[test]
fn what_was_answered_once_and_in_order_is_right() {
    verdict("+a +b -a -b").assert_complete();
    verdict("+a +b -b -a").assert_complete();
}

#[test]
fn what_is_missing_is_lost() {
    assert_eq!(verdict("+a +b -b").lost, acts("-a"));
    assert_eq!(ann().compare(&AuditContents::default()).lost.len(), 4);
    let mut without_login = audit("+a +b -a -b");
    without_login.logins.remove("a");
    assert_eq!(ann().compare(&without_login).lost, acts("+a"));
}

#[test]
fn what_is_there_again_is_twice() {
    assert_eq!(verdict("+a +b -a +a -b").duplicated, acts("+a"));
    let mut audit = audit("+a +b -a -b");
    audit.logins.insert("b".to_owned(), 2);
    assert_eq!(ann().compare(&audit).duplicated, acts("+b"));
}

#[test]
fn what_overtook_is_disorder() {
    for rows in ["+b +a -a -b", "+a -a +b -b", "-a +a +b -b"] {
        assert_eq!(verdict(rows).out_of_order, BTreeSet::from(["ann".to_owned()]), "{rows}");
    }
}

#[test]
fn what_was_not_answered_may_be_there_or_not_and_nothing_else_may() {
    let with = |attempt| {
        let mut ledger = ann();
        ledger.timelines[0].unanswered = Some(attempt);
        ledger
    };
    let (enters, leaves) = (with(UnansweredAttempt::SignIn), with(UnansweredAttempt::SignOut(acts("-c *ann"))));
    for (ledger, rows) in [(&enters, "+a +b -a -b +c"), (&enters, "+a +b -a -b"), (&leaves, "+a +b -a -b -c *ann")] {
        ledger.compare(&audit(rows)).assert_complete();
    }
    assert_eq!(enters.compare(&audit("+a +b -a -b +c +d")).unexpected, acts("+d"));
    assert_eq!(leaves.compare(&audit("+a +b -a -b -d")).unexpected, acts("-d"));
    assert_eq!(leaves.compare(&audit("+a -c +b -a -b")).out_of_order.len(), 1);
    assert_eq!(AuditLedger::default().compare(&audit("+a")).unexpected, acts("+a"));
}

#[test]
fn what_is_summed_up_must_agree_with_the_last_event() {
    let mut audit = audit("+a +b -a -b");
    audit.sessions.insert("b".to_owned(), true);
    assert_eq!(ann().compare(&audit).wrong_projections, BTreeSet::from(["b".to_owned()]));
    audit.sessions.remove("b");
    assert_eq!(ann().compare(&audit).wrong_projections, BTreeSet::from(["b".to_owned()]));
}
