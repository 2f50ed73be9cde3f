//! The binding of the audit database to one session store.

use async_trait::async_trait;

use super::AuditError;
use crate::{
    domain::{Bucket, UnixMillis},
    store::{BindingId, KnownCheckpoints},
};

/// The identity of an audit database, and its session store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditBinding {
    /// The ID of the audit database; [`BindingId::NONE`] if events are deliberately dropped.
    pub audit: BindingId,
    /// The session store whose events it receives; `None` until the first node has bound one.
    pub store: Option<BindingId>,
}

/// An audit database that is bound to one session store.
#[async_trait]
pub trait BoundAudit: Send + Sync {
    async fn binding(&self) -> Result<AuditBinding, AuditError>;

    /// Binds it to `store`, unless it is already bound.
    async fn bind(&self, store: BindingId) -> Result<(), AuditError>;

    /// Binds it to `store` even if it is bound to another one, and deletes the checkpoints of the previous one.
    async fn rebind(&self, store: BindingId) -> Result<(), AuditError>;

    /// Returns the newest recorded checkpoints of the store.
    async fn checkpoints(&self) -> Result<KnownCheckpoints, AuditError>;

    /// Replaces the checkpoint `before` with a newer one. Does nothing if another one is recorded, or if events are
    /// dropped.
    async fn record_checkpoint(
        &self,
        bucket: Bucket,
        before: Option<UnixMillis>,
        checkpoint: UnixMillis,
    ) -> Result<(), AuditError>;
}

/// Converts rows to checkpoints.
pub(super) fn to_checkpoints(rows: Vec<(i64, i64)>) -> KnownCheckpoints {
    let read =
        |(bucket, at): (i64, i64)| Some((Bucket(u8::try_from(bucket).ok()?), UnixMillis::new(u64::try_from(at).ok()?)));
    rows.into_iter().filter_map(read).collect()
}

/// Converts a time to a column.
pub(super) fn integer(at: UnixMillis) -> i64 {
    i64::try_from(at.get()).unwrap_or(i64::MAX)
}

/// Converts a row of the table to a binding.
pub(super) fn to_binding((audit, store): (Vec<u8>, Option<Vec<u8>>)) -> Result<AuditBinding, AuditError> {
    let id = |bytes: Vec<u8>| bytes.try_into().map(BindingId).ok();
    let malformed = || AuditError::unavailable("reading the binding", "an ID does not have 16 bytes");
    Ok(AuditBinding {
        audit: id(audit).ok_or_else(malformed)?,
        store: store.map(|bytes| id(bytes).ok_or_else(malformed)).transpose()?,
    })
}
