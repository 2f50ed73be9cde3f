//! The credentials of callers, for administrators.

use std::{collections::HashMap, sync::Arc};

use crate::{
    audit::{AuditError, CallerLog},
    domain::{CallError, Caller, UnixMillis},
};

/// The public ID of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialName {
    /// The ID of an API key.
    Key(String),
    SpiffeId(String),
}

impl CredentialName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Key(id) | Self::SpiffeId(id) => id,
        }
    }
}

/// A credential of a caller, as this node lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCredential {
    pub caller: Caller,
    pub credential: CredentialName,
    pub created_at: UnixMillis,
    pub expires_at: Option<UnixMillis>,
    pub revoked_at: Option<UnixMillis>,
    /// The hour of the last use on this node since it started, or on any node if the audit database has it.
    pub last_used_at: Option<UnixMillis>,
}

/// The credentials that are in effect on this node.
pub trait CredentialDirectory: Send + Sync {
    /// Returns the credentials in the order in which they are listed.
    fn credentials(&self) -> Vec<ListedCredential>;
}

/// The list of credentials, with their last use on all nodes.
#[derive(Clone)]
pub struct CredentialList {
    pub directory: Arc<dyn CredentialDirectory>,
    pub uses: Arc<dyn CallerLog>,
}

impl CredentialList {
    /// Returns the credentials of this node with their last use. Without an audit database, only uses on this node
    /// since its start are known.
    pub async fn list(&self) -> Result<Vec<ListedCredential>, CallError> {
        let recorded = match self.uses.credential_uses().await {
            Ok(uses) => uses,
            Err(AuditError::Disabled) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let recorded: HashMap<_, _> = recorded.into_iter().map(|used| (used.credential, used.last_used_at)).collect();
        let mut credentials = self.directory.credentials();
        for listed in &mut credentials {
            listed.last_used_at = listed.last_used_at.max(recorded.get(listed.credential.as_str()).copied());
        }
        Ok(credentials)
    }
}
