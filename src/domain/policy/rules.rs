//! Rules for configured policies: plausible bounds, and the requirements of the standard behind their preset.

use std::time::Duration;

use super::{FieldViolation, MAX_SESSIONS_PER_USER, Policy, PolicyPreset, RotationRules};
use crate::domain::rotation::MAX_GRACE;

/// The reason why a policy is refused. The field is the name of the setting within the policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` {}", .0.field, .0.description)]
pub struct PolicyError(pub FieldViolation);

impl PolicyError {
    fn new(field: &'static str, description: impl Into<String>) -> Self {
        Self(FieldViolation::new(field, description.into()))
    }
}

/// The longest permitted lifetime: ten years.
const MAX_LIFETIME: Duration = Duration::from_hours(10 * 365 * 24);

/// A bound that a standard sets.
struct StandardBound {
    longest: Duration,
    source: &'static str,
    /// True for a SHALL, which must not be exceeded. A SHOULD may be exceeded with a justification.
    is_mandatory: bool,
}

/// Returns `policy` if its values are plausible and meet the standard behind `preset`. A recommendation of the standard
/// may be exceeded with a `justification`.
pub fn check_policy(policy: Policy, preset: PolicyPreset, justification: &str) -> Result<Policy, PolicyError> {
    let spans = [
        ("lifetime", policy.lifetime),
        ("remembered_lifetime", policy.remembered_lifetime),
        ("idle_timeout", policy.idle_timeout),
        ("remembered_idle_timeout", policy.remembered_idle_timeout),
    ];
    for (field, span) in spans {
        let may_be_zero = field.ends_with("idle_timeout");
        if (span < Duration::from_secs(1) && !(may_be_zero && span.is_zero())) || span > MAX_LIFETIME {
            return Err(PolicyError::new(field, "is not between 1 second and 10 years"));
        }
        if let Some(bound) = standard_bound(preset, may_be_zero) {
            check_bound(&bound, field, span, justification)?;
        }
    }
    if !(1..=MAX_SESSIONS_PER_USER).contains(&policy.max_sessions) {
        return Err(PolicyError::new("max_sessions", format!("is not between 1 and {MAX_SESSIONS_PER_USER}")));
    }
    check_rotation(&policy.rotation)?;
    if preset.policy().strict_activity && !policy.strict_activity {
        return Err(PolicyError::new(
            "strict_activity",
            format!("cannot be disabled: preset `{}` requires an exact idle timeout", preset.name()),
        ));
    }
    Ok(policy)
}

fn check_rotation(rules: &RotationRules) -> Result<(), PolicyError> {
    if rules.grace > MAX_GRACE {
        return Err(PolicyError::new("rotation.grace", format!("is longer than {} s", MAX_GRACE.as_secs())));
    }
    match rules.max_age {
        Some(age) if age < Duration::from_secs(1) || age > MAX_LIFETIME => {
            Err(PolicyError::new("rotation.max_age", "is not between 1 second and 10 years"))
        }
        None if rules.is_required => {
            Err(PolicyError::new("rotation.required", "has no effect without `rotation.max_age`; set both"))
        }
        _ => Ok(()),
    }
}

fn check_bound(
    bound: &StandardBound,
    field: &'static str,
    span: Duration,
    justification: &str,
) -> Result<(), PolicyError> {
    let exceeded = span.is_zero() || span > bound.longest;
    if !exceeded || (!bound.is_mandatory && !justification.is_empty()) {
        return Ok(());
    }
    let verb = if bound.is_mandatory { "must" } else { "should" };
    let remedy = if bound.is_mandatory { "" } else { "; set `justification` to exceed it" };
    Err(PolicyError::new(
        field,
        format!("{verb} be at most {} s and not unlimited ({}){remedy}", bound.longest.as_secs(), bound.source),
    ))
}

fn standard_bound(preset: PolicyPreset, idle: bool) -> Option<StandardBound> {
    let minutes = |n: u64| Duration::from_secs(n * 60);
    let (longest, source, shall) = match (preset, idle) {
        (PolicyPreset::Pci, true) => (minutes(15), "PCI DSS 4.0 §8.2.8", true),
        (PolicyPreset::Aal1, false) => (minutes(30 * 24 * 60), "NIST SP 800-63B-4 §2.1.3", false),
        (PolicyPreset::Aal2, false) => (minutes(24 * 60), "NIST SP 800-63B-4 §2.2.3", false),
        (PolicyPreset::Aal2, true) => (minutes(60), "NIST SP 800-63B-4 §2.2.3", false),
        (PolicyPreset::Aal3, false) => (minutes(12 * 60), "NIST SP 800-63B-4 §2.3.3", true),
        (PolicyPreset::Aal3, true) => (minutes(15), "NIST SP 800-63B-4 §2.3.3", false),
        (PolicyPreset::HighValue, true) => (minutes(5), "OWASP Session Management Cheat Sheet", false),
        (PolicyPreset::OfficeDay, false) => (minutes(8 * 60), "OWASP Session Management Cheat Sheet", false),
        (PolicyPreset::OfficeDay, true) => (minutes(30), "OWASP Session Management Cheat Sheet", false),
        (PolicyPreset::Default | PolicyPreset::ManyDevices | PolicyPreset::Pci | PolicyPreset::HighValue, false)
        | (PolicyPreset::Default | PolicyPreset::ManyDevices | PolicyPreset::Aal1, true) => return None,
    };
    Some(StandardBound { longest, source, is_mandatory: shall })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_keeps_to_its_own_rules() {
        for preset in PolicyPreset::ALL {
            assert_eq!(check_policy(preset.policy(), preset, ""), Ok(preset.policy()), "{preset:?}");
        }
    }

    #[test]
    fn a_shall_cannot_be_broken_and_says_its_source() {
        let too_long = Policy { lifetime: Duration::from_hours(13), ..PolicyPreset::Aal3.policy() };
        let error = check_policy(too_long, PolicyPreset::Aal3, "we want to").expect_err("SHALL");
        assert!(error.to_string().starts_with("`lifetime` must be at most 43200 s"), "{error}");
        let idle = Policy { idle_timeout: Duration::from_secs(15 * 60 + 1), ..PolicyPreset::Pci.policy() };
        assert_eq!(check_policy(idle, PolicyPreset::Pci, "we want to").expect_err("SHALL").0.field, "idle_timeout");
        let unlimited = Policy { idle_timeout: Duration::ZERO, ..PolicyPreset::Pci.policy() };
        assert!(check_policy(unlimited, PolicyPreset::Pci, "we want to").is_err());
        let lax = Policy { strict_activity: false, ..PolicyPreset::Pci.policy() };
        assert_eq!(check_policy(lax, PolicyPreset::Pci, "").expect_err("margin").0.field, "strict_activity");
    }

    #[test]
    fn a_should_is_exceeded_only_by_who_says_why() {
        let long = Policy { idle_timeout: Duration::from_hours(2), ..PolicyPreset::Aal2.policy() };
        assert!(check_policy(long.clone(), PolicyPreset::Aal2, "").is_err());
        assert!(check_policy(long, PolicyPreset::Aal2, "call centre shifts").is_ok());
    }

    #[test]
    fn numbers_stay_within_bounds() {
        for max_sessions in [0, 257] {
            let policy = Policy { max_sessions, ..PolicyPreset::Default.policy() };
            assert_eq!(check_policy(policy, PolicyPreset::Default, "").expect_err("bounds").0.field, "max_sessions");
        }
        let policy = Policy { lifetime: Duration::ZERO, ..PolicyPreset::Default.policy() };
        assert_eq!(check_policy(policy, PolicyPreset::Default, "").expect_err("bounds").0.field, "lifetime");
    }
}
