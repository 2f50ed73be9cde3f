//! Sessions in an SQLite database: development, demonstrations, tests, and installations of one process.
//!
//! One process owns the file, through one connection. Every verb that may write is one transaction
//! (`BEGIN IMMEDIATE`), decides in Rust on what it read there, and is on disk when it is answered.

mod acquaint;
mod alerts;
pub(crate) mod column;
mod connection;
mod create;
mod end;
mod fault;
mod findings;
mod floors;
mod forget;
mod forgotten_alerts;
mod generations;
mod histories;
mod layout;
mod list;
mod load;
mod location;
mod mass;
mod operations;
mod outbox;
mod probe_write;
mod prune;
mod requests;
mod revoke;
mod revoke_all;
pub(crate) mod rollback;
mod room;
mod session_rows;
mod step;
mod survey;
mod sweep;
mod tombstones;
mod touch;
mod tracked;
mod update;
mod user;
mod walk;

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use async_trait::async_trait;
use sqlx::{Sqlite, SqlitePool, pool::PoolConnection};
use tokio::sync::broadcast;

use self::{fault::Fault, step::Step};
use super::{
    Acquaintance, Backlog, CreateOutcome, Creation, Loaded, MassRevocation, PendingEvent, Position, Revocation,
    Revoked, SessionStore, StoreError, StreamedAlert, Swept, Touch, Update, UpdateOutcome, UserForgetting,
    UserRevocation,
};
use crate::domain::{Bucket, Ended, Owner, Session, SessionId, UnixMillis, UserHandle};

/// The embedded engine.
#[derive(Debug)]
pub struct SqliteSessionStore {
    pool: SqlitePool,
    heard: broadcast::Sender<StreamedAlert>,
}

impl SqliteSessionStore {
    /// Opens the store at `url`, and makes it when there is none: `sqlite://<path>`, readable and
    /// writable by its owner alone, or `sqlite::memory:`, gone with the process.
    ///
    /// Every answered change survives a power failure; with `?synchronous=normal` the last ones may be
    /// undone by one, and by nothing else. The file is locked until [`SqliteSessionStore::close`]. One
    /// that another process has open, that holds anything else, or that a newer release wrote is refused.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self { pool: connection::open(url).await?, heard: alerts::nobody() })
    }

    async fn connection(&self, verb: &'static str) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.pool.acquire().await.map_err(|error| Fault::from(error).during(verb))
    }
}

#[async_trait]
impl SessionStore for SqliteSessionStore {
    fn engine(&self) -> &'static str {
        "sqlite"
    }

    async fn create(&self, creation: Creation) -> Result<CreateOutcome, StoreError> {
        let mut step = Step::begin(&self.pool, "creating a session").await?;
        let outcome = create::create(&mut step, creation).await;
        step.finish(outcome).await
    }

    async fn acquaint(&self, owner: &Owner, handle: UserHandle, now: UnixMillis) -> Result<Acquaintance, StoreError> {
        let verb = "reading what is known of a user";
        let mut connection = self.connection(verb).await?;
        acquaint::acquaint(&mut connection, owner, handle, now).await.map_err(|fault| fault.during(verb))
    }

    async fn load(&self, id: SessionId) -> Result<Loaded, StoreError> {
        let verb = "loading a session";
        let mut connection = self.connection(verb).await?;
        load::load(&mut connection, id).await.map_err(|fault| fault.during(verb))
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        let mut step = Step::begin(&self.pool, "touching sessions").await?;
        let outcome = touch::touch(&mut step, touches).await;
        step.finish(outcome).await
    }

    async fn list(
        &self,
        owner: &Owner,
        handle: UserHandle,
        touches: &[Touch],
        now: UnixMillis,
    ) -> Result<Vec<Session>, StoreError> {
        let mut step = Step::begin(&self.pool, "listing sessions").await?;
        let outcome = list::list(&mut step, owner, handle, touches, now).await;
        step.finish(outcome).await
    }

    async fn update(&self, update: Update) -> Result<UpdateOutcome, StoreError> {
        let mut step = Step::begin(&self.pool, "updating a session").await?;
        let outcome = update::update(&mut step, update).await;
        step.finish(outcome).await
    }

    async fn revoke(&self, revocation: Revocation) -> Result<Vec<Ended>, StoreError> {
        let mut step = Step::begin(&self.pool, "revoking sessions").await?;
        let outcome = revoke::revoke(&mut step, revocation).await;
        step.finish(outcome).await
    }

    async fn revoke_all(&self, revocation: UserRevocation) -> Result<Revoked, StoreError> {
        let mut step = Step::begin(&self.pool, "revoking a user's sessions").await?;
        let outcome = revoke_all::revoke_all(&mut step, revocation).await;
        step.finish(outcome).await
    }

    async fn forget(&self, forgetting: UserForgetting) -> Result<Revoked, StoreError> {
        let mut step = Step::begin(&self.pool, "forgetting a user").await?;
        let outcome = forget::forget(&mut step, forgetting).await;
        step.finish(outcome).await
    }

    async fn revoke_mass(&self, revocation: MassRevocation) -> Result<(), StoreError> {
        let mut step = Step::begin(&self.pool, "revoking a whole scope").await?;
        let outcome = mass::revoke_mass(&mut step, revocation).await;
        step.finish(outcome).await
    }

    async fn sweep(&self, bucket: Bucket, now: UnixMillis, limit: usize) -> Result<Swept, StoreError> {
        let mut step = Step::begin(&self.pool, "sweeping a bucket").await?;
        let outcome = sweep::sweep(&mut step, bucket, now, limit).await;
        step.finish(outcome).await
    }

    async fn read_outbox(
        &self,
        buckets: RangeInclusive<Bucket>,
        limit: usize,
    ) -> Result<Vec<PendingEvent>, StoreError> {
        let verb = "reading the outbox";
        let mut connection = self.connection(verb).await?;
        outbox::read(&mut connection, &buckets, limit).await.map_err(|fault| fault.during(verb))
    }

    async fn delete_from_outbox(&self, positions: &[Position]) -> Result<(), StoreError> {
        let mut step = Step::begin(&self.pool, "deleting from the outbox").await?;
        let outcome = outbox::delete(&mut step, positions).await;
        step.finish(outcome).await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let verb = "measuring the outbox";
        let mut connection = self.connection(verb).await?;
        outbox::backlog(&mut connection).await.map_err(|fault| fault.during(verb))
    }

    async fn time(&self) -> Result<UnixMillis, StoreError> {
        let verb = "asking for the time";
        let mut connection = self.connection(verb).await?;
        let now = sqlx::query_scalar(include_str!("sql/time.sql")).fetch_one(&mut *connection).await;
        now.map(column::time).map_err(|error| Fault::from(error).during(verb))
    }

    async fn probe_write(&self, _: UnixMillis) -> Result<(), StoreError> {
        let mut step = Step::begin(&self.pool, "probing whether it takes changes").await?;
        let outcome = probe_write::probe_write(&mut step).await;
        step.finish(outcome).await
    }

    /// The file is brought up to date and unlocked. Any verb after that is [`StoreError::Unreachable`].
    async fn close(&self) {
        self.pool.close().await;
    }
}
