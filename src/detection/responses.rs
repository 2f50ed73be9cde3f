//! Responses to rules: the consequences of a match for the session.

use crate::domain::alert::AlertAction;

use super::AlertRule;

/// A response to a match of a rule, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleResponse {
    /// The alert alone.
    #[default]
    Alert,
    /// The rejection of the session until its user authenticates again.
    StepUp,
    /// The end of the session.
    RevokeSession,
    /// The end of all sessions of the user.
    RevokeUser,
}

impl RuleResponse {
    pub const ALL: [Self; 4] = [Self::Alert, Self::StepUp, Self::RevokeSession, Self::RevokeUser];

    /// Returns the name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::StepUp => "step_up",
            Self::RevokeSession => "revoke_session",
            Self::RevokeUser => "revoke_user",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|response| response.name() == name)
    }

    /// Returns the action that an alert states.
    #[must_use]
    pub const fn action(self) -> AlertAction {
        match self {
            Self::Alert => AlertAction::None,
            Self::StepUp => AlertAction::StepUp,
            Self::RevokeSession => AlertAction::RevokeSession,
            Self::RevokeUser => AlertAction::RevokeUser,
        }
    }
}

/// The strongest response that each rule may have. A rule that is not listed has none but its alert: it is about a
/// network, or about failures, which anybody can cause.
///
/// Honest users travel, buy devices and use VPNs. So what only says that a login is unusual never ends a session: the
/// user authenticates again. Sessions end for evidence of a theft.
const STRONGEST: &[(&str, RuleResponse)] = &[
    ("NEW_COUNTRY", RuleResponse::StepUp),
    ("NEW_DEVICE", RuleResponse::StepUp),
    ("IMPOSSIBLE_TRAVEL", RuleResponse::StepUp),
    ("CONCURRENT_COUNTRIES", RuleResponse::StepUp),
    ("DORMANT_ACCOUNT", RuleResponse::StepUp),
    ("SESSION_BURST", RuleResponse::StepUp),
    ("ANONYMOUS_NETWORK", RuleResponse::StepUp),
    ("UNUSUAL_HOUR", RuleResponse::StepUp),
    ("SUCCESS_AFTER_FAILURES", RuleResponse::RevokeSession),
    ("MFA_FATIGUE_SUCCESS", RuleResponse::RevokeUser),
    ("CONCURRENT_SESSION_USE", RuleResponse::RevokeSession),
    ("SESSION_CONTEXT_CHANGE", RuleResponse::RevokeUser),
];

/// The responses of an installation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleResponses([RuleResponse; AlertRule::COUNT]);

impl RuleResponses {
    /// Returns the rules that may have a response, each with the strongest one.
    pub fn configurable() -> impl Iterator<Item = (AlertRule, RuleResponse)> {
        STRONGEST.iter().filter_map(|(name, strongest)| Some((AlertRule::from_name(name)?, *strongest)))
    }

    /// Returns the key of the setting of a rule.
    #[must_use]
    pub fn setting(rule: AlertRule) -> String {
        format!("detection.responses.{}", rule.name().to_ascii_lowercase())
    }

    /// Sets the response of a rule. A stronger one than the rule may have is not set.
    pub fn set(&mut self, rule: AlertRule, response: RuleResponse) {
        let strongest = Self::configurable().find(|(known, _)| *known == rule).map(|(_, strongest)| strongest);
        self.0[rule.index()] = response.min(strongest.unwrap_or_default());
    }

    #[must_use]
    pub fn get(&self, rule: AlertRule) -> RuleResponse {
        self.0[rule.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_rule_exists() {
        assert_eq!(RuleResponses::configurable().count(), STRONGEST.len());
    }

    #[test]
    fn what_only_says_that_a_login_is_unusual_never_ends_a_session() {
        let mut responses = RuleResponses::default();
        for rule in AlertRule::all() {
            assert_eq!(responses.get(rule), RuleResponse::Alert, "by default");
            responses.set(rule, RuleResponse::RevokeUser);
        }
        let set = |name: &str| responses.get(AlertRule::from_name(name).expect("a rule"));
        for name in ["IMPOSSIBLE_TRAVEL", "NEW_COUNTRY", "NEW_DEVICE", "UNUSUAL_HOUR"] {
            assert_eq!(set(name), RuleResponse::StepUp, "{name}");
        }
        for name in ["BRUTE_FORCE", "MASS_SIGN_IN", "IP_MISMATCH", "ROTATED_TOKEN_REUSE"] {
            assert_eq!(set(name), RuleResponse::Alert, "{name}");
        }
        assert_eq!(set("SESSION_CONTEXT_CHANGE"), RuleResponse::RevokeUser);
    }

    #[test]
    fn names_read_back() {
        for response in RuleResponse::ALL {
            assert_eq!(RuleResponse::from_name(response.name()), Some(response));
        }
        assert_eq!(RuleResponse::from_name("revoke"), None);
    }
}
