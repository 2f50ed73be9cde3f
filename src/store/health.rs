//! The clock and the health of a store.

use async_trait::async_trait;

use super::{SettingProblem, StoreError};
use crate::domain::UnixMillis;

/// The store's own clock.
#[async_trait]
pub trait StoreClock: Send + Sync {
    /// Returns the time at the moment of the response, as exact as half a round trip, for comparison with this node's.
    /// A response also shows that the engine serves: of several servers, most.
    async fn time(&self) -> Result<UnixMillis, StoreError>;
}

/// The operation of an engine, as the node that uses it monitors and ends it.
#[async_trait]
pub trait StoreHealth: StoreClock {
    /// Returns the name of the engine, for logs and metrics.
    fn engine(&self) -> &'static str;

    /// Writes a small probe to every server to which changes are written. An error means that the engine accepts no
    /// changes now, although it may serve reads: too few replicas, a full disk, or no memory.
    async fn probe_write(&self, now: UnixMillis) -> Result<(), StoreError>;

    /// Returns the problems with the settings of the servers, as last read; empty if there is no server.
    fn setting_problems(&self) -> Vec<SettingProblem>;

    /// Finishes the work in progress and releases the engine. The store is not used afterwards.
    async fn close(&self);
}
