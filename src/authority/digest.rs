//! Digests of requests, by which a repeated request is recognised.

use sha2::{Digest, Sha256};

/// Returns the first 16 bytes of the SHA-256.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 16] {
    let mut digest = [0; 16];
    digest.copy_from_slice(&Sha256::digest(bytes)[..16]);
    digest
}
