//! The credentials of callers: API keys and SPIFFE IDs.

use std::fmt;

use crate::domain::SpiffeId;

use super::key::{KeyHash, KeyId};

/// The public name of a credential.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialId {
    Key(KeyId),
    Certificate(SpiffeId),
}

/// Writes the ID of the key, or the SPIFFE ID.
impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => id.fmt(f),
            Self::Certificate(id) => id.fmt(f),
        }
    }
}

/// The stored form of a credential, by which a caller is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerCredential {
    Key {
        id: KeyId,
        hash: KeyHash,
    },
    /// Client certificates with this identity.
    Certificate(SpiffeId),
}

impl CallerCredential {
    #[must_use]
    pub fn id(&self) -> CredentialId {
        match self {
            Self::Key { id, .. } => CredentialId::Key(*id),
            Self::Certificate(id) => CredentialId::Certificate(id.clone()),
        }
    }

    #[must_use]
    pub const fn is_key(&self) -> bool {
        matches!(self, Self::Key { .. })
    }
}
