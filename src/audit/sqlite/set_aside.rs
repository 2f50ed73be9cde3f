//! Entries that cannot be appended.

use sqlx::SqliteConnection;

use super::forget::is_forgotten;
use crate::audit::RefusedEntry;

/// Of a person who was forgotten it is kept that there was an entry. To be called within a transaction.
pub(super) async fn set_aside(connection: &mut SqliteConnection, refused: &RefusedEntry) -> sqlx::Result<()> {
    let RefusedEntry { position, entry, error } = refused;
    let is_forgotten = is_forgotten(connection, entry).await?;
    let part = |bytes| if is_forgotten { &[][..] } else { bytes };
    sqlx::query(include_str!("sql/set_aside.sql"))
        .bind(refused.id().to_string())
        .bind(if is_forgotten { "of a person who was forgotten" } else { error })
        .bind(position.bucket.0)
        .bind(&position.entry)
        .bind(entry.kind)
        .bind(entry.reason)
        .bind(i64::try_from(entry.at).unwrap_or(i64::MAX))
        .bind(part(&entry.subject))
        .bind(part(&entry.owner))
        .bind(part(&entry.record))
        .bind(part(&entry.clock))
        .bind(part(&entry.cause))
        .execute(connection)
        .await?;
    Ok(())
}
