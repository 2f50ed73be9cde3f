//! Storage of dead letters.

use std::sync::LazyLock;

use sqlx::PgConnection;

use super::{
    erasure_marks::is_forgotten,
    parameters::{insert_statement, to_arguments},
    transaction::AuditTransaction,
};
use crate::audit::{DeadLetter, tables::dead_letters::DeadLetterRow};

static INSERT: LazyLock<String> = LazyLock::new(insert_statement::<DeadLetterRow>);

/// Stores a dead letter, for [`crate::audit::EventLog::dead_letter`]. For an erased user the redacted form is stored.
pub(super) async fn insert_dead_letter(connection: &mut PgConnection, refused: &DeadLetter) -> sqlx::Result<()> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let is_forgotten = is_forgotten(&mut transaction, &refused.entry).await?;
    let row = DeadLetterRow::new(refused, is_forgotten);
    sqlx::query_with(INSERT.as_str(), to_arguments(&[row])?).execute(&mut transaction).await?;
    transaction.commit().await
}
