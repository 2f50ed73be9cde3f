//! The binding of the file to an installation and to an audit database, and its checkpoints.

use async_trait::async_trait;

use super::{
    SqliteSessionStore,
    transaction::{EngineError, WriteTransaction},
};
use crate::{
    domain::{Bucket, UnixMillis},
    sqlite::{integer, time},
    store::{
        AdvancedCheckpoint, BindingFault, CRASH_TOLERANCE, CheckpointResult, KnownCheckpoints, StoreError,
        binding::{BindingId, BindingState, BoundStore, StoreBinding, TokenKeyFingerprints},
    },
};

const READING: &str = "reading the binding of the store";
const WRITING: &str = "binding the store";
const ADVANCING: &str = "advancing the checkpoint";

/// The bucket that stands for the whole file, which has all buckets.
const BUCKET: Bucket = Bucket(0);

type BindingRow = (Vec<u8>, Vec<u8>, Option<Vec<u8>>);

#[async_trait]
impl BoundStore for SqliteSessionStore {
    async fn binding(&self) -> Result<BindingState, StoreError> {
        let mut connection = self.connection(READING).await?;
        let row = sqlx::query_as("SELECT installation, store, audit FROM binding").fetch_optional(&mut *connection);
        let row: Option<BindingRow> = row.await.map_err(|error| EngineError::from(error).into_store_error(READING))?;
        let Some((installation, store, audit)) = row else { return Ok(BindingState::Unbound) };
        let audit = audit.map(id).transpose()?;
        let binding = StoreBinding { installation: id(installation)?, store: id(store)?, audit };
        Ok(BindingState::Bound { binding, unbound: 0, is_complete: true, unreached: 0 })
    }

    async fn bind(&self, binding: StoreBinding) -> Result<StoreBinding, StoreError> {
        let merged = match self.binding().await? {
            BindingState::Bound { binding: existing, .. } => {
                StoreBinding { audit: existing.audit.or(binding.audit), ..existing }
            }
            BindingState::Unbound | BindingState::Inconsistent { .. } => binding,
        };
        self.rebind(merged).await?;
        Ok(merged)
    }

    async fn rebind(&self, binding: StoreBinding) -> Result<(), StoreError> {
        let mut transaction = WriteTransaction::begin(&self.pool, WRITING).await?;
        let write = sqlx::query(
            "INSERT OR REPLACE INTO binding (only_row, installation, store, audit, checkpoint, audited)
             VALUES (1, ?1, ?2, ?3, CAST(unixepoch('subsec') * 1000 AS INTEGER), 0)",
        )
        .bind(&binding.installation.0[..])
        .bind(&binding.store.0[..])
        .bind(binding.audit.as_ref().map(|audit| &audit.0[..]))
        .execute(&mut *transaction);
        let outcome = write.await.map(drop).map_err(EngineError::from);
        transaction.finish(outcome).await
    }

    /// An open file does not change without this process, so it can only have been rolled back before startup.
    async fn advance_checkpoints(&self, known: &KnownCheckpoints) -> Vec<CheckpointResult> {
        let known = known.get(&BUCKET).copied().unwrap_or_default();
        vec![CheckpointResult { bucket: BUCKET, outcome: self.advance(known).await }]
    }

    /// Returns the node's own keys, as no other node uses the file.
    async fn register_token_keys(&self, own: &TokenKeyFingerprints) -> Result<TokenKeyFingerprints, StoreError> {
        Ok(own.clone())
    }

    async fn record_audited_checkpoints(&self, audited: &KnownCheckpoints) -> Result<(), StoreError> {
        let Some(at) = audited.get(&BUCKET) else { return Ok(()) };
        let mut transaction = WriteTransaction::begin(&self.pool, WRITING).await?;
        let write = sqlx::query("UPDATE binding SET audited = ?1").bind(integer(*at)).execute(&mut *transaction);
        let outcome = write.await.map(drop).map_err(EngineError::from);
        transaction.finish(outcome).await
    }
}

impl SqliteSessionStore {
    async fn advance(&self, known: UnixMillis) -> Result<AdvancedCheckpoint, StoreError> {
        let mut transaction = WriteTransaction::begin(&self.pool, ADVANCING).await?;
        let read = sqlx::query_as("SELECT checkpoint, audited FROM binding").fetch_one(&mut *transaction).await;
        let (found, audited): (i64, i64) =
            read.map_err(|error| EngineError::from(error).into_store_error(ADVANCING))?;
        let (found, audited) = (time(found), time(audited));
        if found.plus(CRASH_TOLERANCE) < known {
            let fault = BindingFault::RolledBack { found, known };
            return Err(StoreError::Binding { during: ADVANCING, fault });
        }
        let write = sqlx::query_scalar(
            "UPDATE binding SET checkpoint = max(checkpoint, ?1, CAST(unixepoch('subsec') * 1000 AS INTEGER))
             RETURNING checkpoint",
        );
        let outcome = write.bind(integer(known)).fetch_one(&mut *transaction).await.map_err(EngineError::from);
        let at: i64 = transaction.finish(outcome).await?;
        Ok(AdvancedCheckpoint { at: time(at), lost: known.since(found), audited })
    }
}

fn id(bytes: Vec<u8>) -> Result<BindingId, StoreError> {
    bytes.try_into().map(BindingId).map_err(|_| StoreError::corrupt(READING, "an ID does not have 16 bytes"))
}
