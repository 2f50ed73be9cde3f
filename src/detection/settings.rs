use std::time::Duration;

use super::Rule;

const DAY: Duration = Duration::from_hours(24);

/// What an installation may choose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DetectionSettings {
    pub rules: RuleSet,
    /// Alerts say that nothing is done about them.
    pub audit_only: bool,
    /// Within this span of an alert, findings about the same matter are counted and raise none.
    pub dedup_window: Duration,
    pub learning: LearningThreshold,
    pub travel: TravelLimits,
    /// Countries with live sessions from which [`Rule::ConcurrentCountries`] reports.
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
            // Two is what every journey makes: the computer at home stays signed in.
            concurrent_countries: 3,
        }
    }
}

/// Rules that are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleSet([bool; Rule::ALL.len()]);

impl RuleSet {
    #[must_use]
    pub const fn all() -> Self {
        Self([true; Rule::ALL.len()])
    }

    #[must_use]
    pub fn contains(self, rule: Rule) -> bool {
        self.0[rule as usize]
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == [false; Rule::ALL.len()]
    }
}

impl FromIterator<Rule> for RuleSet {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        rules.into_iter().fold(Self([false; Rule::ALL.len()]), |mut set, rule| {
            set.0[rule as usize] = true;
            set
        })
    }
}

/// When so many logins of a user, or so much time since the first, are known, what is new means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearningThreshold {
    pub min_logins: u32,
    pub min_age: Duration,
}

impl Default for LearningThreshold {
    fn default() -> Self {
        Self { min_logins: 10, min_age: DAY * 14 }
    }
}

/// What a traveller can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TravelLimits {
    pub max_speed_kmh: f64,
    /// Nearer than this nothing is reported.
    pub min_distance_km: f64,
    /// Older logins are not compared with.
    pub lookback: Duration,
}

impl Default for TravelLimits {
    fn default() -> Self {
        Self { max_speed_kmh: 900.0, min_distance_km: 500.0, lookback: DAY }
    }
}
