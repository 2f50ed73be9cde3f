//! The token keys that other nodes use and this one does not have.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::CallError;

/// The IDs of these keys. A token issued with one of them may be valid, so this node gives no verdict on it.
#[derive(Debug, Default)]
pub struct TokenKeyRegistry([AtomicU64; 4]);

impl TokenKeyRegistry {
    /// Sets the IDs of the keys that other nodes use and this one lacks. Returns whether they have changed.
    pub fn set_missing(&self, ids: &[u8]) -> bool {
        let mut bits = [0_u64; 4];
        for id in ids {
            bits[usize::from(id / 64)] |= 1 << (id % 64);
        }
        let before = self.0.each_ref().map(|word| word.load(Ordering::Relaxed));
        for (word, bits) in self.0.iter().zip(bits) {
            word.store(bits, Ordering::Relaxed);
        }
        before != bits
    }

    /// Fails for a key that another node uses.
    pub fn verify_unused(&self, id: u8) -> Result<(), CallError> {
        let is_used = self.0[usize::from(id / 64)].load(Ordering::Relaxed) & (1 << (id % 64)) != 0;
        if is_used { Err(CallError::TokenKeyMissing(id)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_that_others_use_are_missed() {
        let registry = TokenKeyRegistry::default();
        assert_eq!(registry.verify_unused(200), Ok(()));
        assert!(registry.set_missing(&[0, 63, 64, 200, 255]));
        assert!(!registry.set_missing(&[0, 63, 64, 200, 255]));
        for id in [0, 63, 64, 200, 255] {
            assert_eq!(registry.verify_unused(id), Err(CallError::TokenKeyMissing(id)));
        }
        assert_eq!(registry.verify_unused(1), Ok(()));
        assert!(registry.set_missing(&[]));
        assert_eq!(registry.verify_unused(200), Ok(()));
    }
}
