//! Detection of suspicious logins, of attacks by failed logins (`failures`), and of stolen sessions (`session_use`):
//! rules, one per file.
//!
//! A rule is a `RuleSpec` in its file and an entry of `RULES`. It is a function of a [`LoginContext`] and nothing else.
//! It matches, does not match, or states why it could not be evaluated. It never treats unknown facts as harmless.

mod acknowledgement;
mod anonymous_network;
mod concurrent_countries;
mod context;
mod countries;
mod dormant_account;
mod ended_session_use;
mod failures;
mod geodesy;
mod impossible_travel;
mod learning;
mod mfa_fatigue_success;
mod new_country;
mod new_device;
mod responses;
mod rule;
mod rule_list;
mod rule_match;
mod session_burst;
mod session_limit;
mod session_use;
mod settings;
mod success_after_failures;
mod token_reuse;
mod unusual_hour;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod settings_tests;

use crate::{
    domain::alert::Severity,
    store::{Finding, FindingTrigger},
};

pub use acknowledgement::acknowledgement_alert;
pub use context::{LoginContext, LoginFailures};
pub use ended_session_use::{ENDED_USE_GRACE, ENDED_USE_SETTING, EndedSessionUse, assess_ended_use};
pub use failures::{
    FailureContext, FailureRule, FailureRuleSet, FailureSettings, ThrottleContext, assess_failure, throttle,
};
pub use impossible_travel::TravelLimits;
pub use responses::{RuleResponse, RuleResponses};
pub use rule::{AlertRule, NotEvaluatedReason, Rule, RuleSet};
pub use session_burst::SessionBurst;
pub use session_use::{
    CONCURRENT_USE_WINDOW, RecentClient, SessionFinding, SessionRule, SessionRuleSet, SessionUseAssessment,
    SessionUseContext, assess_session_use,
};
pub use settings::{DetectionSettings, LearningThreshold};
pub use token_reuse::{ReusedToken, token_reuse_alert};

use rule::RuleSpec;
use rule_match::RuleMatch;

/// The rules, in the order in which they are evaluated.
const RULES: &[RuleSpec] = &[
    new_country::RULE,
    new_device::RULE,
    impossible_travel::RULE,
    concurrent_countries::RULE,
    session_limit::RULE,
    dormant_account::RULE,
    session_burst::RULE,
    anonymous_network::RULE,
    unusual_hour::RULE,
    mfa_fatigue_success::RULE,
    success_after_failures::RULE,
];

/// The outcome of one rule.
#[derive(Clone, Debug, PartialEq)]
enum RuleOutcome<M = RuleMatch> {
    Match(Box<M>),
    NoMatch,
    NotEvaluated(NotEvaluatedReason),
}

/// The outcome of the rules for one login.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoginAssessment {
    /// Findings in the order of [`Rule::all`].
    pub findings: Vec<Finding>,
    pub not_evaluated: Vec<(Rule, NotEvaluatedReason)>,
}

impl LoginAssessment {
    /// Returns whether the login is suspicious, so that nothing is to be learned from it yet. An eviction alone is not
    /// suspicious: it says nothing about the person who signs in. Neither is a finding that only informs.
    #[must_use]
    pub fn is_suspicious(&self) -> bool {
        let is_suspicious =
            |finding: &Finding| finding.trigger == FindingTrigger::Login && finding.alert.severity > Severity::Info;
        self.findings.iter().any(is_suspicious)
    }
}

/// Evaluates every rule that is enabled.
#[must_use]
pub fn assess_login(context: &LoginContext<'_>) -> LoginAssessment {
    let mut assessment = LoginAssessment::default();
    for rule in Rule::all().filter(|rule| context.settings.rules.contains(*rule)) {
        match (rule.spec().evaluate)(context) {
            RuleOutcome::Match(found) => assessment.findings.push(found.into_finding(rule, context)),
            RuleOutcome::NoMatch => {}
            RuleOutcome::NotEvaluated(reason) => assessment.not_evaluated.push((rule, reason)),
        }
    }
    assessment
}
