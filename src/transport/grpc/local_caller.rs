//! Callers within this process.

use std::sync::Arc;

use crate::{
    authority::Authenticator,
    domain::{CallError, Caller},
};

/// The caller of a call that this process makes itself, in the extensions of its request. No request from the network
/// has one.
#[derive(Clone, Debug)]
pub(in crate::transport) enum LocalCaller {
    /// The holder of the API key with this public ID, who is represented by a session of the console.
    KeyHolder(Arc<str>),
    /// A part of this server, which decides by itself what it may do.
    Server(Arc<Caller>),
}

impl LocalCaller {
    /// Returns the caller as it is now. Fails once the key can no longer be used.
    pub(super) fn authenticate(&self, authenticator: &dyn Authenticator) -> Result<Arc<Caller>, CallError> {
        match self {
            Self::KeyHolder(id) => authenticator.authenticate_key_id(id),
            Self::Server(caller) => Ok(Arc::clone(caller)),
        }
    }
}
