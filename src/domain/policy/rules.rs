//! What a policy of one's own must keep to: sane bounds, and what its preset's standard demands.

use std::time::Duration;

use super::{Policy, Preset, SESSIONS_PER_USER, Violation};

/// Why a policy is refused. The field is the setting's name within the policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` {}", .0.field, .0.description)]
pub struct PolicyError(pub Violation);

impl PolicyError {
    fn new(field: &'static str, description: impl Into<String>) -> Self {
        Self(Violation::new(field, description.into()))
    }
}

/// The longest lifetime there is: ten years.
const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

/// A bound that a standard sets.
struct Bound {
    longest: Duration,
    source: &'static str,
    /// A SHALL is refused; a SHOULD may be exceeded by who says why.
    shall: bool,
}

/// Passes `policy` if its values make sense and it keeps to the standard behind `preset`. What a
/// standard only recommends may be exceeded with a `justification`.
pub fn checked(policy: Policy, preset: Preset, justification: &str) -> Result<Policy, PolicyError> {
    let spans = [
        ("lifetime", policy.lifetime),
        ("remembered_lifetime", policy.remembered_lifetime),
        ("idle_timeout", policy.idle_timeout),
        ("remembered_idle_timeout", policy.remembered_idle_timeout),
    ];
    for (field, span) in spans {
        let may_be_zero = field.ends_with("idle_timeout");
        if (span < Duration::from_secs(1) && !(may_be_zero && span.is_zero())) || span > LONGEST {
            return Err(PolicyError::new(field, "is not between 1 second and 10 years"));
        }
        if let Some(bound) = bound(preset, may_be_zero) {
            keeps_to(&bound, field, span, justification)?;
        }
    }
    if !(1..=SESSIONS_PER_USER).contains(&policy.max_sessions) {
        return Err(PolicyError::new("max_sessions", format!("is not between 1 and {SESSIONS_PER_USER}")));
    }
    if preset.policy().strict_activity && !policy.strict_activity {
        return Err(PolicyError::new(
            "strict_activity",
            format!("cannot be turned off: `{}` has no margin on its idle timeout", preset.name()),
        ));
    }
    Ok(policy)
}

fn keeps_to(bound: &Bound, field: &'static str, span: Duration, justification: &str) -> Result<(), PolicyError> {
    let exceeded = span.is_zero() || span > bound.longest;
    if !exceeded || (!bound.shall && !justification.is_empty()) {
        return Ok(());
    }
    let verb = if bound.shall { "must" } else { "should" };
    let way_out = if bound.shall { "" } else { "; to exceed it, state why in `justification`" };
    Err(PolicyError::new(
        field,
        format!("{verb} be at most {} s and not unlimited ({}){way_out}", bound.longest.as_secs(), bound.source),
    ))
}

fn bound(preset: Preset, idle: bool) -> Option<Bound> {
    let minutes = |n: u64| Duration::from_secs(n * 60);
    let (longest, source, shall) = match (preset, idle) {
        (Preset::Pci, true) => (minutes(15), "PCI DSS 4.0 §8.2.8", true),
        (Preset::Aal1, false) => (minutes(30 * 24 * 60), "NIST SP 800-63B-4 §2.1.3", false),
        (Preset::Aal2, false) => (minutes(24 * 60), "NIST SP 800-63B-4 §2.2.3", false),
        (Preset::Aal2, true) => (minutes(60), "NIST SP 800-63B-4 §2.2.3", false),
        (Preset::Aal3, false) => (minutes(12 * 60), "NIST SP 800-63B-4 §2.3.3", true),
        (Preset::Aal3, true) => (minutes(15), "NIST SP 800-63B-4 §2.3.3", false),
        (Preset::HighValue, true) => (minutes(5), "OWASP Session Management Cheat Sheet", false),
        (Preset::OfficeDay, false) => (minutes(8 * 60), "OWASP Session Management Cheat Sheet", false),
        (Preset::OfficeDay, true) => (minutes(30), "OWASP Session Management Cheat Sheet", false),
        (Preset::Default | Preset::ManyDevices | Preset::Pci | Preset::HighValue, false)
        | (Preset::Default | Preset::ManyDevices | Preset::Aal1, true) => return None,
    };
    Some(Bound { longest, source, shall })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_keeps_to_its_own_rules() {
        for preset in Preset::ALL {
            assert_eq!(checked(preset.policy(), preset, ""), Ok(preset.policy()), "{preset:?}");
        }
    }

    #[test]
    fn a_shall_cannot_be_broken_and_says_its_source() {
        let too_long = Policy { lifetime: Duration::from_hours(13), ..Preset::Aal3.policy() };
        let error = checked(too_long, Preset::Aal3, "we want to").expect_err("SHALL");
        assert!(error.to_string().starts_with("`lifetime` must be at most 43200 s"), "{error}");
        let idle = Policy { idle_timeout: Duration::from_secs(15 * 60 + 1), ..Preset::Pci.policy() };
        assert_eq!(checked(idle, Preset::Pci, "we want to").expect_err("SHALL").0.field, "idle_timeout");
        let unlimited = Policy { idle_timeout: Duration::ZERO, ..Preset::Pci.policy() };
        assert!(checked(unlimited, Preset::Pci, "we want to").is_err());
        let lax = Policy { strict_activity: false, ..Preset::Pci.policy() };
        assert_eq!(checked(lax, Preset::Pci, "").expect_err("margin").0.field, "strict_activity");
    }

    #[test]
    fn a_should_is_exceeded_only_by_who_says_why() {
        let long = Policy { idle_timeout: Duration::from_hours(2), ..Preset::Aal2.policy() };
        assert!(checked(long.clone(), Preset::Aal2, "").is_err());
        assert!(checked(long, Preset::Aal2, "call centre shifts").is_ok());
    }

    #[test]
    fn numbers_stay_within_bounds() {
        for max_sessions in [0, 257] {
            let policy = Policy { max_sessions, ..Preset::Default.policy() };
            assert_eq!(checked(policy, Preset::Default, "").expect_err("bounds").0.field, "max_sessions");
        }
        let policy = Policy { lifetime: Duration::ZERO, ..Preset::Default.policy() };
        assert_eq!(checked(policy, Preset::Default, "").expect_err("bounds").0.field, "lifetime");
    }
}
