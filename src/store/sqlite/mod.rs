//! Session store in an SQLite database, for development, demonstrations, tests, and installations of one process.
//!
//! One process owns the file, through one connection. Every operation that may write is one transaction
//! (`BEGIN IMMEDIATE`). It decides in Rust, on data read in that transaction, and is on disk when it returns.

mod alerts;
mod binding;
mod clock_fence;
mod clock_gap;
mod column;
mod connection;
mod create;
mod database_location;
mod deferred_touches;
mod disk_reserve;
mod end;
mod engine_error;
mod findings;
mod floors;
mod forget;
mod forgotten_alerts;
mod generations;
mod health;
mod histories;
mod invalidation;
mod list;
mod load;
mod mass_revocation;
mod operations;
mod outbox;
mod prune;
mod requests;
mod revoke;
mod revoke_all;
mod schema;
mod session_rows;
mod sweep;
mod sweep_cursor;
mod tombstones;
mod touch;
mod update;
mod user;
mod user_state;
mod write_transaction;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use sqlx::{Sqlite, SqlitePool, pool::PoolConnection};
use tokio::sync::broadcast;

use self::{
    clock_fence::ClockFence,
    deferred_touches::DeferredTouches,
    disk_reserve::DiskReserve,
    engine_error::{EngineError, is_disk_full},
    write_transaction::WriteTransaction,
};
use super::{
    CreateOutcome, LoadOutcome, MassRevocation, RevokedSessions, SessionCreation, SessionRevocation, SessionStore,
    SessionUpdate, StoreError, StreamedAlert, SweepOutcome, Touch, UpdateOutcome, UserErasure, UserErasureOutcome,
    UserRevocation, UserState,
};
use crate::domain::{Bucket, Owner, Session, SessionEnding, SessionId, UnixMillis, UserHandle};

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

    fn check_clock(&self, during: &'static str, now: Option<UnixMillis>) -> Result<(), StoreError> {
        self.fence.as_ref().map_or(Ok(()), |fence| fence.check(during, now))
    }

    /// Begins a transaction that makes the database larger. Returns an error while the disk is full.
    async fn begin_growing(
        &self,
        operation: &'static str,
        now: Option<UnixMillis>,
    ) -> Result<WriteTransaction, StoreError> {
        self.disk_reserve.ensure_space(operation).await?;
        self.begin(operation, now).await
    }

    /// Returns `outcome`, and marks the disk as full if that is why the transaction failed.
    fn mark_full_on_error<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        outcome.inspect_err(|error| {
            if is_disk_full(error) {
                self.disk_reserve.mark_full();
            }
        })
    }

    /// Frees part of the disk reserve if the disk was full. Returns whether the operation should be tried again.
    async fn try_free_space<T>(&self, outcome: &Result<T, StoreError>) -> bool {
        let Err(error) = outcome else { return false };
        if !is_disk_full(error) {
            return false;
        }
        self.disk_reserve.mark_full();
        self.disk_reserve.release_part().await
    }

    /// Begins a transaction that decides by the time `now`.
    async fn begin(&self, operation: &'static str, now: Option<UnixMillis>) -> Result<WriteTransaction, StoreError> {
        self.check_clock(operation, now)?;
        let step = WriteTransaction::begin(&self.pool, operation).await?;
        // The clock may have been set while the transaction waited to begin.
        self.check_clock(operation, now)?;
        Ok(step)
    }

    async fn connection(&self, operation: &'static str) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.pool.acquire().await.map_err(|error| EngineError::from(error).into_store_error(operation))
    }
}

#[async_trait]
impl SessionStore for SqliteSessionStore {
    async fn create(&self, creation: SessionCreation) -> Result<CreateOutcome, StoreError> {
        let mut transaction = self.begin_growing("creating a session", Some(creation.now)).await?;
        let outcome = create::create(&mut transaction, creation).await;
        self.mark_full_on_error(transaction.finish(outcome).await)
    }

    async fn load_user_state(
        &self,
        owner: &Owner,
        handle: UserHandle,
        now: UnixMillis,
    ) -> Result<UserState, StoreError> {
        let operation = "loading the state of a user";
        self.check_clock(operation, Some(now))?;
        let mut connection = self.connection(operation).await?;
        user_state::load_user_state(&mut connection, owner, handle, now)
            .await
            .map_err(|error| error.into_store_error(operation))
    }

    async fn load(&self, id: SessionId) -> Result<LoadOutcome, StoreError> {
        let operation = "loading a session";
        self.check_clock(operation, None)?;
        let mut connection = self.connection(operation).await?;
        load::load(&mut connection, id).await.map_err(|error| error.into_store_error(operation))
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        let mut transaction = self.begin_growing("touching sessions", None).await?;
        let deferred = self.deferred_touches.take();
        let outcome = async {
            touch::touch(&mut transaction, &deferred).await?;
            touch::touch(&mut transaction, touches).await
        };
        let outcome = outcome.await;
        let outcome = self.mark_full_on_error(transaction.finish(outcome).await);
        if outcome.is_err() {
            self.deferred_touches.add(&deferred);
        }
        outcome
    }

    async fn list(
        &self,
        owner: &Owner,
        handle: UserHandle,
        touches: &[Touch],
        now: UnixMillis,
    ) -> Result<Vec<Session>, StoreError> {
        let operation = "listing sessions";
        self.check_clock(operation, Some(now))?;
        let touches = [touches, &self.deferred_touches.for_user(handle)].concat();
        if !self.disk_reserve.is_full() {
            let mut transaction = self.begin(operation, Some(now)).await?;
            let outcome = list::list(&mut transaction, owner, handle, &touches, now).await;
            match self.mark_full_on_error(transaction.finish(outcome).await) {
                Err(StoreError::Unreachable { .. } | StoreError::NoResponse { .. }) => {}
                outcome => return outcome,
            }
        }
        // The writes of a list can be deferred; its response cannot.
        let mut connection = self.connection(operation).await?;
        let listed = list::list_read_only(&mut connection, owner, handle, &touches, now).await;
        let listed = listed.map_err(|error| error.into_store_error(operation))?;
        self.deferred_touches.add(&touches);
        Ok(listed)
    }

    async fn update(&self, update: SessionUpdate) -> Result<UpdateOutcome, StoreError> {
        let mut transaction = self.begin_growing("updating a session", Some(update.now)).await?;
        let outcome = update::update(&mut transaction, update).await;
        self.mark_full_on_error(transaction.finish(outcome).await)
    }

    async fn revoke(&self, revocation: SessionRevocation) -> Result<Vec<SessionEnding>, StoreError> {
        loop {
            let mut transaction = self.begin("revoking sessions", Some(revocation.now)).await?;
            let outcome = revoke::revoke(&mut transaction, revocation.clone()).await;
            let outcome = transaction.finish(outcome).await;
            if !self.try_free_space(&outcome).await {
                return outcome;
            }
        }
    }

    async fn revoke_all(&self, revocation: UserRevocation) -> Result<RevokedSessions, StoreError> {
        loop {
            let mut transaction = self.begin("revoking a user's sessions", Some(revocation.now)).await?;
            let outcome = revoke_all::revoke_all(&mut transaction, revocation.clone()).await;
            let outcome = transaction.finish(outcome).await;
            if !self.try_free_space(&outcome).await {
                return outcome;
            }
        }
    }

    async fn forget_user(&self, forgetting: UserErasure) -> Result<UserErasureOutcome, StoreError> {
        loop {
            let mut transaction = self.begin("erasing a user", Some(forgetting.now)).await?;
            let outcome = forget::forget_user(&mut transaction, forgetting.clone()).await;
            let outcome = transaction.finish(outcome).await;
            if !self.try_free_space(&outcome).await {
                return outcome;
            }
        }
    }

    async fn revoke_mass(&self, revocation: MassRevocation) -> Result<(), StoreError> {
        loop {
            let mut transaction = self.begin("revoking the sessions of a scope", Some(revocation.now)).await?;
            let outcome = mass_revocation::revoke_mass(&mut transaction, revocation.clone()).await;
            let outcome = transaction.finish(outcome).await;
            if !self.try_free_space(&outcome).await {
                return outcome;
            }
        }
    }

    async fn sweep(&self, bucket: Bucket, now: UnixMillis, limit: usize) -> Result<SweepOutcome, StoreError> {
        if let Some(fence) = &self.fence {
            fence.save(&self.pool, false).await;
        }
        let mut transaction = self.begin_growing("sweeping a bucket", Some(now)).await?;
        let outcome = sweep::sweep(&mut transaction, bucket, now, limit).await;
        self.mark_full_on_error(transaction.finish(outcome).await)
    }
}
