//! Ending of the sessions of a mass revocation, in batches.

use std::sync::LazyLock;

use sqlx::{PgConnection, Row, postgres::PgRow};

use super::{
    erasure_marks, locks,
    parameters::{insert_statement, to_arguments},
    transaction::AuditTransaction,
};
use crate::{
    audit::{
        erasure::digest,
        mass_endings::{MassEndings, SETTLING_TIME, ending_event_id},
        tables::{mass_revocations::MassRevocationRow, session_events::mass_ending_lists},
    },
    domain::{EventId, Owner, UnixMillis},
};

/// Sessions with the IDs of their endings.
type MassEndingIds = Vec<(String, EventId)>;

static INSERT_REVOCATIONS: LazyLock<String> = LazyLock::new(insert_statement::<MassRevocationRow<'_>>);
static APPEND_ENDINGS: LazyLock<String> = LazyLock::new(|| {
    let (columns, values) = mass_ending_lists("ending.event_id", true);
    format!(include_str!("sql/append_mass_endings.template.sql"), columns = columns, values = values)
});
static APPEND_FORGOTTEN_ENDINGS: LazyLock<String> = LazyLock::new(|| {
    let (columns, values) = mass_ending_lists("ending.event_id", false);
    format!(include_str!("sql/append_forgotten_mass_endings.template.sql"), columns = columns, values = values)
});

/// Stores mass revocations whose sessions must be ended.
pub(super) async fn insert_revocations(
    transaction: &mut AuditTransaction<'_>,
    revocations: &[MassRevocationRow<'_>],
) -> sqlx::Result<()> {
    if !revocations.is_empty() {
        sqlx::query_with(INSERT_REVOCATIONS.as_str(), to_arguments(revocations)?).execute(transaction).await?;
    }
    Ok(())
}

/// Ends sessions, for [`crate::audit::EventLog::end_revoked`]. Nodes that do so at the same time wait for each other's
/// batch and continue with the next one.
pub(super) async fn end_revoked(
    connection: &mut PgConnection,
    until: UnixMillis,
    limit: u32,
) -> sqlx::Result<MassEndings> {
    let settled = until.minus(SETTLING_TIME);
    // Usually there is nothing to do, and no lock is needed to find that out.
    let mut reading = AuditTransaction::begin_read(connection).await?;
    let unfinished = first_unfinished(&mut reading).await?;
    reading.commit().await?;
    if unfinished.is_none_or(|at| at > settled) {
        return Ok(MassEndings { unfinished, ..MassEndings::default() });
    }
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    let mut endings = MassEndings::default();
    let revocation = sqlx::query(include_str!("sql/next_mass_revocation.sql")).bind(settled);
    if let Some(revocation) = revocation.fetch_optional(&mut transaction).await? {
        endings.ended = end_batch(&mut transaction, &revocation, limit).await?;
    }
    endings.unfinished = first_unfinished(&mut transaction).await?;
    endings.has_more = endings.unfinished.is_some_and(|at| at <= settled);
    transaction.commit().await?;
    Ok(endings)
}

async fn first_unfinished(transaction: &mut AuditTransaction<'_>) -> sqlx::Result<Option<UnixMillis>> {
    let first = sqlx::query_scalar("SELECT min(at) FROM mass_revocations WHERE finished_at IS NULL");
    first.fetch_one(transaction).await
}

/// Ends some sessions of a mass revocation, and marks it as finished when none is left.
async fn end_batch(transaction: &mut AuditTransaction<'_>, revocation: &PgRow, limit: u32) -> sqlx::Result<u64> {
    let (event, tenant): (EventId, Option<String>) = (revocation.try_get("event_id")?, revocation.try_get("tenant")?);
    let at: UnixMillis = revocation.try_get("at")?;
    // A later erasure waits for the end of the transaction.
    transaction.lock(locks::WRITING).await?;
    let chosen = sqlx::query(include_str!("sql/revoked_sessions.sql")).bind(&tenant).bind(at).bind(i64::from(limit));
    let chosen = chosen.fetch_all(&mut *transaction).await?;
    if chosen.is_empty() {
        // Rows that are locked at the moment were skipped.
        let left = sqlx::query_scalar(include_str!("sql/has_revoked_sessions.sql")).bind(&tenant).bind(at);
        if !left.fetch_one(&mut *transaction).await? {
            let finish = sqlx::query("UPDATE mass_revocations SET finished_at = now() WHERE event_id = $1");
            finish.bind(event).execute(&mut *transaction).await?;
        }
        return Ok(0);
    }
    let (known, forgotten) = split_forgotten(transaction, &chosen).await?;
    if !known.is_empty() {
        transaction.lock(locks::RECORDING).await?;
        let (ids, events): (Vec<String>, Vec<EventId>) = known.into_iter().unzip();
        let append = sqlx::query(APPEND_ENDINGS.as_str()).bind(ids).bind(events).bind(event);
        append.execute(&mut *transaction).await?;
    }
    append_forgotten(transaction, forgotten).await?;
    let ids = chosen.iter().map(|row| row.try_get("session_id")).collect::<sqlx::Result<Vec<String>>>()?;
    let end = sqlx::query(include_str!("sql/end_revoked_sessions.sql")).bind(ids).bind(event);
    Ok(end.execute(&mut *transaction).await?.rows_affected())
}

/// Writes the endings, without the user, of those `sessions` that an unfinished mass revocation ends. Their rows are
/// about to be deleted, after which the endings could no longer be written.
pub(super) async fn end_forgotten(transaction: &mut AuditTransaction<'_>, sessions: &[String]) -> sqlx::Result<()> {
    if first_unfinished(transaction).await?.is_none() {
        return Ok(());
    }
    append_forgotten(transaction, sessions.iter().filter_map(|id| Some((id.clone(), ending_event_id(id)?))).collect())
        .await
}

async fn append_forgotten(transaction: &mut AuditTransaction<'_>, sessions: MassEndingIds) -> sqlx::Result<()> {
    if sessions.is_empty() {
        return Ok(());
    }
    transaction.lock(locks::RECORDING).await?;
    let (ids, events): (Vec<String>, Vec<EventId>) = sessions.into_iter().unzip();
    let append = sqlx::query(APPEND_FORGOTTEN_ENDINGS.as_str()).bind(ids).bind(events);
    append.execute(&mut *transaction).await.map(drop)
}

/// Returns the endings to write with their users, and those of users that are being erased.
async fn split_forgotten(
    transaction: &mut AuditTransaction<'_>,
    rows: &[PgRow],
) -> sqlx::Result<(MassEndingIds, MassEndingIds)> {
    let mut sessions = Vec::with_capacity(rows.len());
    for row in rows {
        let (id, created_at): (String, UnixMillis) = (row.try_get("session_id")?, row.try_get("created_at")?);
        let owner = Owner::new(row.try_get("tenant")?, row.try_get("user_id")?).ok();
        sessions.push((id, owner, created_at));
    }
    let marks = erasure_marks::load(transaction, sessions.iter().filter_map(|(_, owner, _)| owner.as_ref())).await?;
    let (mut known, mut forgotten) = (MassEndingIds::new(), MassEndingIds::new());
    for (id, owner, created_at) in sessions {
        let Some(event) = ending_event_id(&id) else { continue };
        let is_known = owner.is_some_and(|owner| !marks.covers(&digest(&owner), created_at));
        if is_known { &mut known } else { &mut forgotten }.push((id, event));
    }
    Ok((known, forgotten))
}
