//! Ending of the sessions of a mass revocation, in batches.

use std::sync::LazyLock;

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    audit::{
        mass_endings::{MassEndings, SETTLING_TIME, ending_event_id},
        tables::session_events::mass_ending_lists,
    },
    domain::{Owner, UnixMillis},
    sqlite::{integer, time},
};

static APPEND_ENDING: LazyLock<String> = LazyLock::new(|| {
    let (columns, values) = mass_ending_lists("?1", true);
    format!(include_str!("sql/append_mass_ending.template.sql"), columns = columns, values = values)
});
static APPEND_FORGOTTEN_ENDING: LazyLock<String> = LazyLock::new(|| {
    let (columns, values) = mass_ending_lists("?1", false);
    format!(include_str!("sql/append_forgotten_mass_ending.template.sql"), columns = columns, values = values)
});

/// Ends sessions, for [`crate::audit::EventLog::end_revoked`]. Must be called in a transaction.
pub(super) async fn end_revoked(
    connection: &mut SqliteConnection,
    until: UnixMillis,
    limit: u32,
) -> sqlx::Result<MassEndings> {
    let settled = until.minus(SETTLING_TIME);
    let mut endings = MassEndings::default();
    let revocation = sqlx::query(include_str!("sql/next_mass_revocation.sql")).bind(integer(settled));
    if let Some(revocation) = revocation.fetch_optional(&mut *connection).await? {
        endings.ended = end_batch(connection, &revocation, limit).await?;
    }
    endings.unfinished = first_unfinished(connection).await?;
    endings.has_more = endings.unfinished.is_some_and(|at| at <= settled);
    Ok(endings)
}

/// Returns the time of the earliest mass revocation that has sessions left to end.
pub(super) async fn first_unfinished(connection: &mut SqliteConnection) -> sqlx::Result<Option<UnixMillis>> {
    let first = sqlx::query_scalar("SELECT min(at) FROM mass_revocations WHERE finished_at IS NULL");
    let first: Option<i64> = first.fetch_one(connection).await?;
    Ok(first.map(time))
}

/// Ends some sessions of a mass revocation, and marks it as finished when none is left. An erased user has no rows
/// here: the erasure deletes them in its transaction.
async fn end_batch(connection: &mut SqliteConnection, revocation: &SqliteRow, limit: u32) -> sqlx::Result<u64> {
    let (event, at): (String, i64) = (revocation.try_get("event_id")?, revocation.try_get("at")?);
    let tenant: Option<String> = revocation.try_get("tenant")?;
    let chosen = if tenant.is_some() {
        sqlx::query_scalar(include_str!("sql/revoked_sessions_of_tenant.sql"))
    } else {
        sqlx::query_scalar(include_str!("sql/revoked_sessions.sql"))
    };
    let chosen: Vec<String> = chosen.bind(at).bind(limit).bind(tenant).fetch_all(&mut *connection).await?;
    for session in &chosen {
        if let Some(ending) = ending_event_id(session) {
            sqlx::query(APPEND_ENDING.as_str())
                .bind(ending.to_string())
                .bind(session)
                .bind(&event)
                .execute(&mut *connection)
                .await?;
        }
        sqlx::query(include_str!("sql/end_revoked_sessions.sql"))
            .bind(session)
            .bind(&event)
            .execute(&mut *connection)
            .await?;
    }
    if chosen.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
        sqlx::query(
            "UPDATE mass_revocations SET finished_at = CAST(unixepoch('subsec') * 1000 AS INTEGER) WHERE event_id = ?1",
        )
        .bind(&event)
        .execute(connection)
        .await?;
    }
    Ok(chosen.len() as u64)
}

/// Writes the endings, without the user, of the user's sessions up to `until` that an unfinished mass revocation ends.
/// Their rows are about to be deleted, after which the endings could no longer be written.
pub(super) async fn end_forgotten(
    connection: &mut SqliteConnection,
    owner: &Owner,
    until: UnixMillis,
) -> sqlx::Result<()> {
    if first_unfinished(connection).await?.is_none() {
        return Ok(());
    }
    let sessions = sqlx::query_scalar(
        "SELECT session_id FROM sessions WHERE tenant = ? AND user_id = ? AND created_at <= ? AND ended_at IS NULL",
    );
    let sessions = sessions.bind(owner.tenant.as_str()).bind(owner.user.as_str()).bind(integer(until));
    let sessions: Vec<String> = sessions.fetch_all(&mut *connection).await?;
    for session in sessions {
        if let Some(ending) = ending_event_id(&session) {
            sqlx::query(APPEND_FORGOTTEN_ENDING.as_str())
                .bind(ending.to_string())
                .bind(session)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}
