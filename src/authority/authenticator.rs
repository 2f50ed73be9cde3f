//! Where callers are told apart.

use std::sync::Arc;

use crate::domain::{CallError, Caller};

/// What a credential says of itself, for the log. Never the secret in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresentedKey {
    /// The public id of the key, if it has the form of one.
    pub key_id: Option<String>,
    /// The name of the caller that the key was given to, if it is one of this installation.
    pub caller: Option<String>,
}

/// Knows the callers of this installation.
pub trait Authenticator: Send + Sync {
    /// The caller that presents `credential`, an API key; `None` when none was presented. Fails with
    /// [`CallError::Unauthenticated`], which does not tell an unknown key from an expired one.
    fn authenticate(&self, credential: Option<&str>) -> Result<Arc<Caller>, CallError>;

    /// Returns what is known of a credential, also of one that is refused.
    fn identify(&self, _: Option<&str>) -> PresentedKey {
        PresentedKey::default()
    }
}
