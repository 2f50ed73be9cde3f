//! Detection of suspicious logins: rules, one per file.
//!
//! A rule is a function of a [`LoginContext`] and nothing else. It matches, does not match, or states why it could not
//! be evaluated. It never treats unknown facts as harmless.

mod concurrent_countries;
mod context;
mod countries;
mod geodesy;
mod impossible_travel;
mod learning;
mod new_country;
mod new_device;
mod rule;
mod rule_match;
mod session_limit;
mod settings;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod settings_tests;

use crate::store::{Finding, FindingTrigger};

pub use context::LoginContext;
pub use rule::{NotEvaluatedReason, Rule};
pub use settings::{DetectionSettings, LearningThreshold, RuleSet, TravelLimits};

use rule_match::RuleMatch;

/// The outcome of one rule.
#[derive(Clone, Debug, PartialEq)]
enum RuleOutcome {
    Match(Box<RuleMatch>),
    NoMatch,
    NotEvaluated(NotEvaluatedReason),
}

/// The outcome of the rules for one login.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoginAssessment {
    /// Findings in the order of [`Rule::ALL`].
    pub findings: Vec<Finding>,
    pub not_evaluated: Vec<(Rule, NotEvaluatedReason)>,
}

impl LoginAssessment {
    /// Returns whether the login is suspicious, so that nothing is to be learned from it yet. An eviction alone is not
    /// suspicious: it says nothing about the person who signs in.
    #[must_use]
    pub fn is_suspicious(&self) -> bool {
        self.findings.iter().any(|finding| finding.trigger == FindingTrigger::Login)
    }
}

/// Evaluates every rule that is enabled.
#[must_use]
pub fn assess_login(context: &LoginContext<'_>) -> LoginAssessment {
    let mut assessment = LoginAssessment::default();
    for rule in Rule::ALL.into_iter().filter(|rule| context.settings.rules.contains(*rule)) {
        match evaluate_rule(rule, context) {
            RuleOutcome::Match(found) => assessment.findings.push(found.into_finding(rule, context)),
            RuleOutcome::NoMatch => {}
            RuleOutcome::NotEvaluated(reason) => assessment.not_evaluated.push((rule, reason)),
        }
    }
    assessment
}

fn evaluate_rule(rule: Rule, context: &LoginContext<'_>) -> RuleOutcome {
    match rule {
        Rule::NewCountry => new_country::evaluate(context),
        Rule::NewDevice => new_device::evaluate(context),
        Rule::ImpossibleTravel => impossible_travel::evaluate(context),
        Rule::ConcurrentCountries => concurrent_countries::evaluate(context),
        Rule::SessionLimit => session_limit::evaluate(context),
    }
}
