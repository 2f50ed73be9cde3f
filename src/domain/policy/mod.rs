//! Policies: how long sessions last and how many a user may have.

mod binding;
mod preset;
mod rules;

use std::{collections::BTreeMap, time::Duration};

use super::{
    error::{FieldViolation, FieldViolations},
    limits::MAX_SESSIONS_PER_USER,
    rotation::RotationRules,
};

pub use binding::{ClientBindingMode, ClientBindingRules};
pub use preset::PolicyPreset;
pub use rules::{PolicyError, check_policy};

/// The action of a policy when a login exceeds the session limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitAction {
    /// Ends the least recently active session.
    #[default]
    EvictLeastRecent,
    /// Refuses the login; the user chooses a session to end.
    Refuse,
}

/// The rules under which a session is created. The session keeps them for its whole life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The time from login to the absolute deadline.
    pub lifetime: Duration,
    /// The lifetime on a remembered device; equal to `lifetime` if the policy makes no difference.
    pub remembered_lifetime: Duration,
    /// The idle timeout; zero if sessions have no idle timeout.
    pub idle_timeout: Duration,
    /// The idle timeout on a remembered device.
    pub remembered_idle_timeout: Duration,
    /// The maximum number of active sessions of a user, 1 to 256.
    pub max_sessions: u16,
    pub on_limit: LimitAction,
    /// If set, activity is written at once and the idle timeout has no margin.
    pub strict_activity: bool,
    pub rotation: RotationRules,
    pub binding: ClientBindingRules,
}

impl Policy {
    /// Returns the time from login to the absolute deadline: the lifetime of the policy, or `asked` if that is shorter.
    /// A longer `asked`, or one below a second, is a violation of `lifetime`.
    pub fn lifetime(&self, remember: bool, asked: Option<Duration>) -> Result<Duration, FieldViolation> {
        let given = if remember { self.remembered_lifetime } else { self.lifetime };
        shorten("lifetime", given, asked)
    }

    /// Returns the idle timeout: that of the policy, or `asked` if that is shorter. Zero stands for none. A longer
    /// `asked`, or one below a second, is a violation of `idle_timeout`.
    pub fn idle_timeout(&self, remember: bool, asked: Option<Duration>) -> Result<Duration, FieldViolation> {
        let given = if remember { self.remembered_idle_timeout } else { self.idle_timeout };
        match asked {
            Some(asked) if given.is_zero() => shorten("idle_timeout", Duration::MAX, Some(asked)),
            _ => shorten("idle_timeout", given, asked),
        }
    }

    /// Returns the idle margin: the time that an idle session lives beyond its idle timeout. It covers the longest
    /// delay of a touch (see [`touch_interval`]), one flush, and the difference between clocks. It is zero if activity
    /// is written at once, or if there is no idle timeout.
    #[must_use]
    pub fn idle_margin(&self, idle_timeout: Duration) -> Duration {
        if self.strict_activity || idle_timeout.is_zero() {
            Duration::ZERO
        } else {
            touch_interval(idle_timeout) + FLUSH_AND_SKEW
        }
    }
}

const FLUSH_AND_SKEW: Duration = Duration::from_secs(6);

/// Returns the shortest interval between two writes of a session's activity: a twentieth of its idle timeout, between
/// one second and one minute. Without an idle timeout it is one minute.
#[must_use]
pub fn touch_interval(idle_timeout: Duration) -> Duration {
    if idle_timeout.is_zero() {
        return Duration::from_mins(1);
    }
    (idle_timeout / 20).clamp(Duration::from_secs(1), Duration::from_mins(1))
}

fn shorten(field: &'static str, given: Duration, asked: Option<Duration>) -> Result<Duration, FieldViolation> {
    let Some(asked) = asked else { return Ok(given) };
    if asked < Duration::from_secs(1) {
        return Err(FieldViolation::new(field, "is less than one second"));
    }
    if asked > given {
        let message =
            format!("exceeds the {} s that the policy allows; a request can only shorten it", given.as_secs());
        return Err(FieldViolation::new(field, message));
    }
    Ok(asked)
}

/// The policies of an installation by name. `default` always exists.
#[derive(Clone, Debug)]
pub struct PolicySet(BTreeMap<String, Policy>);

impl PolicySet {
    /// The name that an empty `policy` stands for.
    pub const DEFAULT: &'static str = "default";

    /// Creates the set of all presets and the policies of `own`, which replace presets of the same name.
    #[must_use]
    pub fn new(own: BTreeMap<String, Policy>) -> Self {
        let mut policies: BTreeMap<_, _> =
            PolicyPreset::ALL.into_iter().map(|preset| (preset.name().to_owned(), preset.policy())).collect();
        policies.extend(own);
        Self(policies)
    }

    /// Returns the policy `name` with its full name. An unknown name is a violation of `policy`.
    pub fn get(&self, name: &str) -> Result<(&str, &Policy), FieldViolations> {
        let name = if name.is_empty() { Self::DEFAULT } else { name };
        self.0.get_key_value(name).map(|(name, policy)| (name.as_str(), policy)).ok_or_else(|| {
            let known: Vec<_> = self.0.keys().map(String::as_str).collect();
            FieldViolation::new("policy", format!("is not a known policy (known: {})", known.join(", "))).into()
        })
    }

    /// Returns every policy with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Policy)> {
        self.0.iter().map(|(name, policy)| (name.as_str(), policy))
    }

    /// Returns the longest lifetime of any session. Token keys are kept at least this long.
    #[must_use]
    pub fn longest_lifetime(&self) -> Duration {
        self.0.values().map(|policy| policy.lifetime.max(policy.remembered_lifetime)).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_may_only_shorten_what_the_policy_gives() {
        let policy = PolicyPreset::Default.policy();
        let hour = Duration::from_hours(1);
        assert_eq!(policy.lifetime(false, Some(hour)), Ok(hour));
        assert_eq!(policy.lifetime(false, None), Ok(policy.lifetime));
        assert_eq!(policy.lifetime(true, None), Ok(policy.remembered_lifetime));
        let longer = policy.lifetime + Duration::from_secs(1);
        assert_eq!(policy.lifetime(false, Some(longer)).expect_err("longer").field, "lifetime");
        assert_eq!(policy.idle_timeout(false, Some(Duration::ZERO)).expect_err("zero").field, "idle_timeout");
    }

    #[test]
    fn the_idle_margin_covers_a_touch_on_its_way_and_strict_policies_have_none() {
        let half_an_hour = Duration::from_mins(30);
        assert_eq!(touch_interval(half_an_hour), Duration::from_mins(1));
        assert_eq!(touch_interval(Duration::from_secs(100)), Duration::from_secs(5));
        assert_eq!(touch_interval(Duration::from_secs(2)), Duration::from_secs(1));
        assert_eq!(PolicyPreset::Default.policy().idle_margin(half_an_hour), Duration::from_secs(66));
        assert_eq!(PolicyPreset::Pci.policy().idle_margin(half_an_hour), Duration::ZERO);
    }

    #[test]
    fn an_unknown_policy_is_named_with_those_that_exist() {
        let violations = PolicySet::new(BTreeMap::new()).get("gold").expect_err("unknown");
        let text = violations.iter().next().map(|v| v.description.to_string()).expect("one");
        assert!(text.contains("aal2") && text.contains("default"), "{text}");
    }
}
