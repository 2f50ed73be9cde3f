use std::time::Duration;

use super::{Rule, TravelLimits, concurrent_countries};

/// Detection settings of an installation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DetectionSettings {
    pub rules: RuleSet,
    /// Marks alerts with the statement that no action is taken on them.
    pub audit_only: bool,
    /// Time after an alert within which equal findings are counted and raise no further alert.
    pub dedup_window: Duration,
    pub learning: LearningThreshold,
    pub travel: TravelLimits,
    /// Number of countries with active sessions at which `CONCURRENT_COUNTRIES` matches.
    pub concurrent_countries: u32,
}

impl Default for DetectionSettings {
    fn default() -> Self {
        Self {
            rules: RuleSet::all(),
            audit_only: false,
            dedup_window: Duration::from_hours(1),
            learning: LearningThreshold::default(),
            travel: TravelLimits::default(),
            concurrent_countries: concurrent_countries::DEFAULT_THRESHOLD,
        }
    }
}

/// The rules that are enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleSet([bool; Rule::COUNT]);

impl RuleSet {
    #[must_use]
    pub const fn all() -> Self {
        Self([true; Rule::COUNT])
    }

    #[must_use]
    pub fn contains(self, rule: Rule) -> bool {
        self.0[rule.index()]
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == [false; Rule::COUNT]
    }
}

impl FromIterator<Rule> for RuleSet {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        rules.into_iter().fold(Self([false; Rule::COUNT]), |mut set, rule| {
            set.0[rule.index()] = true;
            set
        })
    }
}

/// The end of learning: a new country or device is meaningful once so many logins of a user are known, or so much time
/// has passed since the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearningThreshold {
    pub min_logins: u32,
    pub min_age: Duration,
}

impl Default for LearningThreshold {
    fn default() -> Self {
        Self { min_logins: 10, min_age: Duration::from_hours(14 * 24) }
    }
}
