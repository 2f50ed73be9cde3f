use std::fmt;

use crate::domain::alert::{AlertAction, AlertEvidence, Severity};

use super::{SESSION_RULES, SessionUseContext};
use crate::detection::RuleOutcome;

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

/// A rule about the use of sessions: a position in the list of these rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionRule(usize);

impl SessionRule {
    /// The number of rules.
    pub const COUNT: usize = SESSION_RULES.len();

    /// Returns every rule, in the order in which they are evaluated.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// Returns the rule at a position in [`SessionRule::all`].
    pub(in crate::detection) const fn at(index: usize) -> Self {
        Self(index)
    }

    /// Returns the position of the rule in [`SessionRule::all`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
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

    pub(super) const fn spec(self) -> &'static SessionRuleSpec {
        &SESSION_RULES[self.0]
    }
}

impl fmt::Debug for SessionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The rules about the use of sessions that are enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRuleSet([bool; SessionRule::COUNT]);

impl SessionRuleSet {
    #[must_use]
    pub const fn all() -> Self {
        Self([true; SessionRule::COUNT])
    }

    #[must_use]
    pub fn contains(self, rule: SessionRule) -> bool {
        self.0[rule.0]
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == [false; SessionRule::COUNT]
    }
}

impl FromIterator<SessionRule> for SessionRuleSet {
    fn from_iter<I: IntoIterator<Item = SessionRule>>(rules: I) -> Self {
        rules.into_iter().fold(Self([false; SessionRule::COUNT]), |mut set, rule| {
            set.0[rule.0] = true;
            set
        })
    }
}
