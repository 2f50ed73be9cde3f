/// The rules that there are.
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

    /// The name that alerts bear.
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

    /// The rule that alerts call so; `None` for one that this release does not have.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Raised whenever the same facts may lead to another finding.
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

/// Why a rule could not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotEvaluatedReason {
    /// Too little is known of the user.
    Learning,
    UnknownCountry,
    UnknownPosition,
    UnknownDevice,
    /// No login that it could be compared with.
    NoHistory,
    /// A later login is known already.
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
            Self::NoHistory => "nothing_to_compare",
            Self::OutOfOrder => "out_of_order",
        }
    }
}
