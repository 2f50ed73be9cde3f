use super::gap::GapReason;

/// The reason for the end of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubscriptionEndReason {
    /// The subscriber closed the stream.
    ClientClosed,
    /// The subscriber was disconnected because it read too slowly.
    SlowConsumer,
    /// The subscriber's credential is no longer valid.
    Unauthenticated,
    /// The store did not respond when history was read.
    StoreUnavailable,
    /// The archive did not respond when it was asked for alerts that the store no longer has.
    ArchiveUnavailable,
    /// The node is shutting down.
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
            Self::ClientClosed => "client_closed",
            Self::SlowConsumer => "slow_consumer",
            Self::Unauthenticated => "unauthenticated",
            Self::StoreUnavailable => "store_unavailable",
            Self::ArchiveUnavailable => "archive_unavailable",
            Self::ShutDown => "shut_down",
        }
    }
}

/// Observes subscriptions and their deliveries.
pub trait AlertObserver: Send + Sync {
    fn subscribed(&self);
    fn delivered(&self);
    fn gap_reported(&self, reason: GapReason);
    /// Called once for each subscription that [`subscribed`](Self::subscribed) reported.
    fn ended(&self, ending: SubscriptionEndReason);
}

/// An observer that does nothing.
pub struct NoopAlertObserver;

impl AlertObserver for NoopAlertObserver {
    fn subscribed(&self) {}
    fn delivered(&self) {}
    fn gap_reported(&self, _: GapReason) {}
    fn ended(&self, _: SubscriptionEndReason) {}
}
