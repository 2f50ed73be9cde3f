use std::fmt;

use crate::domain::{
    alert::{AlertAction, Severity, VolumeEvidence},
    failures::FailureSubject,
};

use super::{FAILURE_RULES, FailureContext};

/// A rule about failures as its file defines it.
pub(super) struct FailureRuleSpec {
    /// The name of the rule in alerts. Its setting in `[detection.rules]` has the same name in lower case.
    pub name: &'static str,
    /// The version of the rule, which is raised whenever the same facts may lead to another finding.
    pub version: u32,
    pub subject: FailureSubject,
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

/// A rule about failures: a position in the list of these rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FailureRule(usize);

impl FailureRule {
    /// The number of rules.
    pub const COUNT: usize = FAILURE_RULES.len();

    /// Returns every rule, in the order in which they are evaluated.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// Returns the rule at a position in [`FailureRule::all`].
    pub(in crate::detection) const fn at(index: usize) -> Self {
        Self(index)
    }

    /// Returns the name of the rule in alerts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// Returns the key of the setting that enables the rule.
    #[must_use]
    pub fn setting(self) -> String {
        format!("detection.rules.{}", self.name().to_ascii_lowercase())
    }

    pub(super) const fn spec(self) -> &'static FailureRuleSpec {
        &FAILURE_RULES[self.0]
    }
}

impl fmt::Debug for FailureRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The rules about failures that are enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureRuleSet([bool; FailureRule::COUNT]);

impl FailureRuleSet {
    #[must_use]
    pub const fn all() -> Self {
        Self([true; FailureRule::COUNT])
    }

    #[must_use]
    pub fn contains(self, rule: FailureRule) -> bool {
        self.0[rule.0]
    }

    /// Returns whether a rule about subjects of this kind is enabled.
    #[must_use]
    pub fn has_rule_about(self, subject: FailureSubject) -> bool {
        FailureRule::all().any(|rule| rule.spec().subject == subject && self.contains(rule))
    }
}

impl FromIterator<FailureRule> for FailureRuleSet {
    fn from_iter<I: IntoIterator<Item = FailureRule>>(rules: I) -> Self {
        rules.into_iter().fold(Self([false; FailureRule::COUNT]), |mut set, rule| {
            set.0[rule.0] = true;
            set
        })
    }
}
