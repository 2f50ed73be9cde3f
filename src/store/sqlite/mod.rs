//! Sessions in an SQLite database: development, demonstrations, tests, and installations of one process.
//!
//! One process owns the file, through one connection. Every verb that may write is one transaction
//! (`BEGIN IMMEDIATE`), decides in Rust on what it read there, and is on disk when it is answered.

mod acquaint;
mod alerts;
mod binding;
mod clock_fence;
mod clock_gap;
pub(crate) mod column;
mod connection;
mod create;
mod deferred_touches;
mod disk_room;
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

use async_trait::async_trait;
use sqlx::{Sqlite, SqlitePool, pool::PoolConnection};
use tokio::sync::broadcast;

use self::{
    clock_fence::ClockFence,
    deferred_touches::DeferredTouches,
    disk_room::DiskRoom,
    fault::{Fault, is_disk_full},
    step::Step,
};
use super::{
    Acquaintance, Backlog, CreateOutcome, Creation, Loaded, MassRevocation, PendingEvent, Position, Revocation,
    Revoked, SessionStore, StoreError, StreamedAlert, Swept, Touch, Update, UpdateOutcome, UserForgetting,
    UserForgotten, UserRevocation,
};
use crate::domain::{Bucket, BucketSet, Ended, Owner, Session, SessionId, UnixMillis, UserHandle};

pub use clock_fence::ClockSettings;

/// The embedded engine.
#[derive(Debug)]
pub struct SqliteSessionStore {
    pool: SqlitePool,
    heard: broadcast::Sender<StreamedAlert>,
    /// `None`: whatever time comes in is believed.
    fence: Option<ClockFence>,
    room: DiskRoom,
    deferred: DeferredTouches,
}

impl SqliteSessionStore {
    /// Opens the store at `url`, and makes it when there is none: `sqlite://<path>`, readable and
    /// writable by its owner alone, or `sqlite::memory:`, gone with the process.
    ///
    /// Every answered change survives a power failure; with `?synchronous=normal` the last ones may be
    /// undone by one, and by nothing else. The file is locked until [`SqliteSessionStore::close`]. One
    /// that another process has open, that holds anything else, or that a newer release wrote is refused.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let (pool, room) = connection::open(url).await?;
        Ok(Self { pool, heard: alerts::nobody(), fence: None, room, deferred: DeferredTouches::default() })
    }

    /// As [`SqliteSessionStore::open`], with a clock that is compared with the newest time stored. One that is more than
    /// a day ahead, so that sessions would end or memory be lost, is refused, unless it is accepted. Afterwards every
    /// verb that is given a time, writes or reads a session answers [`StoreError::ClockSkewed`] while the time of day is
    /// before the newest time stored, or has jumped.
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

    /// Begins a step that makes the database larger and can wait until there is room for it.
    async fn begin_growing(&self, verb: &'static str, now: Option<UnixMillis>) -> Result<Step, StoreError> {
        self.room.admit(verb).await?;
        self.begin(verb, now).await
    }

    /// The outcome of a step that makes the database larger.
    fn grown<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        outcome.inspect_err(|error| {
            if is_disk_full(error) {
                self.room.note_full();
            }
        })
    }

    /// Whether an ending that did not fit is to be tried again, as there is more room now.
    async fn makes_room<T>(&self, outcome: &Result<T, StoreError>) -> bool {
        let Err(error) = outcome else { return false };
        if !is_disk_full(error) {
            return false;
        }
        self.room.note_full();
        self.room.give_way().await
    }

    /// Begins a step that goes by the time `now`.
    async fn begin(&self, verb: &'static str, now: Option<UnixMillis>) -> Result<Step, StoreError> {
        self.check_clock(verb, now)?;
        let step = Step::begin(&self.pool, verb).await?;
        // The clock may have been set while this waited for its turn.
        self.check_clock(verb, now)?;
        Ok(step)
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
        let mut step = self.begin_growing("creating a session", Some(creation.now)).await?;
        let outcome = create::create(&mut step, creation).await;
        self.grown(step.finish(outcome).await)
    }

    async fn acquaint(&self, owner: &Owner, handle: UserHandle, now: UnixMillis) -> Result<Acquaintance, StoreError> {
        let verb = "reading what is known of a user";
        self.check_clock(verb, Some(now))?;
        let mut connection = self.connection(verb).await?;
        acquaint::acquaint(&mut connection, owner, handle, now).await.map_err(|fault| fault.during(verb))
    }

    async fn load(&self, id: SessionId) -> Result<Loaded, StoreError> {
        let verb = "loading a session";
        self.check_clock(verb, None)?;
        let mut connection = self.connection(verb).await?;
        load::load(&mut connection, id).await.map_err(|fault| fault.during(verb))
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        let mut step = self.begin_growing("touching sessions", None).await?;
        let deferred = self.deferred.take();
        let outcome = async {
            touch::touch(&mut step, &deferred).await?;
            touch::touch(&mut step, touches).await
        };
        let outcome = outcome.await;
        let outcome = self.grown(step.finish(outcome).await);
        if outcome.is_err() {
            self.deferred.note(&deferred);
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
        let verb = "listing sessions";
        self.check_clock(verb, Some(now))?;
        let touches = [touches, &self.deferred.of_user(handle)].concat();
        if !self.room.is_full() {
            let mut step = self.begin(verb, Some(now)).await?;
            let outcome = list::list(&mut step, owner, handle, &touches, now).await;
            match self.grown(step.finish(outcome).await) {
                Err(StoreError::Unreachable { .. } | StoreError::NoAnswer { .. }) => {}
                outcome => return outcome,
            }
        }
        // What a list writes besides can wait; its answer cannot.
        let mut connection = self.connection(verb).await?;
        let listed = list::read(&mut connection, owner, handle, &touches, now).await;
        let listed = listed.map_err(|fault| fault.during(verb))?;
        self.deferred.note(&touches);
        Ok(listed)
    }

    async fn update(&self, update: Update) -> Result<UpdateOutcome, StoreError> {
        let mut step = self.begin_growing("updating a session", Some(update.now)).await?;
        let outcome = update::update(&mut step, update).await;
        self.grown(step.finish(outcome).await)
    }

    async fn revoke(&self, revocation: Revocation) -> Result<Vec<Ended>, StoreError> {
        loop {
            let mut step = self.begin("revoking sessions", Some(revocation.now)).await?;
            let outcome = revoke::revoke(&mut step, revocation.clone()).await;
            let outcome = step.finish(outcome).await;
            if !self.makes_room(&outcome).await {
                return outcome;
            }
        }
    }

    async fn revoke_all(&self, revocation: UserRevocation) -> Result<Revoked, StoreError> {
        loop {
            let mut step = self.begin("revoking a user's sessions", Some(revocation.now)).await?;
            let outcome = revoke_all::revoke_all(&mut step, revocation.clone()).await;
            let outcome = step.finish(outcome).await;
            if !self.makes_room(&outcome).await {
                return outcome;
            }
        }
    }

    async fn forget(&self, forgetting: UserForgetting) -> Result<UserForgotten, StoreError> {
        loop {
            let mut step = self.begin("forgetting a user", Some(forgetting.now)).await?;
            let outcome = forget::forget(&mut step, forgetting.clone()).await;
            let outcome = step.finish(outcome).await;
            if !self.makes_room(&outcome).await {
                return outcome;
            }
        }
    }

    async fn revoke_mass(&self, revocation: MassRevocation) -> Result<(), StoreError> {
        loop {
            let mut step = self.begin("revoking a whole scope", Some(revocation.now)).await?;
            let outcome = mass::revoke_mass(&mut step, revocation.clone()).await;
            let outcome = step.finish(outcome).await;
            if !self.makes_room(&outcome).await {
                return outcome;
            }
        }
    }

    async fn sweep(&self, bucket: Bucket, now: UnixMillis, limit: usize) -> Result<Swept, StoreError> {
        if let Some(fence) = &self.fence {
            fence.save(&self.pool, false).await;
        }
        let mut step = self.begin_growing("sweeping a bucket", Some(now)).await?;
        let outcome = sweep::sweep(&mut step, bucket, now, limit).await;
        self.grown(step.finish(outcome).await)
    }

    async fn read_outbox(&self, buckets: BucketSet, limit: usize) -> Result<Vec<PendingEvent>, StoreError> {
        let verb = "reading the outbox";
        let mut connection = self.connection(verb).await?;
        outbox::read(&mut connection, buckets, limit).await.map_err(|fault| fault.during(verb))
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
        self.check_clock(verb, None)?;
        let mut connection = self.connection(verb).await?;
        let now = sqlx::query_scalar(include_str!("sql/time.sql")).fetch_one(&mut *connection).await;
        now.map(column::time).map_err(|error| Fault::from(error).during(verb))
    }

    async fn probe_write(&self, _: UnixMillis) -> Result<(), StoreError> {
        let verb = "probing whether it takes changes";
        // What makes the file larger is refused first.
        self.room.admit(verb).await?;
        let mut step = Step::begin(&self.pool, verb).await?;
        let outcome = probe_write::probe_write(&mut step).await;
        step.finish(outcome).await
    }

    /// The file is brought up to date and unlocked. Any verb after that is [`StoreError::Unreachable`].
    async fn close(&self) {
        if let Some(fence) = &self.fence {
            fence.save(&self.pool, true).await;
        }
        self.pool.close().await;
    }
}
