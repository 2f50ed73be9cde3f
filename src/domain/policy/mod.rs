//! How long sessions last and how many of them a user may have.

mod preset;
mod rules;

use std::{collections::BTreeMap, time::Duration};

use super::{
    error::{FieldViolation, FieldViolations},
    limits::MAX_SESSIONS_PER_USER,
};

pub use preset::PolicyPreset;
pub use rules::{PolicyError, check_policy};

/// What happens to a login over the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitAction {
    /// The least recently active session ends.
    #[default]
    EvictLeastRecent,
    /// The login is refused; the user chooses what to end.
    Refuse,
}

/// The rules a session is made under. It keeps them for its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// From login to the absolute deadline.
    pub lifetime: Duration,
    /// The same for "remember this device"; equal to `lifetime` where that is not offered.
    pub remembered_lifetime: Duration,
    /// Zero: sessions do not idle out.
    pub idle_timeout: Duration,
    /// The same for "remember this device".
    pub remembered_idle_timeout: Duration,
    /// Live sessions of one user, 1 to 256.
    pub max_sessions: u16,
    pub on_limit: LimitAction,
    /// Activity is written at once and the idle timeout has no margin.
    pub strict_activity: bool,
}

impl Policy {
    /// The span from login to the absolute deadline: what the policy gives, or less if asked.
    pub fn lifetime(&self, remember: bool, asked: Option<Duration>) -> Result<Duration, FieldViolation> {
        let given = if remember { self.remembered_lifetime } else { self.lifetime };
        shorten("lifetime", given, asked)
    }

    /// The idle timeout: what the policy gives, or less if asked. Zero for none.
    pub fn idle_timeout(&self, remember: bool, asked: Option<Duration>) -> Result<Duration, FieldViolation> {
        let given = if remember { self.remembered_idle_timeout } else { self.idle_timeout };
        match asked {
            Some(asked) if given.is_zero() => shorten("idle_timeout", Duration::MAX, Some(asked)),
            _ => shorten("idle_timeout", given, asked),
        }
    }

    /// How much longer than its timeout an idle session is kept: the longest that a touch can be on its
    /// way (see [`touch_interval`]), one flush, and what clocks may differ. Nothing where activity is
    /// written at once.
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

/// How often at most the activity of one session is written: a twentieth of its idle timeout, but not
/// more often than every second nor less than every minute.
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
        let message = format!("is longer than the policy gives ({} s); it may only be shortened", given.as_secs());
        return Err(FieldViolation::new(field, message));
    }
    Ok(asked)
}

/// The policies of an installation by name. `default` always exists.
#[derive(Clone, Debug)]
pub struct PolicySet(BTreeMap<String, Policy>);

impl PolicySet {
    /// The name meant by an empty `policy`.
    pub const DEFAULT: &'static str = "default";

    /// The ready-made policies, with `own` ones added or put in their place.
    #[must_use]
    pub fn new(own: BTreeMap<String, Policy>) -> Self {
        let mut policies: BTreeMap<_, _> =
            PolicyPreset::ALL.into_iter().map(|preset| (preset.name().to_owned(), preset.policy())).collect();
        policies.extend(own);
        Self(policies)
    }

    /// The policy called `name` with its full name; a violation of `policy` when there is none.
    pub fn get(&self, name: &str) -> Result<(&str, &Policy), FieldViolations> {
        let name = if name.is_empty() { Self::DEFAULT } else { name };
        self.0.get_key_value(name).map(|(name, policy)| (name.as_str(), policy)).ok_or_else(|| {
            let known: Vec<_> = self.0.keys().map(String::as_str).collect();
            FieldViolation::new("policy", format!("is not one of the policies here: {}", known.join(", "))).into()
        })
    }

    /// Every policy with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Policy)> {
        self.0.iter().map(|(name, policy)| (name.as_str(), policy))
    }

    /// The longest that any session can last: token keys are kept at least this long.
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
