//! The authentication of callers.

use std::{fmt, sync::Arc};

use crate::domain::{CallError, Caller, CertificateRefusal, SpiffeId, UnixMillis};

/// The client certificate of a connection.
pub trait ClientIdentity: fmt::Debug + Send + Sync {
    /// Fails if the certificate has expired at `now`, or if the authorities no longer vouch for it.
    fn verify(&self, now: UnixMillis) -> Result<(), CertificateRefusal>;

    /// Returns the identity that the certificate proves at `now`. The answer changes when the certificate expires, and
    /// when the authorities are replaced.
    fn spiffe_id(&self, now: UnixMillis) -> Result<&SpiffeId, CertificateRefusal>;

    /// Returns the identity in the certificate, for the log, whether it is proven or not.
    fn stated_id(&self) -> Option<&SpiffeId>;
}

/// The credentials that a caller presents.
#[derive(Clone, Copy, Debug, Default)]
pub struct PresentedCredentials<'a> {
    /// An API key.
    pub key: Option<&'a str>,
    /// The client certificate of the connection.
    pub certificate: Option<&'a dyn ClientIdentity>,
}

/// The public part of the credentials of a caller, for the log. It never contains a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresentedIdentity {
    /// The public ID of the API key if one was presented, and otherwise the SPIFFE ID of the certificate.
    pub credential: Option<String>,
    /// The name of the caller to whom the credential belongs, if this installation has issued or listed it.
    pub caller: Option<String>,
}

/// Authenticates the callers of this installation.
pub trait Authenticator: Send + Sync {
    /// Returns the caller that presents `credentials`. If it presents both an API key and a client certificate, each
    /// must be valid, and both must belong to the same caller. Fails with [`CallError::Unauthenticated`], whose status
    /// is the same for an unknown and an expired credential.
    fn authenticate(&self, credentials: PresentedCredentials<'_>) -> Result<Arc<Caller>, CallError>;

    /// Returns the caller that has the API key with this public ID. Its holder was authenticated before, and is
    /// represented by a session since then. Fails as [`Authenticator::authenticate`] does once the key has expired, was
    /// revoked or is no longer listed.
    fn authenticate_key_id(&self, _: &str) -> Result<Arc<Caller>, CallError> {
        Err(CallError::Unauthenticated("the ID of an API key is not a credential here"))
    }

    /// Returns the public part of credentials, even if they were refused.
    fn identify(&self, _: PresentedCredentials<'_>) -> PresentedIdentity {
        PresentedIdentity::default()
    }
}
