//! Entries that cannot be appended.

use sqlx::PgConnection;

use super::{forget::is_forgotten, transaction::AuditTransaction};
use crate::audit::DeadLetter;

/// As [`crate::audit::EventLog::set_aside`]. Of a person who was forgotten it is kept that there was an entry.
pub(super) async fn insert_dead_letter(connection: &mut PgConnection, refused: &DeadLetter) -> sqlx::Result<()> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let is_forgotten = is_forgotten(&mut transaction, &refused.entry).await?;
    let stored = if is_forgotten { refused.redacted() } else { refused.clone() };
    let DeadLetter { position, entry, error } = &stored;
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
