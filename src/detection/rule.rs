/// A detection rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    NewCountry,
    NewDevice,
    ImpossibleTravel,
    ConcurrentCountries,
    SessionLimit,
}

impl Rule {
    pub const ALL: [Self; 5] =
        [Self::NewCountry, Self::NewDevice, Self::ImpossibleTravel, Self::ConcurrentCountries, Self::SessionLimit];

    /// Returns the name of the rule in alerts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewCountry => "NEW_COUNTRY",
            Self::NewDevice => "NEW_DEVICE",
            Self::ImpossibleTravel => "IMPOSSIBLE_TRAVEL",
            Self::ConcurrentCountries => "CONCURRENT_COUNTRIES",
            Self::SessionLimit => "SESSION_LIMIT",
        }
    }

    /// Returns the rule with this name in alerts; `None` if this release has no such rule.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Returns the version of the rule, which is raised whenever the same facts may lead to another finding.
    #[must_use]
    pub const fn version(self) -> u32 {
        match self {
            Self::NewCountry
            | Self::NewDevice
            | Self::ImpossibleTravel
            | Self::ConcurrentCountries
            | Self::SessionLimit => 1,
        }
    }
}

/// The reason why a rule could not be evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotEvaluatedReason {
    /// Too little is known about the user.
    Learning,
    UnknownCountry,
    UnknownPosition,
    UnknownDevice,
    /// There is no earlier login for a comparison.
    NoHistory,
    /// A later login is already known.
    OutOfOrder,
}

impl NotEvaluatedReason {
    pub const ALL: [Self; 6] = [
        Self::Learning,
        Self::UnknownCountry,
        Self::UnknownPosition,
        Self::UnknownDevice,
        Self::NoHistory,
        Self::OutOfOrder,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Learning => "learning",
            Self::UnknownCountry => "unknown_country",
            Self::UnknownPosition => "unknown_position",
            Self::UnknownDevice => "unknown_device",
            Self::NoHistory => "no_history",
            Self::OutOfOrder => "out_of_order",
        }
    }
}
