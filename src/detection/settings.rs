use std::time::Duration;

use crate::domain::{Location, LoginHistory, NetworkClass, NetworkDirectory, NetworkSet};

use super::{
    FailureSettings, RuleResponses, RuleSet, SessionBurst, SessionRuleSet, TravelLimits, concurrent_countries,
};

/// Detection settings of an installation.
#[derive(Clone, Debug, PartialEq)]
pub struct DetectionSettings {
    pub rules: RuleSet,
    pub session_rules: SessionRuleSet,
    /// Enables `REVOKED_TOKEN_USE`.
    pub watches_ended_sessions: bool,
    pub responses: RuleResponses,
    /// Marks alerts with the statement that no action is taken on them.
    pub audit_only: bool,
    /// Time after an alert within which equal findings are counted and raise no further alert.
    pub dedup_window: Duration,
    pub learning: LearningThreshold,
    pub travel: TravelLimits,
    /// Number of countries with active sessions at which `CONCURRENT_COUNTRIES` matches.
    pub concurrent_countries: u32,
    /// Time without a login after which `DORMANT_ACCOUNT` matches.
    pub dormant_after: Duration,
    pub session_burst: SessionBurst,
    /// Number of remembered logins from which `UNUSUAL_HOUR` is evaluated.
    pub unusual_hour_min_logins: u32,
    /// Networks of the users' organisation. Their users do not travel between them, no country is new in them, and they
    /// do not count as anonymous.
    pub trusted_networks: NetworkSet,
    /// Autonomous systems, such as those of mobile carriers, whose addresses do not show where their users are. A user
    /// who stays in one has not travelled.
    pub carrier_networks: NetworkSet,
    pub failures: FailureSettings,
    /// Time after the last login for which the history of a user is stored.
    pub history_retention: Duration,
}

impl Default for DetectionSettings {
    fn default() -> Self {
        Self {
            rules: RuleSet::all(),
            session_rules: SessionRuleSet::all(),
            watches_ended_sessions: true,
            responses: RuleResponses::default(),
            audit_only: false,
            dedup_window: Duration::from_hours(1),
            learning: LearningThreshold::default(),
            travel: TravelLimits::default(),
            concurrent_countries: concurrent_countries::DEFAULT_THRESHOLD,
            dormant_after: LoginHistory::MAX_AGE,
            session_burst: SessionBurst::default(),
            unusual_hour_min_logins: 20,
            trusted_networks: NetworkSet::default(),
            carrier_networks: NetworkSet::default(),
            failures: FailureSettings::default(),
            history_retention: Duration::from_hours(400 * 24),
        }
    }
}

impl DetectionSettings {
    /// Returns the class of the network of a location; `None` if the network is trusted or is in no list.
    #[must_use]
    pub fn network_class(&self, networks: &NetworkDirectory, location: &Location) -> Option<NetworkClass> {
        let is_trusted = self.trusted_networks.contains(location.ip, location.asn);
        if is_trusted { None } else { networks.classify(location.ip, location.asn) }
    }
}

/// The end of learning: a new country or device has its full severity once so many logins of a user are known, or so
/// much time has passed since the first one.
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
