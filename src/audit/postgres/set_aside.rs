//! Entries that cannot be appended.

use sqlx::PgConnection;

use super::{forget::is_forgotten, transaction::AuditTransaction};
use crate::audit::RefusedEntry;

/// As [`crate::audit::EventLog::set_aside`]. Of a person who was forgotten it is kept that there was an entry.
pub(super) async fn set_aside(connection: &mut PgConnection, refused: &RefusedEntry) -> sqlx::Result<()> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let is_forgotten = is_forgotten(&mut transaction, &refused.entry).await?;
    let kept = if is_forgotten { refused.without_person() } else { refused.clone() };
    let RefusedEntry { position, entry, error } = &kept;
    sqlx::query(include_str!("sql/set_aside.sql"))
        .bind(refused.id())
        .bind(error)
        .bind(i16::from(position.bucket.0))
        .bind(&position.entry)
        .bind(i16::from(entry.kind))
        .bind(i16::from(entry.reason))
        .bind(i64::try_from(entry.at).unwrap_or(i64::MAX))
        .bind(&entry.subject)
        .bind(&entry.owner)
        .bind(&entry.record)
        .bind(&entry.clock)
        .bind(&entry.cause)
        .execute(&mut transaction)
        .await?;
    transaction.commit().await
}
