//! Users with sessions.

use sqlx::SqliteConnection;

use super::{
    column,
    fault::Fault,
    generations, session_rows,
    survey::{Standing, Survey},
};
use crate::{
    domain::{Owner, SessionId, UnixMillis, UserHandle},
    store::{StoreError, Touch},
};

/// The user whose sessions a step works on.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub handle: UserHandle,
    pub owner: Owner,
}

impl User {
    /// Whose sessions are stored under `handle`; `None` where there are none.
    pub(super) async fn stored(connection: &mut SqliteConnection, handle: UserHandle) -> Result<Option<Self>, Fault> {
        let owner: Option<Vec<u8>> = sqlx::query_scalar("SELECT owner FROM users WHERE handle = ?1")
            .bind(&handle.0[..])
            .fetch_optional(connection)
            .await?;
        let Some(owner) = owner else { return Ok(None) };
        Ok(Some(Self { handle, owner: decode_owner(&owner)? }))
    }

    /// `owner` under `handle`, unless another one's sessions are stored there.
    pub(super) async fn admit(
        connection: &mut SqliteConnection,
        handle: UserHandle,
        owner: &Owner,
    ) -> Result<Self, Fault> {
        match Self::stored(connection, handle).await? {
            Some(stored) if stored.owner != *owner => Err(StoreError::Collision.into()),
            _ => Ok(Self { handle, owner: owner.clone() }),
        }
    }

    pub(super) const fn session_id(&self, session: &Standing) -> SessionId {
        SessionId { handle: self.handle, unique: session.unique }
    }

    /// The user's sessions as they stand, with `touches` counted in but not written.
    pub(super) async fn survey(
        &self,
        connection: &mut SqliteConnection,
        touches: &[Touch],
        now: UnixMillis,
    ) -> Result<Survey, Fault> {
        let sessions = session_rows::standing(connection, self.handle).await?;
        let mass = generations::concerning(connection, &self.owner.tenant).await?;
        Ok(Survey::new(self.handle, sessions, touches, mass.as_ref(), now))
    }

    /// Notes when one of `sessions`, which are all of the user's, can be over at the earliest.
    pub(super) async fn put(&self, connection: &mut SqliteConnection, sessions: &[Standing]) -> Result<(), Fault> {
        let due = sessions.iter().map(|session| session.clock.due_at()).min().unwrap_or(UnixMillis::MAX);
        sqlx::query(include_str!("sql/put_user.sql"))
            .bind(&self.handle.0[..])
            .bind(self.owner.to_bytes())
            .bind(column::integer(due))
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Brings the user up to date with the sessions that are left. With the last of them the user goes.
    pub(super) async fn settle(&self, connection: &mut SqliteConnection, left: &[Standing]) -> Result<(), Fault> {
        if !left.is_empty() {
            return self.put(connection, left).await;
        }
        sqlx::query("DELETE FROM users WHERE handle = ?1").bind(&self.handle.0[..]).execute(connection).await?;
        Ok(())
    }
}

pub(super) fn decode_owner(bytes: &[u8]) -> Result<Owner, StoreError> {
    Owner::from_bytes(bytes).ok_or_else(|| StoreError::corrupt("reading a user", "the owner is not one"))
}
