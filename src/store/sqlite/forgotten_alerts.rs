//! Removal of the alerts about an erased user. Their positions in the stream stay, without content.

use sqlx::{Row, SqlitePool, sqlite::SqliteRow};

use super::write_transaction::WriteTransaction;
use crate::{
    domain::Owner,
    store::{StoreError, record::AlertOutline},
};

/// A pass over one table: the statement that reads a page, and the one that removes a row.
struct ErasurePass {
    operation: &'static str,
    page: &'static str,
    remove: &'static str,
}

/// The passes, in the order in which an alert moves through the tables.
const PASSES: [ErasurePass; 2] = [
    ErasurePass {
        operation: "removing a user's findings",
        page: "SELECT seq AS at, alert FROM findings WHERE seq > ? ORDER BY seq LIMIT 500",
        remove: "DELETE FROM findings WHERE seq = ?",
    },
    ErasurePass {
        operation: "removing a user's alerts",
        page: "SELECT position AS at, alert FROM alerts WHERE position > ? ORDER BY position LIMIT 500",
        remove: "UPDATE alerts SET alert = x'' WHERE position = ?",
    },
];

/// Removes the alerts and findings about `owner`. Returns their number. Each page is one transaction, so that other
/// operations can proceed in between.
pub(super) async fn delete_user_alerts(pool: &SqlitePool, owner: &Owner) -> Result<u64, StoreError> {
    let mut removed = 0;
    for pass in PASSES {
        let mut from = Some(0);
        while let Some(after) = from {
            let mut transaction = WriteTransaction::begin(pool, pass.operation).await?;
            let outcome = async {
                let rows = sqlx::query(pass.page).bind(after).fetch_all(&mut *transaction).await?;
                let mut count = 0;
                for row in &rows {
                    if AlertOutline::from_bytes(row.try_get("alert")?).is_about(owner) {
                        count += sqlx::query(pass.remove)
                            .bind(read_position(row)?)
                            .execute(&mut *transaction)
                            .await?
                            .rows_affected();
                    }
                }
                Ok((count, rows.last().map(read_position).transpose()?))
            };
            let outcome = outcome.await;
            let (count, last) = transaction.finish(outcome).await?;
            removed += count;
            from = last;
        }
    }
    Ok(removed)
}

fn read_position(row: &SqliteRow) -> sqlx::Result<i64> {
    row.try_get("at")
}
