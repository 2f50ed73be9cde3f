//! The denylist: digests of denied JWT IDs, each with the time at which its denial ends.

use std::collections::{BTreeMap, btree_map::Entry};

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{SqliteSessionStore, outbox, transaction::EngineError};
use crate::{
    domain::{
        AuditedJwt, Bucket, EventKind, JwtIdDigest, UnixMillis, event::RevocationScope, limits::MAX_DENIALS_PER_BUCKET,
    },
    near_cache::source::BucketDenylist,
    sqlite::{count, fixed_bytes, integer, time},
    store::{DenialCounts, Denylist, JwtDenial, StoreError, outbox::OutboxEntry, record::encode_denied_jwts},
};

#[async_trait]
impl Denylist for SqliteSessionStore {
    /// Denies the JWTs in one transaction, so a call takes effect as a whole.
    async fn deny(&self, denial: JwtDenial) -> Result<DenialCounts, StoreError> {
        loop {
            let mut transaction = self.begin("denying JWTs", Some(denial.now)).await?;
            let outcome = deny(&mut transaction, &denial).await;
            let outcome = transaction.finish(outcome).await;
            if !self.try_free_space(&outcome).await {
                return outcome;
            }
        }
    }

    async fn find_denials(&self, ids: &[JwtIdDigest]) -> Result<Vec<Option<UnixMillis>>, StoreError> {
        let operation = "looking up denied JWTs";
        self.check_clock(operation, None)?;
        let mut connection = self.connection(operation).await?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let ends_at = find_denial(&mut connection, id).await;
            found.push(ends_at.map_err(|error| error.into_store_error(operation))?);
        }
        Ok(found)
    }
}

impl SqliteSessionStore {
    /// Reads the denied JWT IDs of a bucket.
    pub(super) async fn load_denylist(&self, bucket: Bucket) -> Result<BucketDenylist, StoreError> {
        let operation = "reading the denylist for the cache";
        self.check_clock(operation, None)?;
        let mut connection = self.connection(operation).await?;
        load_bucket(&mut connection, bucket).await.map_err(|error| error.into_store_error(operation))
    }
}

async fn deny(connection: &mut SqliteConnection, denial: &JwtDenial) -> Result<DenialCounts, EngineError> {
    let JwtDenial { now, tenant, jwts, event, cause } = denial;
    let mut counts = DenialCounts::default();
    let mut denied: Vec<AuditedJwt> = Vec::new();
    let mut stored_denials: BTreeMap<Bucket, i64> = BTreeMap::new();
    for jwt in jwts {
        if jwt.expires_at <= *now {
            counts.expired += 1;
            continue;
        }
        let stored = find_denial(connection, &jwt.digest).await?;
        if stored.is_some_and(|ends_at| ends_at >= jwt.expires_at) {
            counts.already_denied += 1;
            continue;
        }
        if stored.is_none_or(|ends_at| ends_at <= *now) {
            let bucket = jwt.digest.bucket();
            let number = match stored_denials.entry(bucket) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(count_after_cleanup(connection, bucket, *now).await?),
            };
            if *number >= count(MAX_DENIALS_PER_BUCKET) {
                return Err(StoreError::DenylistFull { limit: MAX_DENIALS_PER_BUCKET }.into());
            }
            *number += 1;
        }
        sqlx::query("INSERT OR REPLACE INTO denied_jwts (digest, ends_at) VALUES (?1, ?2)")
            .bind(&jwt.digest.0[..])
            .bind(integer(jwt.expires_at))
            .execute(&mut *connection)
            .await?;
        counts.denied += 1;
        denied.push(jwt.audited());
    }
    let first = jwts.iter().map(|jwt| jwt.digest.bucket()).min();
    if let Some(bucket) = first.filter(|_| !denied.is_empty()) {
        let scope = RevocationScope::Tenant(tenant.clone());
        let entry = outbox::new_scope_entry(EventKind::TokensDenied, *event, &scope, *now, cause);
        let entry = OutboxEntry { record: encode_denied_jwts(denied.iter()), ..entry };
        outbox::append(connection, bucket, &entry).await?;
    }
    Ok(counts)
}

async fn find_denial(connection: &mut SqliteConnection, id: &JwtIdDigest) -> Result<Option<UnixMillis>, EngineError> {
    let ends_at: Option<i64> = sqlx::query_scalar("SELECT ends_at FROM denied_jwts WHERE digest = ?1")
        .bind(&id.0[..])
        .fetch_optional(connection)
        .await?;
    Ok(ends_at.map(time))
}

/// Removes the denials of a bucket that have ended, and returns the number of the others.
async fn count_after_cleanup(
    connection: &mut SqliteConnection,
    bucket: Bucket,
    now: UnixMillis,
) -> Result<i64, EngineError> {
    let (first, last) = digest_range(bucket);
    sqlx::query("DELETE FROM denied_jwts WHERE digest BETWEEN ?1 AND ?2 AND ends_at <= ?3")
        .bind(&first.0[..])
        .bind(&last.0[..])
        .bind(integer(now))
        .execute(&mut *connection)
        .await?;
    Ok(sqlx::query_scalar("SELECT count(*) FROM denied_jwts WHERE digest BETWEEN ?1 AND ?2")
        .bind(&first.0[..])
        .bind(&last.0[..])
        .fetch_one(connection)
        .await?)
}

async fn load_bucket(connection: &mut SqliteConnection, bucket: Bucket) -> Result<BucketDenylist, EngineError> {
    let (first, last) = digest_range(bucket);
    let rows: Vec<(Vec<u8>, i64)> =
        sqlx::query_as("SELECT digest, ends_at FROM denied_jwts WHERE digest BETWEEN ?1 AND ?2")
            .bind(&first.0[..])
            .bind(&last.0[..])
            .fetch_all(connection)
            .await?;
    let denial = |(digest, ends_at): (Vec<u8>, i64)| Ok((JwtIdDigest(fixed_bytes(&digest)?), time(ends_at)));
    Ok(BucketDenylist::new(rows.into_iter().map(denial).collect::<Result<_, EngineError>>()?))
}

/// Returns the lowest and the highest digest of a bucket, which is the first byte.
const fn digest_range(bucket: Bucket) -> (JwtIdDigest, JwtIdDigest) {
    let (mut first, mut last) = ([0; JwtIdDigest::BYTES], [u8::MAX; JwtIdDigest::BYTES]);
    (first[0], last[0]) = (bucket.0, bucket.0);
    (JwtIdDigest(first), JwtIdDigest(last))
}
