//! Session store in an SQLite database, for development, demonstrations, tests, and installations of one process.
//!
//! One process owns the file, through one connection. Every operation that may write is one transaction
//! (`BEGIN IMMEDIATE`). It decides in Rust, on data read in that transaction, and is on disk when it returns.
//!
//! Each trait is implemented in the file of its name: `SessionStore` in `sessions.rs`, `Denylist` in `denylist.rs`,
//! `Outbox` in `outbox.rs`, `AlertStream` in `alerts.rs`. `users.rs` has the tables of users and of their sessions, `remembered.rs` those of
//! requests, ended sessions and mass revocations, `findings.rs` those of detection. Statements of more than a few lines
//! are in `sql/`, the others beside the code that runs them.

mod alerts;
mod answers;
mod binding;
mod clock_fence;
mod connection;
mod denylist;
mod disk_reserve;
mod failures;
mod findings;
mod health;
mod invalidation;
mod outbox;
mod present_token;
mod reads;
mod remembered;
mod revocations;
mod schema;
mod sessions;
mod sweep;
mod touches;
mod transaction;
mod users;

#[cfg(test)]
mod tests;

use sqlx::SqlitePool;
use tokio::sync::broadcast;

use self::{clock_fence::ClockFence, disk_reserve::DiskReserve, touches::DeferredTouches};
use super::{StoreError, StreamedAlert};

pub use clock_fence::ClockSettings;

/// The embedded session store.
#[derive(Debug)]
pub struct SqliteSessionStore {
    pool: SqlitePool,
    alert_sender: broadcast::Sender<StreamedAlert>,
    /// `None`: every given time is accepted.
    fence: Option<ClockFence>,
    disk_reserve: DiskReserve,
    deferred_touches: DeferredTouches,
}

impl SqliteSessionStore {
    /// Opens the store at `url`, and creates it if it does not exist: `sqlite://<path>`, a file that only its owner can
    /// read and write, or `sqlite::memory:`, which ends with the process.
    ///
    /// Every acknowledged change survives a power failure. With `?synchronous=normal` a power failure, and nothing
    /// else, may undo the last ones. The file is locked until [`close`](crate::store::StoreHealth::close). Returns an error if
    /// another process has the file open, if it contains anything else, or if a newer release wrote it.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let (pool, disk_reserve) = connection::open(url).await?;
        Ok(Self {
            pool,
            alert_sender: alerts::new_broadcast(),
            fence: None,
            disk_reserve,
            deferred_touches: DeferredTouches::default(),
        })
    }

    /// Opens the store as [`SqliteSessionStore::open`] does, and compares the clock with the newest stored time.
    ///
    /// A clock more than a day ahead is refused if sessions would end or stored state would be deleted, unless the
    /// operator accepts it. Later, each operation that is given a time, or that writes or reads a session, returns
    /// [`StoreError::ClockSkewed`] while the time of day is before the newest stored time or has jumped.
    pub async fn open_with_clock(url: &str, settings: ClockSettings) -> Result<Self, StoreError> {
        let store = Self::open(url).await?;
        match ClockFence::open(&store.pool, settings).await {
            Ok(fence) => Ok(Self { fence: Some(fence), ..store }),
            Err(error) => {
                store.pool.close().await;
                Err(error)
            }
        }
    }
}
