//! Entries that cannot be appended.

use sqlx::SqliteConnection;

use super::forget::is_forgotten;
use crate::audit::RefusedEntry;

/// Of a person who was forgotten it is kept that there was an entry. To be called within a transaction.
pub(super) async fn set_aside(connection: &mut SqliteConnection, refused: &RefusedEntry) -> sqlx::Result<()> {
    let is_forgotten = is_forgotten(connection, &refused.entry).await?;
    let kept = if is_forgotten { refused.without_person() } else { refused.clone() };
    let RefusedEntry { position, entry, error } = &kept;
    sqlx::query(include_str!("sql/set_aside.sql"))
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
