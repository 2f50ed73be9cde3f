//! Projection of events onto the table of sessions.

use std::sync::LazyLock;

use sqlx::SqliteConnection;

use super::parameters::{placeholders, to_arguments};
use crate::{
    audit::tables::{
        column_names,
        last_seen::encode_last_seen,
        sessions::{ProjectedRow, replacing_assignments},
    },
    sqlite::integer,
    store::{SeenClient, Touch},
};

static PROJECT_SESSION: LazyLock<String> = LazyLock::new(|| {
    format!(
        include_str!("sql/project_session.template.sql"),
        columns = column_names::<ProjectedRow<'_>>(),
        values = placeholders::<ProjectedRow<'_>>(),
        replaced = replacing_assignments()
    )
});

/// Merges rows into the stored ones, by the rule of [`ProjectedRow`].
pub(super) async fn project(connection: &mut SqliteConnection, rows: &[ProjectedRow<'_>]) -> sqlx::Result<()> {
    for row in rows {
        if !upsert(connection, row).await? {
            // A late event may still have the latest activity.
            sqlx::query(include_str!("sql/advance_last_active.sql"))
                .bind(row.session.id.to_string())
                .bind(integer(row.last_active))
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

/// Moves the last activity of live sessions forward.
pub(super) async fn refresh(connection: &mut SqliteConnection, activity: &[Touch]) -> sqlx::Result<()> {
    for Touch { session_id, at } in activity {
        sqlx::query(include_str!("sql/update_last_active.sql"))
            .bind(session_id.to_string())
            .bind(integer(*at))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Records the clients that were seen last with sessions.
pub(super) async fn refresh_clients(connection: &mut SqliteConnection, clients: &[SeenClient]) -> sqlx::Result<()> {
    for SeenClient { session_id, client } in clients {
        sqlx::query(include_str!("sql/update_last_seen.sql"))
            .bind(session_id.to_string())
            .bind(encode_last_seen(client)?)
            .bind(integer(client.at))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Inserts or replaces a row. Returns whether it was written.
async fn upsert(connection: &mut SqliteConnection, row: &ProjectedRow<'_>) -> sqlx::Result<bool> {
    let outcome = sqlx::query_with(PROJECT_SESSION.as_str(), to_arguments(row)?).execute(connection).await?;
    Ok(outcome.rows_affected() > 0)
}
