use crate::domain::alert::{AlertAction, AlertEvidence, Severity};

use super::{SESSION_RULES, SessionUseContext};
use crate::detection::{RuleOutcome, rule_list::rule_list};

/// A rule about the use of sessions as its file defines it.
pub(super) struct SessionRuleSpec {
    /// The name of the rule in alerts. Its setting in `[detection.rules]` has the same name in lower case.
    pub name: &'static str,
    /// The version of the rule, which is raised whenever the same facts may lead to another finding.
    pub version: u32,
    pub evaluate: fn(&SessionUseContext<'_>) -> RuleOutcome<SessionMatch>,
}

/// A match of a rule, without the fields that are common to every finding about the use of a session.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SessionMatch {
    pub severity: Severity,
    pub action_taken: AlertAction,
    pub action_recommended: AlertAction,
    pub detail: Option<AlertEvidence>,
    pub reason_admin: String,
    pub reason_user: String,
    pub mitre_techniques: &'static [&'static str],
}

rule_list! {
    /// A rule about the use of sessions: a position in the list of these rules.
    SessionRule,
    /// The rules about the use of sessions that are enabled.
    SessionRuleSet: SessionRuleSpec = SESSION_RULES
}
