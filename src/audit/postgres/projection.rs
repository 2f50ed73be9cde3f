//! Projection of events onto the table of sessions.

use std::{collections::HashSet, sync::LazyLock};

use sqlx::PgConnection;

use super::{
    locks,
    parameters::{InsertLists, to_arguments},
    transaction::AuditTransaction,
};
use crate::{
    audit::tables::{
        last_seen::encode_last_seen,
        sessions::{ProjectedRow, replacing_assignments},
    },
    domain::{SessionId, UnixMillis},
    store::{SeenClient, Touch},
};

static PROJECT_SESSIONS: LazyLock<String> = LazyLock::new(|| {
    let InsertLists { columns, values, arrays } = InsertLists::new::<ProjectedRow<'_>>();
    format!(
        include_str!("sql/project_sessions.template.sql"),
        columns = columns,
        values = values,
        arrays = arrays,
        replaced = replacing_assignments()
    )
});

/// Merges rows into the stored ones, by the rule of [`ProjectedRow`].
pub(super) async fn project(transaction: &mut AuditTransaction<'_>, rows: &[ProjectedRow<'_>]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let written = sqlx::query_scalar_with(PROJECT_SESSIONS.as_str(), to_arguments(rows)?);
    let written: Vec<String> = written.fetch_all(&mut *transaction).await?;
    if written.len() == rows.len() {
        return Ok(());
    }
    let written: HashSet<String> = written.into_iter().collect();
    let older = rows.iter().filter(|row| !written.contains(&row.session.id.to_string()));
    let activity: Vec<_> = older.map(|row| (row.session.id, row.last_active)).collect();
    update_last_active(transaction, &activity, true).await
}

/// Updates the last activity, for [`crate::audit::EventLog::refresh`].
pub(super) async fn refresh(connection: &mut PgConnection, activity: &[Touch]) -> sqlx::Result<()> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    transaction.lock(locks::WRITING).await?;
    let activity: Vec<_> = activity.iter().map(|touch| (touch.session_id, touch.at)).collect();
    update_last_active(&mut transaction, &activity, false).await?;
    transaction.commit().await
}

/// Records clients, for [`crate::audit::EventLog::refresh_clients`].
pub(super) async fn refresh_clients(connection: &mut PgConnection, clients: &[SeenClient]) -> sqlx::Result<()> {
    let sessions: Vec<_> = clients.iter().map(|seen| seen.session_id.to_string()).collect();
    let encoded = clients.iter().map(|seen| encode_last_seen(&seen.client)).collect::<sqlx::Result<Vec<_>>>()?;
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    transaction.lock(locks::WRITING).await?;
    let update = sqlx::query(include_str!("sql/update_last_seen.sql")).bind(sessions).bind(encoded);
    update.execute(&mut transaction).await?;
    transaction.commit().await
}

/// Moves the last activity of sessions forward. With `ended`, also that of ended sessions.
async fn update_last_active(
    transaction: &mut AuditTransaction<'_>,
    activity: &[(SessionId, UnixMillis)],
    ended: bool,
) -> sqlx::Result<()> {
    sqlx::query(include_str!("sql/update_last_active.sql"))
        .bind(activity.iter().map(|(session, _)| session.to_string()).collect::<Vec<_>>())
        .bind(activity.iter().map(|(_, at)| *at).collect::<Vec<_>>())
        .bind(ended)
        .execute(transaction)
        .await?;
    Ok(())
}
