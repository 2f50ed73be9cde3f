//! The authorities whose client certificates are accepted now.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use rustls::{
    RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, UnixTime},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};

use super::credentials::ClientCertificateRule;
use crate::{
    certificates::{CertificateError, read_chain},
    domain::UnixMillis,
};

/// The current authorities, and the number of times that they were replaced.
#[derive(Debug, Default)]
pub(super) struct ClientAuthorities {
    generation: AtomicU64,
    current: RwLock<Option<Arc<dyn ClientCertVerifier>>>,
}

impl ClientAuthorities {
    /// Returns a number that grows with each replacement.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Replaces the authorities. Returns the new generation.
    pub(super) fn replace(&self, verifier: Option<Arc<dyn ClientCertVerifier>>) -> u64 {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = verifier;
        self.generation.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Returns whether the current authorities vouch for `chain` at `now`, leaf first, and their generation.
    pub(super) fn verify(&self, chain: &[CertificateDer<'_>], now: UnixMillis) -> (u64, bool) {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let generation = self.generation();
        let now = UnixTime::since_unix_epoch(now.since(UnixMillis::default()));
        let is_trusted = match (current.as_ref(), chain.split_first()) {
            (Some(verifier), Some((leaf, intermediates))) => {
                verifier.verify_client_cert(leaf, intermediates, now).is_ok()
            }
            _ => false,
        };
        (generation, is_trusted)
    }
}

/// Returns the verifier of client certificates that the authorities of a PEM file have issued.
pub(super) fn new_verifier(
    authorities: &str,
    rule: ClientCertificateRule,
) -> Result<Arc<dyn ClientCertVerifier>, CertificateError> {
    let mut roots = RootCertStore::empty();
    for (index, certificate) in read_chain(authorities)?.into_iter().enumerate() {
        let unreadable =
            |error: rustls::Error| CertificateError::Unreadable { position: index + 1, reason: error.to_string() };
        roots.add(certificate).map_err(unreadable)?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(ring::default_provider()))
        // The names of the authorities are nobody's business, and a long list would not fit into a handshake.
        .clear_root_hint_subjects();
    let builder = match rule {
        ClientCertificateRule::Required => builder,
        ClientCertificateRule::Optional => builder.allow_unauthenticated(),
    };
    builder.build().map_err(|error| CertificateError::Unreadable { position: 1, reason: error.to_string() })
}
