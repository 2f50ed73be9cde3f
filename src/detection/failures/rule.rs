use crate::domain::{
    alert::{AlertAction, Severity, VolumeEvidence},
    failures::FailureSubject,
};

use super::{FAILURE_RULES, FailureContext};
use crate::detection::rule_list::rule_list;

/// A rule about failures as its file defines it.
pub(super) struct FailureRuleSpec {
    /// The name of the rule in alerts. Its setting in `[detection.rules]` has the same name in lower case.
    pub name: &'static str,
    /// The version of the rule, which is raised whenever the same facts may lead to another finding.
    pub version: u32,
    pub subjects: &'static [FailureSubject],
    /// The place in [`crate::domain::failures::FailureRecord::raised`] that belongs to the rule.
    pub slot: usize,
    pub evaluate: fn(&FailureContext<'_>) -> Option<FailureMatch>,
}

/// A match of a rule, without the fields that are common to every finding about a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FailureMatch {
    pub severity: Severity,
    pub action: AlertAction,
    pub evidence: VolumeEvidence,
    pub reason_admin: String,
    pub reason_user: String,
    pub mitre_techniques: &'static [&'static str],
}

impl FailureRuleSpec {
    /// Returns whether the rule is about subjects of this kind.
    pub fn is_about(&self, subject: FailureSubject) -> bool {
        self.subjects.contains(&subject)
    }
}

rule_list! {
    /// A rule about failures: a position in the list of these rules.
    FailureRule,
    /// The rules about failures that are enabled.
    FailureRuleSet: FailureRuleSpec = FAILURE_RULES
}

impl FailureRuleSet {
    /// Returns whether a rule about subjects of this kind is enabled.
    #[must_use]
    pub fn has_rule_about(self, subject: FailureSubject) -> bool {
        FailureRule::all().any(|rule| rule.spec().is_about(subject) && self.contains(rule))
    }

    /// Returns whether the rule about guessed tokens is enabled.
    #[must_use]
    pub fn watches_tokens(self) -> bool {
        self.has_rule_about(FailureSubject::CallerTokens)
    }
}
