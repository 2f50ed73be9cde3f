use super::{FailureRule, LoginContext, RULES, RuleOutcome, SessionRule, rule_list::rule_list, token_reuse};

/// A rule as its file defines it.
pub(super) struct RuleSpec {
    /// The name of the rule in alerts, such as `NEW_COUNTRY`. Its setting in `[detection.rules]` has the same name in
    /// lower case.
    pub name: &'static str,
    /// The version of the rule, which is raised whenever the same facts may lead to another finding.
    pub version: u32,
    pub evaluate: fn(&LoginContext<'_>) -> RuleOutcome,
}

rule_list! {
    /// A rule about logins: a position in the list of these rules.
    Rule,
    /// The rules about logins that are enabled.
    RuleSet: RuleSpec = RULES
}

impl Rule {
    /// Returns the rule with this name in alerts; `None` if this release has no such rule.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|rule| rule.name() == name)
    }
}

/// The names of the rules about tokens that no longer open a session.
const OTHER_RULES: [&str; 2] = ["REVOKED_TOKEN_USE", token_reuse::NAME];

/// A rule that raises alerts: about logins, about failures, about the use of sessions, or about tokens that no longer
/// open one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertRule(usize);

impl AlertRule {
    /// The number of rules.
    pub const COUNT: usize = Self::FIRST_OTHER_RULE + OTHER_RULES.len();
    const FIRST_SESSION_RULE: usize = Rule::COUNT + FailureRule::COUNT;
    const FIRST_OTHER_RULE: usize = Self::FIRST_SESSION_RULE + SessionRule::COUNT;

    /// Returns the rule about uses of sessions that have ended.
    #[must_use]
    pub const fn ended_session_use() -> Self {
        Self(Self::FIRST_OTHER_RULE)
    }

    /// Returns every rule, in the order of their indices.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// Returns the rule with this name in alerts; `None` if this release has no such rule.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|rule| rule.name() == name)
    }

    /// Returns the position of the rule in [`AlertRule::all`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0
    }

    /// Returns the name of the rule in alerts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        if self.0 < Rule::COUNT {
            Rule::at(self.0).name()
        } else if self.0 < Self::FIRST_SESSION_RULE {
            FailureRule::at(self.0 - Rule::COUNT).name()
        } else if self.0 < Self::FIRST_OTHER_RULE {
            SessionRule::at(self.0 - Self::FIRST_SESSION_RULE).name()
        } else {
            OTHER_RULES[self.0 - Self::FIRST_OTHER_RULE]
        }
    }
}

impl From<Rule> for AlertRule {
    fn from(rule: Rule) -> Self {
        Self(rule.index())
    }
}

impl From<SessionRule> for AlertRule {
    fn from(rule: SessionRule) -> Self {
        Self(Self::FIRST_SESSION_RULE + rule.index())
    }
}

/// The reason why a rule could not be evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotEvaluatedReason {
    /// Too little is known about the user.
    Learning,
    /// The network hides where its users are.
    AnonymousNetwork,
    /// No list of such networks is in use.
    NoNetworkLists,
    UnknownAddress,
    /// The autonomous system of the address is unknown.
    UnknownNetwork,
    UnknownCountry,
    UnknownPosition,
    UnknownDevice,
    /// There is no earlier login for a comparison.
    NoHistory,
    /// A later login is already known.
    OutOfOrder,
}

impl NotEvaluatedReason {
    pub const ALL: [Self; 10] = [
        Self::Learning,
        Self::AnonymousNetwork,
        Self::NoNetworkLists,
        Self::UnknownAddress,
        Self::UnknownNetwork,
        Self::UnknownCountry,
        Self::UnknownPosition,
        Self::UnknownDevice,
        Self::NoHistory,
        Self::OutOfOrder,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Learning => "learning",
            Self::AnonymousNetwork => "anonymous_network",
            Self::NoNetworkLists => "no_network_lists",
            Self::UnknownAddress => "unknown_address",
            Self::UnknownNetwork => "unknown_network",
            Self::UnknownCountry => "unknown_country",
            Self::UnknownPosition => "unknown_position",
            Self::UnknownDevice => "unknown_device",
            Self::NoHistory => "no_history",
            Self::OutOfOrder => "out_of_order",
        }
    }
}
