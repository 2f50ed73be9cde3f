//! The authentication of callers.

use std::sync::Arc;

use crate::domain::{CallError, Caller};

/// The public part of a credential, for the log. It never contains the secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresentedKey {
    /// The public ID of the key, if the credential has the form of an API key.
    pub key_id: Option<String>,
    /// The name of the caller that owns the key, if this installation has issued it.
    pub caller: Option<String>,
}

/// Authenticates the callers of this installation.
pub trait Authenticator: Send + Sync {
    /// Returns the caller that presents `credential`, an API key. `None`: no key was presented. Fails with
    /// [`CallError::Unauthenticated`], whose status is the same for an unknown and an expired key.
    fn authenticate(&self, credential: Option<&str>) -> Result<Arc<Caller>, CallError>;

    /// Returns the public part of a credential, even if it was refused.
    fn identify(&self, _: Option<&str>) -> PresentedKey {
        PresentedKey::default()
    }
}
