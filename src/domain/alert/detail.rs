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
    /// Along the great circle.
    pub distance_km: f64,
    /// Less both accuracy radii, at least 0: the distance that is certain.
    pub effective_distance_km: f64,
    pub elapsed: Duration,
    /// Effective distance over the time, of which there are at least 60 seconds.
    pub speed_kmh: f64,
    pub max_speed_kmh: f64,
    pub min_distance_km: f64,
}

/// Something not seen of this user before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoveltyEvidence {
    pub kind: NoveltyKind,
    pub value: String,
    /// What was known of the same kind, most recent first, at most 10.
    pub known_values: Vec<String>,
    /// Logins that are remembered: few of them make novelty mean less.
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
    /// The inverse of `as u32`; `None` for any other number.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        [Self::Country, Self::Device, Self::Network, Self::Hour, Self::AccountUse]
            .into_iter()
            .find(|kind| *kind as u32 == code)
    }
}

/// Too much of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeEvidence {
    pub count: u64,
    /// The count from which the rule reports.
    pub threshold: u64,
    /// What was counted, ending with the event. Zero: what there was at that moment.
    pub window: Duration,
    /// 0: not counted. So the next two.
    pub distinct_users: u32,
    pub distinct_networks: u32,
    pub distinct_devices: u32,
}

/// A token that was presented after its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayEvidence {
    pub reason: EndReason,
    pub invalid_since: UnixMillis,
    pub presented_at: UnixMillis,
    pub presented_count: u64,
}
