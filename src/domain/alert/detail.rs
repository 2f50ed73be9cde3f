use std::time::Duration;

use crate::domain::{EndReason, UnixMillis};

/// The numbers behind a finding.
#[derive(Clone, Debug, PartialEq)]
pub enum AlertEvidence {
    Travel(TravelEvidence),
    Novelty(NoveltyEvidence),
    Volume(VolumeEvidence),
    Replay(ReplayEvidence),
}

/// Two places too far apart for the time between them.
#[derive(Clone, Debug, PartialEq)]
pub struct TravelEvidence {
    /// The great-circle distance.
    pub distance_km: f64,
    /// The distance less both accuracy radii, at least 0: the distance that is certain.
    pub effective_distance_km: f64,
    pub elapsed: Duration,
    /// The effective distance divided by the elapsed time, which counts as at least 60 seconds.
    pub speed_kmh: f64,
    pub max_speed_kmh: f64,
    pub min_distance_km: f64,
}

/// A value not seen from this user before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoveltyEvidence {
    pub kind: NoveltyKind,
    pub value: String,
    /// The known values of the same kind, most recent first, at most 10.
    pub known_values: Vec<String>,
    /// The number of remembered logins. With few of them, novelty means less.
    pub known_logins: u32,
    pub previous_login_at: Option<UnixMillis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoveltyKind {
    Country = 1,
    Device = 2,
    Network = 3,
    Hour = 4,
    AccountUse = 5,
}

impl NoveltyKind {
    /// The inverse of `as u32`. Returns `None` for any other number.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        [Self::Country, Self::Device, Self::Network, Self::Hour, Self::AccountUse]
            .into_iter()
            .find(|kind| *kind as u32 == code)
    }
}

/// A count that reached the threshold of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeEvidence {
    pub count: u64,
    /// The lowest count that the rule reports.
    pub threshold: u64,
    /// The period of the count, ending with the event. Zero if the count is of that moment.
    pub window: Duration,
    /// 0 if not counted, as for the next two fields.
    pub distinct_users: u32,
    pub distinct_networks: u32,
    pub distinct_devices: u32,
}

/// A token that was presented after it had become invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayEvidence {
    pub reason: EndReason,
    pub invalid_since: UnixMillis,
    pub presented_at: UnixMillis,
    pub presented_count: u64,
}
