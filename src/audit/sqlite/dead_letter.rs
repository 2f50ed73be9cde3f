//! Storage of dead letters.

use std::sync::LazyLock;

use sqlx::SqliteConnection;

use super::{
    forget::is_forgotten,
    parameters::{insert_statement, to_arguments},
};
use crate::audit::{DeadLetter, tables::dead_letters::DeadLetterRow};

static INSERT: LazyLock<String> = LazyLock::new(insert_statement::<DeadLetterRow>);

/// Stores a dead letter. For an erased user the redacted form is stored. Must be called in a transaction.
pub(super) async fn insert_dead_letter(connection: &mut SqliteConnection, refused: &DeadLetter) -> sqlx::Result<()> {
    let is_forgotten = is_forgotten(connection, &refused.entry).await?;
    let row = DeadLetterRow::new(refused, is_forgotten);
    sqlx::query_with(INSERT.as_str(), to_arguments(&row)?).execute(connection).await?;
    Ok(())
}
