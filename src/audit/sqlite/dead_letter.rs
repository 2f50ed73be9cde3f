//! Storage of dead letters.

use sqlx::SqliteConnection;

use super::forget::is_forgotten;
use crate::audit::DeadLetter;

/// Stores a dead letter. For an erased user the redacted form is stored. Must be called in a transaction.
pub(super) async fn insert_dead_letter(connection: &mut SqliteConnection, refused: &DeadLetter) -> sqlx::Result<()> {
    let is_forgotten = is_forgotten(connection, &refused.entry).await?;
    let stored = if is_forgotten { refused.redacted() } else { refused.clone() };
    let DeadLetter { position, entry, error } = &stored;
    sqlx::query(include_str!("sql/insert_dead_letter.sql"))
        .bind(refused.id().to_string())
        .bind(error)
        .bind(position.bucket.0)
        .bind(&position.entry)
        .bind(entry.kind)
        .bind(entry.reason)
        .bind(i64::try_from(entry.at).unwrap_or(i64::MAX))
        .bind(&entry.subject)
        .bind(&entry.owner)
        .bind(&entry.record)
        .bind(&entry.clock)
        .bind(&entry.cause)
        .execute(connection)
        .await?;
    Ok(())
}
