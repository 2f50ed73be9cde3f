//! Persons who were forgotten, as the audit remembers them: by a mark that does not tell who it was.

use sha2::{Digest, Sha256};

use crate::domain::Owner;

/// What a mark calls `owner`.
pub(super) fn digest(owner: &Owner) -> [u8; 16] {
    let digest = Sha256::new().chain_update(b"forgotten").chain_update(owner.to_bytes()).finalize();
    let mut who = [0; 16];
    who.copy_from_slice(&digest[..16]);
    who
}
