//! Authorization of open streams.

use std::sync::Arc;

use tonic::Request;

use super::methods::MethodSpec;
use crate::{
    authority::Authenticator,
    domain::{CallError, Caller},
    transport::bearer,
};

/// The credential and the method with which a stream was opened. They are checked again while it is open.
pub(super) struct StreamAuthorization {
    authenticator: Arc<dyn Authenticator>,
    credential: Option<String>,
    method: &'static MethodSpec,
}

impl StreamAuthorization {
    pub(super) fn from_request<T>(
        request: &Request<T>,
        method: &'static MethodSpec,
        authenticator: Arc<dyn Authenticator>,
    ) -> Self {
        let credential = bearer::credential(request.metadata().as_ref()).map(ToOwned::to_owned);
        Self { authenticator, credential, method }
    }

    /// Authenticates the credential again. Returns the caller as it is now, if it may still call the method.
    pub(super) fn reauthenticate(&self) -> Result<Arc<Caller>, CallError> {
        let caller = self.authenticator.authenticate(self.credential.as_deref())?;
        self.method.permit(&caller)?;
        Ok(caller)
    }
}
