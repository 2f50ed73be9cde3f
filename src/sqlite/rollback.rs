//! Rollback of a transaction that SQLite may have ended already.
//!
//! On some errors, such as a full disk or failed I/O, SQLite rolls back by itself
//! (<https://sqlite.org/lang_transaction.html>, "Response To Errors Within A Transaction"). A `ROLLBACK` is then an
//! error, after which sqlx still counts the transaction and lets no other begin.

use sqlx::{Connection, Sqlite, Transaction, sqlite::SqlitePoolOptions};

/// Rolls back after an error. The connection is then ready for another transaction, or is replaced by a pool that has
/// [`with_stuck_connection_replacement`].
pub(crate) async fn rollback(mut transaction: Transaction<'static, Sqlite>) {
    // Begins a transaction to roll back, if SQLite ended the previous one. Otherwise this fails and changes nothing.
    let _ = sqlx::query("BEGIN").execute(&mut *transaction).await;
    if let Err(error) = transaction.rollback().await {
        tracing::warn!(%error, "failed to roll back a transaction");
    }
}

/// Makes the pool replace connections on which sqlx counts a transaction that SQLite has ended, because a commit failed
/// or a caller was cancelled just as a statement failed. A database in memory is lost with its connection.
pub(crate) fn with_stuck_connection_replacement(options: SqlitePoolOptions) -> SqlitePoolOptions {
    options.after_release(|connection, _| {
        Box::pin(async move {
            if !connection.is_in_transaction() {
                return Ok(true);
            }
            // The rollback of a dropped transaction may be under way. The ping returns after it.
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        })
    })
}
