//! The client certificate of a connection.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rustls::pki_types::CertificateDer;

use super::authorities::ClientAuthorities;
use crate::{
    authority::ClientIdentity,
    certificates::{expires_at, read_spiffe_id},
    domain::{CertificateRefusal, SpiffeId, TrustDomain, UnixMillis},
};

/// A client certificate that its peer has proven to hold, and that was verified when the connection was opened.
///
/// It is verified again, once, when the authorities have been replaced since. Otherwise, removing an authority would
/// leave its connections in place.
pub struct ClientCertificate {
    /// The certificates that the peer presented, leaf first.
    chain: Vec<CertificateDer<'static>>,
    identity: Result<SpiffeId, CertificateRefusal>,
    expires_at: UnixMillis,
    authorities: Arc<ClientAuthorities>,
    /// Twice the generation of the authorities that were asked last, plus one if they vouched for it.
    verified: AtomicU64,
}

impl ClientCertificate {
    /// Returns the certificate that the authorities of `generation` have verified.
    pub(super) fn new(
        chain: Vec<CertificateDer<'static>>,
        domain: &TrustDomain,
        authorities: Arc<ClientAuthorities>,
        generation: u64,
    ) -> Self {
        let leaf = chain.first().ok_or(CertificateRefusal::NoSpiffeId);
        let identity = leaf.and_then(|leaf| read_spiffe_id(leaf, domain));
        let expires_at = expires_at(&chain);
        Self { chain, identity, expires_at, authorities, verified: AtomicU64::new(verification(generation, true)) }
    }

    fn is_trusted(&self, now: UnixMillis) -> bool {
        let verified = self.verified.load(Ordering::Relaxed);
        if verified >> 1 == self.authorities.generation() {
            return verified & 1 == 1;
        }
        let (generation, is_trusted) = self.authorities.verify(&self.chain, now);
        self.verified.store(verification(generation, is_trusted), Ordering::Relaxed);
        is_trusted
    }
}

fn verification(generation: u64, is_trusted: bool) -> u64 {
    (generation << 1) | u64::from(is_trusted)
}

impl ClientIdentity for ClientCertificate {
    fn verify(&self, now: UnixMillis) -> Result<(), CertificateRefusal> {
        if now > self.expires_at {
            return Err(CertificateRefusal::Expired);
        }
        if self.is_trusted(now) { Ok(()) } else { Err(CertificateRefusal::Untrusted) }
    }

    fn spiffe_id(&self, now: UnixMillis) -> Result<&SpiffeId, CertificateRefusal> {
        let id = self.identity.as_ref().map_err(|refusal| *refusal)?;
        self.verify(now)?;
        Ok(id)
    }

    fn stated_id(&self) -> Option<&SpiffeId> {
        self.identity.as_ref().ok()
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate")
            .field("identity", &self.identity)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
