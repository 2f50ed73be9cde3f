//! Authorization of open streams.

use std::{future::pending, sync::Arc, time::Duration};

use http::{Extensions, HeaderMap};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tonic::Request;

use super::{connection::request_connection, local_caller::LocalCaller, methods::MethodSpec};
use crate::{
    authority::{Authenticator, ClientIdentity, PresentedCredentials},
    clock::Clock,
    domain::{CallError, Caller},
    transport::bearer,
};

/// The interval at which the credentials of an open stream are checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The credentials and the method with which a stream was opened. They are checked again while it is open.
pub(super) struct StreamAuthorization {
    authenticator: Arc<dyn Authenticator>,
    /// Set if this process opened the stream.
    local: Option<LocalCaller>,
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
        Self::new(request.metadata().as_ref(), request.extensions(), method, authenticator)
    }

    /// Returns the authorization of a call with these headers and extensions.
    pub(super) fn new(
        headers: &HeaderMap,
        extensions: &Extensions,
        method: &'static MethodSpec,
        authenticator: Arc<dyn Authenticator>,
    ) -> Self {
        let key = bearer::credential(headers).map(ToOwned::to_owned);
        let local = extensions.get().cloned();
        Self { authenticator, local, key, certificate: client_certificate(extensions), method }
    }

    /// Authenticates the credentials again. Returns the caller as it is now, if it may still call the method.
    pub(super) fn reauthenticate(&self) -> Result<Arc<Caller>, CallError> {
        let credentials = PresentedCredentials { key: self.key.as_deref(), certificate: self.certificate.as_deref() };
        let caller = match &self.local {
            Some(local) => local.authenticate(self.authenticator.as_ref())?,
            None => self.authenticator.authenticate(credentials)?,
        };
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

fn client_certificate(extensions: &Extensions) -> Option<Arc<dyn ClientIdentity>> {
    request_connection(extensions).and_then(|connection| connection.client_identity().cloned())
}

/// The client certificate of the connection of a stream that needs no caller. Without it, the client could not have
/// connected if certificates are required.
pub(super) struct StreamCertificate {
    certificate: Option<Arc<dyn ClientIdentity>>,
    clock: Arc<dyn Clock>,
    checks: Interval,
}

impl StreamCertificate {
    pub(super) fn new(extensions: &Extensions, clock: Arc<dyn Clock>) -> Self {
        Self { certificate: client_certificate(extensions), clock, checks: StreamAuthorization::check_interval() }
    }

    /// Waits until the certificate has expired or is no longer trusted; forever without one. It is cancel-safe.
    pub(super) async fn refused(&mut self) -> CallError {
        let Some(certificate) = &self.certificate else { return pending().await };
        while certificate.verify(self.clock.now()).is_ok() {
            self.checks.tick().await;
        }
        CallError::Unauthenticated("the client certificate of this connection has expired or is no longer trusted")
    }
}
