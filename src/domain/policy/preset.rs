//! The policy presets.

use std::time::Duration;

use super::{ClientBindingMode, ClientBindingRules, LimitAction, MAX_SESSIONS_PER_USER, Policy, RotationRules};

const fn hours(n: u64) -> Duration {
    Duration::from_secs(n * 3600)
}

const fn days(n: u64) -> Duration {
    hours(n * 24)
}

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

/// A policy that exists without configuration, and the base of configured policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyPreset {
    /// 30 days, 4 hours idle, 5 sessions; remembered devices 90 days, 30 days idle.
    Default,
    /// The same as `default`, with 15 sessions.
    ManyDevices,
    /// An office day: 8 hours, 30 minutes idle (OWASP Session Management Cheat Sheet).
    OfficeDay,
    /// 4 hours, 5 minutes idle, one session; a second login is refused (OWASP: 2 to 5 minutes).
    HighValue,
    /// 12 hours, 15 minutes idle (PCI DSS 4.0 §8.2.8).
    Pci,
    /// NIST SP 800-63B-4 §2.1.3: 30 days.
    Aal1,
    /// NIST SP 800-63B-4 §2.2.3: 24 hours, 1 hour idle.
    Aal2,
    /// NIST SP 800-63B-4 §2.3.3: 12 hours, 15 minutes idle.
    Aal3,
}

impl PolicyPreset {
    pub const ALL: [Self; 8] = [
        Self::Default,
        Self::ManyDevices,
        Self::OfficeDay,
        Self::HighValue,
        Self::Pci,
        Self::Aal1,
        Self::Aal2,
        Self::Aal3,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::ManyDevices => "many-devices",
            Self::OfficeDay => "office-day",
            Self::HighValue => "high-value",
            Self::Pci => "pci",
            Self::Aal1 => "aal1",
            Self::Aal2 => "aal2",
            Self::Aal3 => "aal3",
        }
    }

    #[must_use]
    pub const fn policy(self) -> Policy {
        match self {
            Self::Default => Policy {
                remembered_lifetime: days(90),
                remembered_idle_timeout: days(30),
                ..uniform_policy(days(30), hours(4), 5)
            },
            Self::ManyDevices => Policy { max_sessions: 15, ..Self::Default.policy() },
            Self::OfficeDay => uniform_policy(hours(8), minutes(30), 5),
            Self::HighValue => Policy {
                on_limit: LimitAction::Refuse,
                strict_activity: true,
                ..uniform_policy(hours(4), minutes(5), 1)
            },
            Self::Aal1 => uniform_policy(days(30), hours(4), MAX_SESSIONS_PER_USER),
            Self::Aal2 => uniform_policy(hours(24), hours(1), 5),
            Self::Pci | Self::Aal3 => Policy { strict_activity: true, ..uniform_policy(hours(12), minutes(15), 5) },
        }
    }
}

/// Returns a policy that makes no difference for remembered devices.
const fn uniform_policy(lifetime: Duration, idle_timeout: Duration, max_sessions: u16) -> Policy {
    Policy {
        lifetime,
        remembered_lifetime: lifetime,
        idle_timeout,
        remembered_idle_timeout: idle_timeout,
        max_sessions,
        on_limit: LimitAction::EvictLeastRecent,
        strict_activity: false,
        rotation: RotationRules::DEFAULT,
        binding: ClientBindingRules { ip: ClientBindingMode::Off, device: ClientBindingMode::Off },
    }
}
