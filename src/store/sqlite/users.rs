//! Users and their sessions: the tables `users` and `sessions`, and the end of a session.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{outbox, remembered, transaction::EngineError};
use crate::{
    domain::{Cause, EventKind, FormerClient, Owner, SecretHash, SessionEnding, SessionId, UnixMillis, UserHandle},
    sqlite::{fixed_bytes, integer},
    store::{
        StoreError, Tombstone, Touch,
        outbox::{OutboxEntry, kind_code},
        record,
        rules::liveness::{EndingDetails, PartitionedSessions, SessionHead, UniqueId},
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
        let sessions = load_heads(connection, self.handle).await?;
        let mass = remembered::latest_mass_revocation(connection, &self.owner.tenant).await?;
        Ok(PartitionedSessions::new(self.handle, sessions, touches, mass.as_ref(), now))
    }

    /// Stores the earliest time at which one of `sessions`, which are all sessions of the user, can end.
    pub(super) async fn put(
        &self,
        connection: &mut SqliteConnection,
        sessions: &[SessionHead],
    ) -> Result<(), EngineError> {
        let due = sessions.iter().map(|session| session.clock.due_at()).min().unwrap_or(UnixMillis::MAX);
        sqlx::query(
            "INSERT INTO users (handle, owner, due_at)
             VALUES (?1, ?2, ?3)
             ON CONFLICT (handle) DO UPDATE SET due_at = excluded.due_at",
        )
        .bind(&self.handle.0[..])
        .bind(self.owner.to_bytes())
        .bind(integer(due))
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

    /// Ends each of `sessions` as given: appends its event, stores its tombstone, and removes it. A record that cannot
    /// be decoded does not keep its session alive: the event carries it unchanged, and the returned ending has no
    /// device name.
    pub(super) async fn end(
        &self,
        connection: &mut SqliteConnection,
        sessions: impl IntoIterator<Item = (SessionHead, EndingDetails)>,
        now: UnixMillis,
    ) -> Result<Vec<SessionEnding>, EngineError> {
        self.end_each(connection, sessions, now, true).await
    }

    /// Ends each of `sessions` as given, without an event: the event of the mass revocation covers them.
    pub(super) async fn end_without_event(
        &self,
        connection: &mut SqliteConnection,
        sessions: impl IntoIterator<Item = (SessionHead, EndingDetails)>,
        now: UnixMillis,
    ) -> Result<Vec<SessionEnding>, EngineError> {
        self.end_each(connection, sessions, now, false).await
    }

    /// Ends all of `sessions` with the same ending.
    pub(super) async fn end_all(
        &self,
        connection: &mut SqliteConnection,
        sessions: impl IntoIterator<Item = SessionHead>,
        ending: &EndingDetails,
    ) -> Result<Vec<SessionEnding>, EngineError> {
        let endings = sessions.into_iter().map(|session| (session, ending.clone()));
        self.end(connection, endings, ending.at).await
    }

    async fn end_each(
        &self,
        connection: &mut SqliteConnection,
        sessions: impl IntoIterator<Item = (SessionHead, EndingDetails)>,
        now: UnixMillis,
        appends_events: bool,
    ) -> Result<Vec<SessionEnding>, EngineError> {
        let mut ended = Vec::new();
        for (session, ending) in sessions {
            ended.push(self.end_one(connection, &session, ending, now, appends_events).await?);
        }
        if !ended.is_empty() {
            remembered::trim_tombstones(connection, self.handle).await?;
        }
        Ok(ended)
    }

    async fn end_one(
        &self,
        connection: &mut SqliteConnection,
        session: &SessionHead,
        ending: EndingDetails,
        now: UnixMillis,
        appends_event: bool,
    ) -> Result<SessionEnding, EngineError> {
        let id = self.session_id(session);
        let EndingDetails { reason, at, cause, is_mass_revocation } = ending;
        let last_seen = remove_last_seen(connection, id).await?;
        let stored = remove_session(connection, id).await?;
        let (secret, device_name, former_client) = match record::decode(&stored) {
            Ok((record, _)) => {
                let seen = record::decode_last_seen(&last_seen);
                let location = seen.as_ref().map_or(&record.location, |seen| &seen.location);
                let former_client = FormerClient::new(self.owner.user.clone(), location);
                (record.secret, record.device.name, Some(Box::new(former_client)))
            }
            Err(_) => (SecretHash([0; 32]), String::new(), None),
        };
        let former_client = former_client.filter(|_| !is_mass_revocation);
        if appends_event {
            self.append_event(connection, EventKind::Ended(reason), session, stored, at, &cause).await?;
        }
        let tenant = self.owner.tenant.clone();
        let tombstone = Tombstone { tenant, reason, at, secret, cause, former_client };
        remembered::put_tombstone(connection, id, &tombstone, now).await?;
        Ok(SessionEnding { session_id: id, reason, at, device_name })
    }

    /// Appends the event of a change of a session with the stored `record`.
    pub(super) async fn append_event(
        &self,
        connection: &mut SqliteConnection,
        kind: EventKind,
        session: &SessionHead,
        record: Vec<u8>,
        at: UnixMillis,
        cause: &Cause,
    ) -> Result<(), EngineError> {
        let entry = OutboxEntry {
            kind: kind_code(kind),
            reason: if let EventKind::Ended(reason) = kind { reason.code() } else { 0 },
            subject: self.session_id(session).to_bytes().to_vec(),
            owner: self.owner.to_bytes(),
            at: at.get(),
            record,
            clock: record::encode_clock(&session.clock, session.generation).to_vec(),
            cause: record::encode_cause(cause),
        };
        outbox::append(connection, self.handle.bucket(), &entry).await
    }
}

pub(super) fn decode_owner(bytes: &[u8]) -> Result<Owner, StoreError> {
    Owner::from_bytes(bytes).ok_or_else(|| StoreError::corrupt("reading a user", "invalid owner"))
}

/// Returns all sessions of a user, without their records.
async fn load_heads(connection: &mut SqliteConnection, handle: UserHandle) -> Result<Vec<SessionHead>, EngineError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as("SELECT unique_id, clock FROM sessions WHERE handle = ?1")
        .bind(&handle.0[..])
        .fetch_all(connection)
        .await?;
    let mut sessions = Vec::with_capacity(rows.len());
    for (unique, clock) in rows {
        let (clock, generation) = record::decode_clock(&clock)?;
        sessions.push(SessionHead { unique: fixed_bytes(&unique)?, clock, generation, touched: false });
    }
    Ok(sessions)
}

/// Returns one session without its record, or `None` if it does not exist.
pub(super) async fn load_head(
    connection: &mut SqliteConnection,
    id: SessionId,
) -> Result<Option<SessionHead>, EngineError> {
    let clock: Option<Vec<u8>> = sqlx::query_scalar("SELECT clock FROM sessions WHERE handle = ?1 AND unique_id = ?2")
        .bind(&id.handle.0[..])
        .bind(&id.unique[..])
        .fetch_optional(connection)
        .await?;
    let Some(clock) = clock else { return Ok(None) };
    let (clock, generation) = record::decode_clock(&clock)?;
    Ok(Some(SessionHead { unique: id.unique, clock, generation, touched: false }))
}

/// Returns the stored record of a session that exists.
pub(super) async fn load_record(connection: &mut SqliteConnection, id: SessionId) -> Result<Vec<u8>, EngineError> {
    let record = sqlx::query_scalar("SELECT record FROM sessions WHERE handle = ?1 AND unique_id = ?2")
        .bind(&id.handle.0[..])
        .bind(&id.unique[..])
        .fetch_one(connection)
        .await?;
    Ok(record)
}

/// Returns the stored records of all sessions of a user.
pub(super) async fn load_records(
    connection: &mut SqliteConnection,
    handle: UserHandle,
) -> Result<Vec<(UniqueId, Vec<u8>)>, EngineError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as("SELECT unique_id, record FROM sessions WHERE handle = ?1")
        .bind(&handle.0[..])
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(|(unique, record)| Ok((fixed_bytes(&unique)?, record))).collect()
}

/// Returns the stored clients that were seen last with the sessions of a user.
pub(super) async fn load_last_seen(
    connection: &mut SqliteConnection,
    handle: UserHandle,
) -> Result<HashMap<UniqueId, Vec<u8>>, EngineError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as("SELECT unique_id, client FROM last_seen WHERE handle = ?1")
        .bind(&handle.0[..])
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(|(unique, client)| Ok((fixed_bytes(&unique)?, client))).collect()
}

/// Inserts a session. The row of the user must exist.
pub(super) async fn insert_session(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    session: &SessionHead,
    record: &[u8],
) -> Result<(), EngineError> {
    sqlx::query("INSERT INTO sessions (handle, unique_id, clock, record) VALUES (?1, ?2, ?3, ?4)")
        .bind(&handle.0[..])
        .bind(&session.unique[..])
        .bind(&record::encode_clock(&session.clock, session.generation)[..])
        .bind(record)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn update_record(
    connection: &mut SqliteConnection,
    id: SessionId,
    record: &[u8],
) -> Result<(), EngineError> {
    sqlx::query("UPDATE sessions SET record = ?3 WHERE handle = ?1 AND unique_id = ?2")
        .bind(&id.handle.0[..])
        .bind(&id.unique[..])
        .bind(record)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn update_clock(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    session: &SessionHead,
) -> Result<(), EngineError> {
    sqlx::query("UPDATE sessions SET clock = ?3 WHERE handle = ?1 AND unique_id = ?2")
        .bind(&handle.0[..])
        .bind(&session.unique[..])
        .bind(&record::encode_clock(&session.clock, session.generation)[..])
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes the clocks that are ahead of the stored ones.
pub(super) async fn update_touched_clocks(
    connection: &mut SqliteConnection,
    handle: UserHandle,
    sessions: &[SessionHead],
) -> Result<(), EngineError> {
    for session in sessions.iter().filter(|session| session.touched) {
        update_clock(connection, handle, session).await?;
    }
    Ok(())
}

/// Removes a session that exists. Returns its stored record.
/// Removes the client that was seen last with a session. Returns its stored form, empty if no client was stored.
async fn remove_last_seen(connection: &mut SqliteConnection, id: SessionId) -> Result<Vec<u8>, EngineError> {
    let client = sqlx::query_scalar("DELETE FROM last_seen WHERE handle = ?1 AND unique_id = ?2 RETURNING client")
        .bind(&id.handle.0[..])
        .bind(&id.unique[..])
        .fetch_optional(connection)
        .await?;
    Ok(client.unwrap_or_default())
}

async fn remove_session(connection: &mut SqliteConnection, id: SessionId) -> Result<Vec<u8>, EngineError> {
    let record = sqlx::query_scalar("DELETE FROM sessions WHERE handle = ?1 AND unique_id = ?2 RETURNING record")
        .bind(&id.handle.0[..])
        .bind(&id.unique[..])
        .fetch_one(connection)
        .await?;
    Ok(record)
}
