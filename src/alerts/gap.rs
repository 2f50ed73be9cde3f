use crate::store::AlertPosition;

/// Alerts between two positions that were not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertGap {
    pub from: AlertPosition,
    /// Where it goes on. Before `from` where the stream itself went back.
    pub to: AlertPosition,
    pub reason: GapReason,
}

/// Why alerts were not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GapReason {
    /// They are kept no longer.
    Expired,
    /// The stream is not the one that the position is from: the store lost its newest part, as in a failover. It
    /// goes on from a while before, so that alerts may come again and none of what is left is missed.
    Rewound,
    /// A newer release wrote it.
    Unreadable,
    /// The reader was too slow. They are still there.
    SlowConsumer,
}

impl GapReason {
    pub const ALL: [Self; 4] = [Self::Expired, Self::Rewound, Self::Unreadable, Self::SlowConsumer];

    /// The name in the contract.
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
