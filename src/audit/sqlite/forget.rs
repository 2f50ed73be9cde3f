//! Persons who are forgotten.

use std::collections::HashSet;

use sqlx::SqliteConnection;

use super::mass_endings;
use crate::{
    audit::{
        Forgotten,
        forgotten::{Marks, Who, digest, digest_of, owners_of},
    },
    domain::{Owner, UnixMillis, event::Scope},
    store::{
        outbox::Entry,
        sqlite::column::{integer, time},
    },
};

/// Statements that leave rows without their person: who is meant, and until when. By table.
const STRIPPED: [(&str, &str); 3] = [
    ("session_events", include_str!("sql/forget_session_events.sql")),
    ("login_events", include_str!("sql/forget_login_events.sql")),
    ("alerts", include_str!("sql/forget_alerts.sql")),
];

/// Removes rows, likewise.
const SESSIONS: &str = "DELETE FROM sessions WHERE tenant = ? AND user_id = ? AND created_at <= ?";

/// Of sessions, and of the user as a whole, as [`owners_of`] has it.
const REFUSED: &str = "DELETE FROM refused_events
    WHERE (kind <> 5 AND owner = ? OR kind NOT BETWEEN 1 AND 4 AND owner = ?) AND at_millis <= ?";

/// As [`crate::audit::EventLog::forget`]. To be called within a transaction.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    owner: &Owner,
    at: UnixMillis,
) -> sqlx::Result<Forgotten> {
    sqlx::query(include_str!("sql/mark_forgotten.sql"))
        .bind(&digest(owner)[..])
        .bind(integer(at))
        .execute(&mut *connection)
        .await?;
    let mut outcome = Forgotten::default();
    for (table, statement) in STRIPPED {
        let rows = about(connection, statement, owner, at).await?;
        outcome.erased += rows;
        if rows > 0 {
            outcome.retained.push((table, rows));
        }
    }
    mass_endings::end_forgotten(connection, owner, at).await?;
    outcome.erased += about(connection, SESSIONS, owner, at).await?;
    let refused =
        sqlx::query(REFUSED).bind(owner.to_bytes()).bind(Scope::User(owner.clone()).to_bytes()).bind(integer(at));
    outcome.erased += refused.execute(connection).await?.rows_affected();
    Ok(outcome)
}

async fn about(
    connection: &mut SqliteConnection,
    statement: &'static str,
    owner: &Owner,
    until: UnixMillis,
) -> sqlx::Result<u64> {
    let statement = sqlx::query(statement).bind(owner.tenant.as_str()).bind(owner.user.as_str()).bind(integer(until));
    Ok(statement.execute(connection).await?.rows_affected())
}

/// Those of `owners` who were forgotten. Good for the transaction that it is asked in.
pub(super) async fn marks<'a>(
    connection: &mut SqliteConnection,
    owners: impl Iterator<Item = &'a Owner>,
) -> sqlx::Result<Marks> {
    // Mostly there are none.
    if !sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM forgotten_users)").fetch_one(&mut *connection).await? {
        return Ok(Marks::default());
    }
    let mut marks = Vec::new();
    for who in owners.map(digest).collect::<HashSet<_>>() {
        marks.extend(mark(connection, who).await?);
    }
    Ok(marks.into_iter().collect())
}

/// Whether an outbox entry is kept without its person.
pub(super) async fn is_forgotten(connection: &mut SqliteConnection, entry: &Entry) -> sqlx::Result<bool> {
    for owner in owners_of(entry) {
        let mark = mark(connection, digest_of(owner)).await?;
        if mark.is_some_and(|(_, mark)| UnixMillis::new(entry.at) <= mark) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The mark of one, by what it calls the person.
pub(super) async fn mark(connection: &mut SqliteConnection, who: Who) -> sqlx::Result<Option<(Who, UnixMillis)>> {
    let mark = sqlx::query_scalar("SELECT at FROM forgotten_users WHERE who = ?").bind(&who[..]);
    let mark: Option<i64> = mark.fetch_optional(connection).await?;
    Ok(mark.map(|at| (who, time(at))))
}
