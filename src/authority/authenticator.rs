//! Where callers are told apart.

use std::sync::Arc;

use crate::domain::{Caller, Error};

/// Knows the callers of this installation.
pub trait Authenticator: Send + Sync {
    /// The caller that presents `credential`, an API key; `None` when none was presented. Fails with
    /// [`Error::Unauthenticated`], which does not tell an unknown key from an expired one.
    fn authenticate(&self, credential: Option<&str>) -> Result<Arc<Caller>, Error>;
}
