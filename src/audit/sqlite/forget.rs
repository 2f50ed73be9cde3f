//! Persons who are forgotten.

use std::collections::HashSet;

use sqlx::SqliteConnection;

use super::mass_endings;
use crate::{
    audit::{
        ErasureReport,
        erasure::{ErasureMarks, PersonDigest, digest, digest_bytes, possible_owners},
    },
    domain::{Owner, UnixMillis, event::RevocationScope},
    store::{
        outbox::OutboxEntry,
        sqlite::column::{integer, time},
    },
};

/// Statements that leave rows without their person: who is meant, and until when. By table.
const ERASURES: [(&str, &str); 3] = [
    ("session_events", include_str!("sql/forget_session_events.sql")),
    ("login_events", include_str!("sql/forget_login_events.sql")),
    ("alerts", include_str!("sql/forget_alerts.sql")),
];

/// Removes rows, likewise.
const DELETE_SESSIONS: &str = "DELETE FROM sessions WHERE tenant = ? AND user_id = ? AND created_at <= ?";

/// Of sessions, and of the user as a whole, as [`possible_owners`] has it.
const DELETE_DEAD_LETTERS: &str = "DELETE FROM refused_events
    WHERE (kind <> 5 AND owner = ? OR kind NOT BETWEEN 1 AND 4 AND owner = ?) AND at_millis <= ?";

/// As [`crate::audit::EventLog::forget`]. To be called within a transaction.
pub(super) async fn erase_user(
    connection: &mut SqliteConnection,
    owner: &Owner,
    at: UnixMillis,
) -> sqlx::Result<ErasureReport> {
    sqlx::query(include_str!("sql/mark_forgotten.sql"))
        .bind(&digest(owner)[..])
        .bind(integer(at))
        .execute(&mut *connection)
        .await?;
    let mut report = ErasureReport::default();
    for (table, statement) in ERASURES {
        let rows = execute_for_owner(connection, statement, owner, at).await?;
        report.erased += rows;
        if rows > 0 {
            report.retained.push((table, rows));
        }
    }
    mass_endings::end_forgotten(connection, owner, at).await?;
    report.erased += execute_for_owner(connection, DELETE_SESSIONS, owner, at).await?;
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

/// Those of `owners` who were forgotten. Good for the transaction that it is asked in.
pub(super) async fn load_marks<'a>(
    connection: &mut SqliteConnection,
    owners: impl Iterator<Item = &'a Owner>,
) -> sqlx::Result<ErasureMarks> {
    // Mostly there are none.
    if !sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM forgotten_users)").fetch_one(&mut *connection).await? {
        return Ok(ErasureMarks::default());
    }
    let mut marks = Vec::new();
    for who in owners.map(digest).collect::<HashSet<_>>() {
        marks.extend(load_mark(connection, who).await?);
    }
    Ok(marks.into_iter().collect())
}

/// Whether an outbox entry is kept without its person.
pub(super) async fn is_forgotten(connection: &mut SqliteConnection, entry: &OutboxEntry) -> sqlx::Result<bool> {
    for owner in possible_owners(entry) {
        let mark = load_mark(connection, digest_bytes(owner)).await?;
        if mark.is_some_and(|(_, mark)| UnixMillis::new(entry.at) <= mark) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The mark of one, by what it calls the person.
pub(super) async fn load_mark(
    connection: &mut SqliteConnection,
    who: PersonDigest,
) -> sqlx::Result<Option<(PersonDigest, UnixMillis)>> {
    let mark = sqlx::query_scalar("SELECT at FROM forgotten_users WHERE who = ?").bind(&who[..]);
    let mark: Option<i64> = mark.fetch_optional(connection).await?;
    Ok(mark.map(|at| (who, time(at))))
}
