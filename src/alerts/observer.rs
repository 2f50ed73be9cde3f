use super::gap::GapReason;

/// Why a subscription ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The subscriber went away.
    Left,
    /// It was cut, as it read too slowly.
    SlowConsumer,
    /// Its credential is good no longer.
    Unauthenticated,
    /// The store did not answer when history was read.
    StoreUnavailable,
    /// The archive did not answer when it was asked for what the store has no longer.
    ArchiveUnavailable,
    /// The node shuts down.
    ShutDown,
}

impl Ending {
    pub const ALL: [Self; 6] = [
        Self::Left,
        Self::SlowConsumer,
        Self::Unauthenticated,
        Self::StoreUnavailable,
        Self::ArchiveUnavailable,
        Self::ShutDown,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::SlowConsumer => "slow_consumer",
            Self::Unauthenticated => "unauthenticated",
            Self::StoreUnavailable => "store_unavailable",
            Self::ArchiveUnavailable => "archive_unavailable",
            Self::ShutDown => "shut_down",
        }
    }
}

/// Is told what becomes of subscriptions.
pub trait AlertObserver: Send + Sync {
    fn subscribed(&self);
    fn delivered(&self);
    fn missed(&self, reason: GapReason);
    /// Once for each that was told as subscribed.
    fn ended(&self, ending: Ending);
}

/// Whoever does not want to know.
pub struct Unobserved;

impl AlertObserver for Unobserved {
    fn subscribed(&self) {}
    fn delivered(&self) {}
    fn missed(&self, _: GapReason) {}
    fn ended(&self, _: Ending) {}
}
