//! Erasure marks: the users whose data is stored without them.

use std::collections::HashSet;

use sqlx::PgConnection;

use super::{locks, transaction::AuditTransaction};
use crate::{
    audit::erasure::{ErasureMarks, PersonDigest, digest, digest_bytes, possible_owners},
    domain::{Owner, UnixMillis},
    store::outbox::OutboxEntry,
};

/// Stores the mark of a user: data from before `at` is stored without the user from now on.
pub(super) async fn insert(connection: &mut PgConnection, owner: &Owner, at: UnixMillis) -> sqlx::Result<()> {
    let mut transaction = AuditTransaction::begin_write(connection).await?;
    transaction.lock(locks::FORGETTING).await?;
    sqlx::query(include_str!("sql/upsert_erasure_mark.sql"))
        .bind(digest(owner))
        .bind(at)
        .execute(&mut transaction)
        .await?;
    transaction.commit().await
}

/// Returns the erasure marks of `owners`. A later erasure waits for the end of the transaction.
pub(super) async fn load(
    transaction: &mut AuditTransaction<'_>,
    owners: impl Iterator<Item = &Owner>,
) -> sqlx::Result<ErasureMarks> {
    let digests: HashSet<_> = owners.map(digest).collect();
    load_by_digest(transaction, digests.into_iter().collect()).await
}

/// Returns whether an outbox entry must be stored without its user.
pub(super) async fn is_forgotten(transaction: &mut AuditTransaction<'_>, entry: &OutboxEntry) -> sqlx::Result<bool> {
    let digests: Vec<_> = possible_owners(entry).map(digest_bytes).collect();
    let marks = load_by_digest(transaction, digests.clone()).await?;
    Ok(digests.iter().any(|who| marks.covers(who, UnixMillis::new(entry.at))))
}

/// Returns the erasure marks with the given digests. A later erasure waits for the end of the transaction.
pub(super) async fn load_by_digest(
    transaction: &mut AuditTransaction<'_>,
    digests: Vec<PersonDigest>,
) -> sqlx::Result<ErasureMarks> {
    transaction.lock(locks::WRITING).await?;
    let marks = sqlx::query_as(include_str!("sql/load_erasure_marks.sql")).bind(digests);
    let marks: Vec<(PersonDigest, i64)> = marks.fetch_all(transaction).await?;
    Ok(marks.into_iter().map(|(who, at)| (who, UnixMillis::new(at.unsigned_abs()))).collect())
}
