//! Undoing a transaction that SQLite may have ended already.
//!
//! On some errors, a full disk and failed input or output among them, SQLite rolls back by itself
//! (<https://sqlite.org/lang_transaction.html>, "Response To Errors Within A Transaction"). A `ROLLBACK` is
//! an error then, on which sqlx goes on counting the transaction and lets no other begin.

use sqlx::{Connection, Sqlite, Transaction, sqlite::SqlitePoolOptions};

/// Rolls back after an error. The connection is ready for another transaction, or will be replaced by a
/// pool that [`with_stuck_connection_replacement`].
pub(crate) async fn rollback(mut transaction: Transaction<'static, Sqlite>) {
    // Something to roll back, where SQLite left nothing. Where it did, this is refused and changes nothing.
    let _ = sqlx::query("BEGIN").execute(&mut *transaction).await;
    if let Err(error) = transaction.rollback().await {
        tracing::warn!(%error, "a transaction could not be rolled back");
    }
}

/// Has the pool replace connections on which a transaction is counted that SQLite has ended: a commit
/// failed, or a caller went away just when a statement did. For a database in memory that is its end.
pub(crate) fn with_stuck_connection_replacement(options: SqlitePoolOptions) -> SqlitePoolOptions {
    options.after_release(|connection, _| {
        Box::pin(async move {
            if !connection.is_in_transaction() {
                return Ok(true);
            }
            // The rollback of a transaction that was dropped may be under way. This is answered after it.
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        })
    })
}
