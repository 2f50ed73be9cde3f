//! Persons who were forgotten.

use std::{collections::HashSet, time::Duration};

use sqlx::PgConnection;

use super::{columns::time, locks, mass_endings, transaction::AuditTransaction};
use crate::{
    audit::{
        ErasureReport,
        erasure::{ErasureMarks, PersonDigest, digest, digest_bytes, possible_owners},
    },
    domain::{Owner, UnixMillis, event::RevocationScope},
    store::outbox::OutboxEntry,
};

/// After which the server is given up.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// Rows of a table that go at once: a second's work at most.
const BATCH: i64 = 5_000;

/// Some of the person's sessions up to the time. In one order with whoever else writes there.
const SELECT_SESSIONS: &str = "SELECT session_id FROM sessions WHERE tenant = $1 AND user_id = $2 AND created_at <= $3
    ORDER BY session_id LIMIT $4 FOR UPDATE";
/// Of sessions, and of the user as a whole, as [`possible_owners`] has it.
const DELETE_DEAD_LETTERS: &str = "DELETE FROM refused_events
    WHERE at_millis <= $3 AND (kind <> 5 AND owner = $1 OR kind NOT BETWEEN 1 AND 4 AND owner = $2)";

/// Rows that stay without the person.
const ERASURES: [(&str, &str); 3] = [
    ("session_events", include_str!("sql/forget_session_events.sql")),
    ("login_events", include_str!("sql/forget_login_events.sql")),
    ("alerts", include_str!("sql/forget_alerts.sql")),
];

/// As [`crate::audit::EventLog::forget`]. First the mark: what is written from then on is kept without the person, so
/// that nobody need wait while the rest is erased, and what of it was done stays done.
pub(super) async fn erase_user(
    connection: &mut PgConnection,
    owner: &Owner,
    at: UnixMillis,
) -> sqlx::Result<ErasureReport> {
    insert_mark(connection, owner, at).await?;
    let mut forgotten = ErasureReport::default();
    for (table, erasure) in ERASURES {
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
    transaction.commit().await?;
    Ok(forgotten)
}

async fn insert_mark(connection: &mut PgConnection, owner: &Owner, at: UnixMillis) -> sqlx::Result<()> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    transaction.lock(locks::FORGETTING).await?;
    sqlx::query(include_str!("sql/forget_mark.sql"))
        .bind(digest(owner))
        .bind(time(at))
        .execute(&mut transaction)
        .await?;
    transaction.commit().await
}

/// Answers how many rows it was, all of them.
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
        let erasure = sqlx::query(erasure).bind(owner.tenant.as_str()).bind(owner.user.as_str()).bind(time(at));
        let rows = erasure.bind(BATCH).execute(&mut part).await?.rows_affected();
        part.commit().await?;
        erased += rows;
        if rows < BATCH.unsigned_abs() {
            return Ok(erased);
        }
    }
}

/// Removes the rows of the person's sessions. An ending that a mass revocation still owes is written first, without the
/// person: statistics count back over it. Returns the number of rows.
async fn remove_sessions(connection: &mut PgConnection, owner: &Owner, at: UnixMillis) -> sqlx::Result<u64> {
    let mut removed = 0;
    loop {
        let mut part = AuditTransaction::begin_write(connection).await?;
        part.lock(locks::ERASING).await?;
        let sessions = sqlx::query_scalar(SELECT_SESSIONS).bind(owner.tenant.as_str()).bind(owner.user.as_str());
        let sessions: Vec<String> = sessions.bind(time(at)).bind(BATCH).fetch_all(&mut part).await?;
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

/// Those of `owners` who were forgotten. Whoever is forgotten from here on waits for the end of the transaction.
pub(super) async fn load_marks(
    transaction: &mut AuditTransaction<'_>,
    owners: impl Iterator<Item = &Owner>,
) -> sqlx::Result<ErasureMarks> {
    let digests: HashSet<_> = owners.map(digest).collect();
    load_marks_by_digest(transaction, digests.into_iter().collect()).await
}

/// Whether an outbox entry is kept without its person.
pub(super) async fn is_forgotten(transaction: &mut AuditTransaction<'_>, entry: &OutboxEntry) -> sqlx::Result<bool> {
    let digests: Vec<_> = possible_owners(entry).map(digest_bytes).collect();
    let marks = load_marks_by_digest(transaction, digests.clone()).await?;
    Ok(digests.iter().any(|who| marks.covers(who, UnixMillis::new(entry.at))))
}

/// The same by what the marks call them.
pub(super) async fn load_marks_by_digest(
    transaction: &mut AuditTransaction<'_>,
    digests: Vec<PersonDigest>,
) -> sqlx::Result<ErasureMarks> {
    transaction.lock(locks::WRITING).await?;
    let marks = sqlx::query_as(include_str!("sql/forgotten.sql")).bind(digests);
    let marks: Vec<(PersonDigest, i64)> = marks.fetch_all(transaction).await?;
    Ok(marks.into_iter().map(|(who, at)| (who, UnixMillis::new(at.unsigned_abs()))).collect())
}
