//! Settings of an engine's servers that the store relies on.

use std::fmt;

/// A requirement on the settings of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerSetting {
    /// The server never drops keys to make room. As long as it may, the store serves nothing.
    Eviction,
    /// The eviction policy is `noeviction`, even while no memory limit makes it matter.
    EvictionPolicy,
    /// Changes are logged to disk and the log can be written.
    Persistence,
    /// A master that has lost its replicas soon stops accepting changes.
    MinReplicas,
    /// A replica that has lost its master serves no reads.
    StaleReplicaReads,
}

impl ServerSetting {
    pub const ALL: [Self; 5] =
        [Self::Eviction, Self::EvictionPolicy, Self::Persistence, Self::MinReplicas, Self::StaleReplicaReads];

    /// Returns the name used in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eviction => "eviction",
            Self::EvictionPolicy => "eviction_policy",
            Self::Persistence => "persistence",
            Self::MinReplicas => "min_replicas",
            Self::StaleReplicaReads => "stale_replica_reads",
        }
    }
}

/// A requirement that a server does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingProblem {
    /// `host:port`.
    pub server: String,
    pub setting: ServerSetting,
    /// The problem and the setting to change, for an operator.
    pub advice: String,
}

impl SettingProblem {
    /// Returns whether the store serves nothing until the problem is resolved.
    #[must_use]
    pub const fn is_blocking(&self) -> bool {
        matches!(self.setting, ServerSetting::Eviction)
    }
}

impl fmt::Display for SettingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.server, self.advice)
    }
}
