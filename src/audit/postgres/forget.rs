//! Erasure of users.

use std::{sync::LazyLock, time::Duration};

use sqlx::PgConnection;

use super::{erasure_marks, locks, mass_endings, transaction::AuditTransaction};
use crate::{
    audit::{
        ErasureReport,
        tables::{alerts::AlertRow, erasing_assignments, login_events::LoginEventRow, session_events::SessionEventRow},
    },
    domain::{Owner, UnixMillis, event::RevocationScope},
};

/// Time limit for a response of the server.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// Number of rows of a table that are erased at a time: at most one second of work.
const BATCH: i64 = 5_000;

/// Selects some of the user's sessions up to the time. The order is the same for every writer, which prevents
/// deadlocks.
const SELECT_SESSIONS: &str = "SELECT session_id FROM sessions WHERE tenant = $1 AND user_id = $2 AND created_at <= $3
    ORDER BY session_id LIMIT $4 FOR UPDATE";
/// Deletes dead letters about sessions of the user, and about the user as a whole; see [`crate::audit::erasure::possible_owners`].
const DELETE_DEAD_LETTERS: &str = "DELETE FROM refused_events
    WHERE at_millis <= $3 AND (kind <> 5 AND owner = $1 OR kind NOT BETWEEN 1 AND 4 AND owner = $2)";

/// Statements for rows that stay without the user.
static ERASE_SESSION_EVENTS: LazyLock<String> = LazyLock::new(|| {
    format!(
        include_str!("sql/erase_session_events.template.sql"),
        erased = erasing_assignments::<SessionEventRow<'_>>("''")
    )
});
static ERASE_LOGIN_EVENTS: LazyLock<String> = LazyLock::new(|| {
    format!(
        include_str!("sql/erase_login_events.template.sql"),
        erased = erasing_assignments::<LoginEventRow<'_>>("''")
    )
});
static ERASE_ALERTS: LazyLock<String> = LazyLock::new(|| {
    format!(include_str!("sql/erase_alerts.template.sql"), erased = erasing_assignments::<AlertRow<'_>>("''"))
});

/// Erases a user, for [`crate::audit::EventLog::erase_user`]. It writes the mark first: data written from then on is
/// stored without the user. No writer therefore waits while the rest is erased, and completed parts stay erased.
pub(super) async fn erase_user(
    connection: &mut PgConnection,
    owner: &Owner,
    at: UnixMillis,
) -> sqlx::Result<ErasureReport> {
    erasure_marks::insert(connection, owner, at).await?;
    let mut forgotten = ErasureReport::default();
    for (table, erasure) in
        [("session_events", &ERASE_SESSION_EVENTS), ("login_events", &ERASE_LOGIN_EVENTS), ("alerts", &ERASE_ALERTS)]
    {
        let rows = erase(connection, erasure, owner, at).await?;
        forgotten.erased += rows;
        if rows > 0 {
            forgotten.retained.push((table, rows));
        }
    }
    forgotten.erased += remove_sessions(connection, owner, at).await?;
    let millis = i64::try_from(at.get()).unwrap_or(i64::MAX);
    let scope = RevocationScope::User(owner.clone()).to_bytes();
    let refused = sqlx::query(DELETE_DEAD_LETTERS).bind(owner.to_bytes()).bind(scope).bind(millis);
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    forgotten.erased += refused.execute(&mut transaction).await?.rows_affected();
    let notifications = sqlx::query(include_str!("sql/erase_notifications.sql"));
    let notifications = notifications.bind(owner.tenant.as_str()).bind(owner.user.as_str()).bind(millis);
    forgotten.erased += notifications.execute(&mut transaction).await?.rows_affected();
    transaction.commit().await?;
    Ok(forgotten)
}

/// Runs an erasure in batches. Returns the total number of rows.
async fn erase(
    connection: &mut PgConnection,
    erasure: &'static str,
    owner: &Owner,
    at: UnixMillis,
) -> sqlx::Result<u64> {
    let mut erased = 0;
    loop {
        let mut part = AuditTransaction::begin_write(connection).await?;
        part.lock(locks::ERASING).await?;
        let erasure = sqlx::query(erasure).bind(owner.tenant.as_str()).bind(owner.user.as_str()).bind(at);
        let rows = erasure.bind(BATCH).execute(&mut part).await?.rows_affected();
        part.commit().await?;
        erased += rows;
        if rows < BATCH.unsigned_abs() {
            return Ok(erased);
        }
    }
}

/// Removes the rows of the user's sessions. If a mass revocation still has to end such a session, its ending is written
/// first, without the user, since statistics count backwards over it. Returns the number of rows.
async fn remove_sessions(connection: &mut PgConnection, owner: &Owner, at: UnixMillis) -> sqlx::Result<u64> {
    let mut removed = 0;
    loop {
        let mut part = AuditTransaction::begin_write(connection).await?;
        part.lock(locks::ERASING).await?;
        let sessions = sqlx::query_scalar(SELECT_SESSIONS).bind(owner.tenant.as_str()).bind(owner.user.as_str());
        let sessions: Vec<String> = sessions.bind(at).bind(BATCH).fetch_all(&mut part).await?;
        mass_endings::end_forgotten(&mut part, &sessions).await?;
        let remove = sqlx::query("DELETE FROM sessions WHERE session_id = ANY ($1)").bind(&sessions);
        let rows = remove.execute(&mut part).await?.rows_affected();
        part.commit().await?;
        removed += rows;
        if rows < BATCH.unsigned_abs() {
            return Ok(removed);
        }
    }
}
