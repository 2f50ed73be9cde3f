//! What looks wrong about a login: rules, one a file.
//!
//! A rule is a function of a [`LoginContext`] and nothing else. It finds something, finds nothing, or says
//! why it could not look; it never takes what it does not know for harmless.

mod concurrent_countries;
mod context;
mod countries;
mod found;
mod globe;
mod impossible_travel;
mod learning;
mod new_country;
mod new_device;
mod rule;
mod session_limit;
mod settings;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod settings_matter;

use crate::store::{Finding, Trigger};

pub use context::LoginContext;
pub use rule::{Reason, Rule};
pub use settings::{Learning, RuleSet, Settings, TravelLimits};

use found::Found;

/// What a rule came to.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    Found(Box<Found>),
    Quiet,
    NotEvaluated(Reason),
}

/// What the rules came to about one login.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assessment {
    /// In the order of [`Rule::ALL`].
    pub findings: Vec<Finding>,
    pub not_evaluated: Vec<(Rule, Reason)>,
}

impl Assessment {
    /// Whether something about the login is suspicious, so that nothing is to be learned from it yet. An eviction is not:
    /// it says nothing of who signs in.
    #[must_use]
    pub fn is_suspicious(&self) -> bool {
        self.findings.iter().any(|finding| finding.raised_by == Trigger::Login)
    }
}

/// Asks every rule that is on.
#[must_use]
pub fn assess(context: &LoginContext<'_>) -> Assessment {
    let mut assessment = Assessment::default();
    for rule in Rule::ALL.into_iter().filter(|rule| context.settings.rules.contains(*rule)) {
        match judge(rule, context) {
            Outcome::Found(found) => assessment.findings.push(found.into_finding(rule, context)),
            Outcome::Quiet => {}
            Outcome::NotEvaluated(reason) => assessment.not_evaluated.push((rule, reason)),
        }
    }
    assessment
}

fn judge(rule: Rule, context: &LoginContext<'_>) -> Outcome {
    match rule {
        Rule::NewCountry => new_country::judge(context),
        Rule::NewDevice => new_device::judge(context),
        Rule::ImpossibleTravel => impossible_travel::judge(context),
        Rule::ConcurrentCountries => concurrent_countries::judge(context),
        Rule::SessionLimit => session_limit::judge(context),
    }
}
