use crate::store::AlertPosition;

/// Alerts between two positions that were not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertGap {
    pub from: AlertPosition,
    /// Position after which delivery continues. It is before `from` if the stream itself was rewound.
    pub to: AlertPosition,
    pub reason: GapReason,
}

/// The reason for a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GapReason {
    /// The alerts are no longer retained.
    Expired,
    /// The stream is not the one that the position came from: the store lost its newest part, as in a failover.
    /// Delivery continues from a while before, so alerts may be repeated, and none of the remaining ones is missed.
    Rewound,
    /// The alert was written by a newer release.
    Unreadable,
    /// The reader was too slow. The alerts are still available.
    SlowConsumer,
}

impl GapReason {
    pub const ALL: [Self; 4] = [Self::Expired, Self::Rewound, Self::Unreadable, Self::SlowConsumer];

    /// Returns the name in the contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Rewound => "rewound",
            Self::Unreadable => "unreadable",
            Self::SlowConsumer => "slow_consumer",
        }
    }
}
