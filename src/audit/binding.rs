//! The binding of the audit database to one session store.

use async_trait::async_trait;

use super::AuditError;
use crate::store::BindingId;

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

    /// Binds it to `store`, whatever it was bound to.
    async fn bind(&self, store: BindingId) -> Result<(), AuditError>;
}

/// The binding in a row of the table.
pub(super) fn read((audit, store): (Vec<u8>, Option<Vec<u8>>)) -> Result<AuditBinding, AuditError> {
    let id = |bytes: Vec<u8>| bytes.try_into().map(BindingId).ok();
    let malformed = || AuditError::unavailable("reading its binding", "an id does not have 16 bytes");
    Ok(AuditBinding {
        audit: id(audit).ok_or_else(malformed)?,
        store: store.map(|bytes| id(bytes).ok_or_else(malformed)).transpose()?,
    })
}
