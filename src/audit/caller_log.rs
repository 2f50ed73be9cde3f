//! The record of callers: refused calls, and the last use of each credential.

use async_trait::async_trait;

use super::AuditError;
use crate::domain::{CredentialUse, RefusedCalls};

/// The record of callers in the audit database.
///
/// It is written directly, and not through the outbox: refused calls change no session, and anyone can cause them.
/// Each method is one transaction and can be repeated.
#[async_trait]
pub trait CallerLog: Send + Sync {
    /// Appends refused calls to the events of the audit. Those that are recorded already are skipped.
    async fn append_refused_calls(&self, refused: &[RefusedCalls]) -> Result<(), AuditError>;

    /// Moves the last use of credentials forward, never back.
    async fn record_credential_uses(&self, uses: &[CredentialUse]) -> Result<(), AuditError>;

    /// Returns the last use of every credential that was used within the retention of the audit. Returns
    /// [`AuditError::Disabled`] without an audit database.
    async fn credential_uses(&self) -> Result<Vec<CredentialUse>, AuditError>;
}
