//! Storage of dead letters.

use sqlx::PgConnection;

use super::{erasure_marks::is_forgotten, transaction::AuditTransaction};
use crate::audit::DeadLetter;

/// Stores a dead letter, for [`crate::audit::EventLog::dead_letter`]. For an erased user the redacted form is stored.
pub(super) async fn insert_dead_letter(connection: &mut PgConnection, refused: &DeadLetter) -> sqlx::Result<()> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let is_forgotten = is_forgotten(&mut transaction, &refused.entry).await?;
    let stored = if is_forgotten { refused.redacted() } else { refused.clone() };
    let DeadLetter { position, entry, error } = &stored;
    sqlx::query(include_str!("sql/insert_dead_letter.sql"))
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
