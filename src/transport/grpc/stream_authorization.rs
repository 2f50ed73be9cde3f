//! Authorization of open streams.

use std::{sync::Arc, time::Duration};

use tokio::time::{Interval, MissedTickBehavior, interval};
use tonic::Request;

use super::{connection_layer::request_connection, methods::MethodSpec};
use crate::{
    authority::{Authenticator, ClientIdentity, PresentedCredentials},
    domain::{CallError, Caller},
    transport::bearer,
};

/// The interval at which the credentials of an open stream are checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The credentials and the method with which a stream was opened. They are checked again while it is open.
pub(super) struct StreamAuthorization {
    authenticator: Arc<dyn Authenticator>,
    key: Option<String>,
    certificate: Option<Arc<dyn ClientIdentity>>,
    method: &'static MethodSpec,
}

impl StreamAuthorization {
    pub(super) fn from_request<T>(
        request: &Request<T>,
        method: &'static MethodSpec,
        authenticator: Arc<dyn Authenticator>,
    ) -> Self {
        let key = bearer::credential(request.metadata().as_ref()).map(ToOwned::to_owned);
        let connection = request_connection(request.extensions());
        let certificate = connection.and_then(|connection| connection.client_identity().cloned());
        Self { authenticator, key, certificate, method }
    }

    /// Authenticates the credentials again. Returns the caller as it is now, if it may still call the method.
    pub(super) fn reauthenticate(&self) -> Result<Arc<Caller>, CallError> {
        let credentials = PresentedCredentials { key: self.key.as_deref(), certificate: self.certificate.as_deref() };
        let caller = self.authenticator.authenticate(credentials)?;
        self.method.permit(&caller)?;
        Ok(caller)
    }

    /// Returns a timer for the checks of a stream that has just been opened.
    pub(super) fn check_interval() -> Interval {
        let mut checks = interval(CHECK_INTERVAL);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        checks.reset();
        checks
    }
}
