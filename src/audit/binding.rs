//! The binding of the audit database to one session store.

use async_trait::async_trait;

use super::AuditError;
use crate::{
    domain::{Bucket, UnixMillis},
    store::{BindingId, KnownCheckpoints},
};

/// What an audit database says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditBinding {
    /// Which one it is; [`BindingId::NONE`] where events are dropped knowingly.
    pub audit: BindingId,
    /// The session store that its events come from; `None` before the first node has bound one.
    pub store: Option<BindingId>,
}

/// An audit database that knows which session store its events come from.
#[async_trait]
pub trait BoundAudit: Send + Sync {
    async fn binding(&self) -> Result<AuditBinding, AuditError>;

    /// Binds it to `store` unless it is bound.
    async fn bind(&self, store: BindingId) -> Result<(), AuditError>;

    /// Binds it to `store`, whatever it was bound to, and forgets the checkpoints of the one before.
    async fn rebind(&self, store: BindingId) -> Result<(), AuditError>;

    /// The newest checkpoints of the store that are recorded here.
    async fn checkpoints(&self) -> Result<KnownCheckpoints, AuditError>;

    /// Records a newer checkpoint in place of `before`, and nothing where another one is recorded. Does nothing where
    /// events are dropped.
    async fn record_checkpoint(
        &self,
        bucket: Bucket,
        before: Option<UnixMillis>,
        checkpoint: UnixMillis,
    ) -> Result<(), AuditError>;
}

/// Checkpoints as the databases keep them.
pub(super) fn to_checkpoints(rows: Vec<(i64, i64)>) -> KnownCheckpoints {
    let read =
        |(bucket, at): (i64, i64)| Some((Bucket(u8::try_from(bucket).ok()?), UnixMillis::new(u64::try_from(at).ok()?)));
    rows.into_iter().filter_map(read).collect()
}

/// A time as the databases keep it.
pub(super) fn integer(at: UnixMillis) -> i64 {
    i64::try_from(at.get()).unwrap_or(i64::MAX)
}

/// The binding in a row of the table.
pub(super) fn to_binding((audit, store): (Vec<u8>, Option<Vec<u8>>)) -> Result<AuditBinding, AuditError> {
    let id = |bytes: Vec<u8>| bytes.try_into().map(BindingId).ok();
    let malformed = || AuditError::unavailable("reading its binding", "an id does not have 16 bytes");
    Ok(AuditBinding {
        audit: id(audit).ok_or_else(malformed)?,
        store: store.map(|bytes| id(bytes).ok_or_else(malformed)).transpose()?,
    })
}
