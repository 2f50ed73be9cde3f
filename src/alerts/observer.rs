use super::gap::GapReason;

/// Why a subscription ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubscriptionEndReason {
    /// The subscriber went away.
    ClientClosed,
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

impl SubscriptionEndReason {
    pub const ALL: [Self; 6] = [
        Self::ClientClosed,
        Self::SlowConsumer,
        Self::Unauthenticated,
        Self::StoreUnavailable,
        Self::ArchiveUnavailable,
        Self::ShutDown,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientClosed => "left",
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
    fn gap_reported(&self, reason: GapReason);
    /// Once for each that was told as subscribed.
    fn ended(&self, ending: SubscriptionEndReason);
}

/// Whoever does not want to know.
pub struct NoopAlertObserver;

impl AlertObserver for NoopAlertObserver {
    fn subscribed(&self) {}
    fn delivered(&self) {}
    fn gap_reported(&self, _: GapReason) {}
    fn ended(&self, _: SubscriptionEndReason) {}
}
