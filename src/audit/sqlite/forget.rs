//! Erasure of users.

use std::{collections::HashSet, sync::LazyLock};

use sqlx::SqliteConnection;

use super::mass_endings;
use crate::{
    audit::{
        ErasureReport,
        erasure::{ErasureMarks, PersonDigest, digest, digest_bytes, possible_owners},
        tables::{alerts::AlertRow, erasing_assignments, login_events::LoginEventRow, session_events::SessionEventRow},
    },
    domain::{Owner, UnixMillis, event::RevocationScope},
    sqlite::{integer, time},
    store::outbox::OutboxEntry,
};

/// Statements that remove the user from rows up to a time.
static ERASE_SESSION_EVENTS: LazyLock<String> = LazyLock::new(|| {
    format!(
        include_str!("sql/erase_session_events.template.sql"),
        erased = erasing_assignments::<SessionEventRow<'_>>("x''")
    )
});
static ERASE_LOGIN_EVENTS: LazyLock<String> = LazyLock::new(|| {
    format!(
        include_str!("sql/erase_login_events.template.sql"),
        erased = erasing_assignments::<LoginEventRow<'_>>("x''")
    )
});
static ERASE_ALERTS: LazyLock<String> = LazyLock::new(|| {
    format!(include_str!("sql/erase_alerts.template.sql"), erased = erasing_assignments::<AlertRow<'_>>("x''"))
});

/// Deletes the sessions of the user up to a time.
const DELETE_SESSIONS: &str = "DELETE FROM sessions WHERE tenant = ? AND user_id = ? AND created_at <= ?";

/// Deletes dead letters about sessions of the user, and about the user as a whole; see [`possible_owners`].
const DELETE_DEAD_LETTERS: &str = "DELETE FROM refused_events
    WHERE (kind <> 5 AND owner = ? OR kind NOT BETWEEN 1 AND 4 AND owner = ?) AND at_millis <= ?";

/// Deletes the findings of the user's notifications up to a time, and then the notifications.
const DELETE_NOTIFICATIONS: [&str; 2] = [
    "DELETE FROM notification_findings WHERE notification_id IN (
        SELECT notification_id FROM notifications WHERE tenant = ? AND user_id = ? AND event_time <= ?)",
    "DELETE FROM notifications WHERE tenant = ? AND user_id = ? AND event_time <= ?",
];

/// Erases a user, for [`crate::audit::EventLog::erase_user`]. Must be called in a transaction.
pub(super) async fn erase_user(
    connection: &mut SqliteConnection,
    owner: &Owner,
    at: UnixMillis,
) -> sqlx::Result<ErasureReport> {
    sqlx::query(include_str!("sql/upsert_erasure_mark.sql"))
        .bind(&digest(owner)[..])
        .bind(integer(at))
        .execute(&mut *connection)
        .await?;
    let mut report = ErasureReport::default();
    for (table, statement) in
        [("session_events", &ERASE_SESSION_EVENTS), ("login_events", &ERASE_LOGIN_EVENTS), ("alerts", &ERASE_ALERTS)]
    {
        let rows = execute_for_owner(connection, statement, owner, at).await?;
        report.erased += rows;
        if rows > 0 {
            report.retained.push((table, rows));
        }
    }
    mass_endings::end_forgotten(connection, owner, at).await?;
    report.erased += execute_for_owner(connection, DELETE_SESSIONS, owner, at).await?;
    for statement in DELETE_NOTIFICATIONS {
        report.erased += execute_for_owner(connection, statement, owner, at).await?;
    }
    let refused = sqlx::query(DELETE_DEAD_LETTERS)
        .bind(owner.to_bytes())
        .bind(RevocationScope::User(owner.clone()).to_bytes())
        .bind(integer(at));
    report.erased += refused.execute(connection).await?.rows_affected();
    Ok(report)
}

async fn execute_for_owner(
    connection: &mut SqliteConnection,
    statement: &'static str,
    owner: &Owner,
    until: UnixMillis,
) -> sqlx::Result<u64> {
    let statement = sqlx::query(statement).bind(owner.tenant.as_str()).bind(owner.user.as_str()).bind(integer(until));
    Ok(statement.execute(connection).await?.rows_affected())
}

/// Returns the erasure marks of `owners`, which are valid in the transaction in which they are read.
pub(super) async fn load_marks<'a>(
    connection: &mut SqliteConnection,
    owners: impl Iterator<Item = &'a Owner>,
) -> sqlx::Result<ErasureMarks> {
    // Usually there are none.
    if !sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM forgotten_users)").fetch_one(&mut *connection).await? {
        return Ok(ErasureMarks::default());
    }
    let mut marks = Vec::new();
    for who in owners.map(digest).collect::<HashSet<_>>() {
        marks.extend(load_mark(connection, who).await?);
    }
    Ok(marks.into_iter().collect())
}

/// Returns whether an outbox entry must be stored without its user.
pub(super) async fn is_forgotten(connection: &mut SqliteConnection, entry: &OutboxEntry) -> sqlx::Result<bool> {
    for owner in possible_owners(entry) {
        let mark = load_mark(connection, digest_bytes(owner)).await?;
        if mark.is_some_and(|(_, mark)| UnixMillis::new(entry.at) <= mark) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the erasure mark with the given digest.
pub(super) async fn load_mark(
    connection: &mut SqliteConnection,
    who: PersonDigest,
) -> sqlx::Result<Option<(PersonDigest, UnixMillis)>> {
    let mark = sqlx::query_scalar("SELECT at FROM forgotten_users WHERE who = ?").bind(&who[..]);
    let mark: Option<i64> = mark.fetch_optional(connection).await?;
    Ok(mark.map(|at| (who, time(at))))
}
