//! Rows of users with sessions.

use sqlx::SqliteConnection;

use super::{column, engine_error::EngineError, generations, session_rows};
use crate::{
    domain::{Owner, SessionId, UnixMillis, UserHandle},
    store::{
        StoreError, Touch,
        rules::liveness::{PartitionedSessions, SessionHead},
    },
};

/// The user whose sessions an operation works on.
#[derive(Clone, Debug)]
pub(super) struct UserEntry {
    pub handle: UserHandle,
    pub owner: Owner,
}

impl UserEntry {
    /// Returns the user whose sessions are stored under `handle`, or `None` if there are none.
    pub(super) async fn find(
        connection: &mut SqliteConnection,
        handle: UserHandle,
    ) -> Result<Option<Self>, EngineError> {
        let owner: Option<Vec<u8>> = sqlx::query_scalar("SELECT owner FROM users WHERE handle = ?1")
            .bind(&handle.0[..])
            .fetch_optional(connection)
            .await?;
        let Some(owner) = owner else { return Ok(None) };
        Ok(Some(Self { handle, owner: decode_owner(&owner)? }))
    }

    /// Returns `owner` under `handle`. Returns [`StoreError::HandleCollision`] if sessions of another user are stored
    /// there.
    pub(super) async fn find_or_new(
        connection: &mut SqliteConnection,
        handle: UserHandle,
        owner: &Owner,
    ) -> Result<Self, EngineError> {
        match Self::find(connection, handle).await? {
            Some(stored) if stored.owner != *owner => Err(StoreError::HandleCollision.into()),
            _ => Ok(Self { handle, owner: owner.clone() }),
        }
    }

    pub(super) const fn session_id(&self, session: &SessionHead) -> SessionId {
        SessionId { handle: self.handle, unique: session.unique }
    }

    /// Returns the partitioned sessions of the user, with `touches` applied but not written.
    pub(super) async fn partition_sessions(
        &self,
        connection: &mut SqliteConnection,
        touches: &[Touch],
        now: UnixMillis,
    ) -> Result<PartitionedSessions, EngineError> {
        let sessions = session_rows::load_heads(connection, self.handle).await?;
        let mass = generations::latest_for_tenant(connection, &self.owner.tenant).await?;
        Ok(PartitionedSessions::new(self.handle, sessions, touches, mass.as_ref(), now))
    }

    /// Stores the earliest time at which one of `sessions`, which are all sessions of the user, can end.
    pub(super) async fn put(
        &self,
        connection: &mut SqliteConnection,
        sessions: &[SessionHead],
    ) -> Result<(), EngineError> {
        let due = sessions.iter().map(|session| session.clock.due_at()).min().unwrap_or(UnixMillis::MAX);
        sqlx::query(include_str!("sql/put_user.sql"))
            .bind(&self.handle.0[..])
            .bind(self.owner.to_bytes())
            .bind(column::integer(due))
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Updates the user for the sessions that are left, and removes the user if there are none.
    pub(super) async fn update_or_remove(
        &self,
        connection: &mut SqliteConnection,
        left: &[SessionHead],
    ) -> Result<(), EngineError> {
        if !left.is_empty() {
            return self.put(connection, left).await;
        }
        sqlx::query("DELETE FROM users WHERE handle = ?1").bind(&self.handle.0[..]).execute(connection).await?;
        Ok(())
    }
}

pub(super) fn decode_owner(bytes: &[u8]) -> Result<Owner, StoreError> {
    Owner::from_bytes(bytes).ok_or_else(|| StoreError::corrupt("reading a user", "invalid owner"))
}
