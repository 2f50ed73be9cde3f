//! Randomness. Only this module asks the system for it.

use std::sync::{Mutex, PoisonError};

use rand::TryRng;

/// A source of random bytes fit for secrets. It is injected.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`. After an error a caller must not continue without them.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// The error of an operating system that provides no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("failed to read random bytes from the operating system: {0}")]
pub struct EntropyError(pub String);

/// The operating system's generator (an approved random bit generator where the system has one,
/// NIST SP 800-63B-4 §5.1).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        rand::rngs::SysRng.try_fill_bytes(bytes).map_err(|error| EntropyError(error.to_string()))
    }
}

/// A pool of random bytes, which are read in advance because each read from the system is expensive. It is for
/// identifiers: secrets must not be kept in memory before they are used.
#[derive(Debug)]
pub struct EntropyPool(Mutex<PoolBuffer>);

#[derive(Debug)]
struct PoolBuffer {
    bytes: [u8; EntropyPool::BYTES],
    used: usize,
}

impl EntropyPool {
    const BYTES: usize = 1024;

    /// Returns `N` bytes that no other call gets, and refills the pool if too few are left. `N` is at most the size of
    /// the pool.
    pub fn take<const N: usize>(&self, entropy: &dyn Entropy) -> Result<[u8; N], EntropyError> {
        const { assert!(N <= Self::BYTES) }
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if left.used + N > Self::BYTES {
            // If this fails, a partly filled buffer must not be handed out.
            left.used = Self::BYTES;
            entropy.fill(&mut left.bytes)?;
            left.used = 0;
        }
        let mut taken = [0; N];
        let used = left.used;
        taken.copy_from_slice(&left.bytes[used..used + N]);
        left.used += N;
        Ok(taken)
    }
}

impl Default for EntropyPool {
    fn default() -> Self {
        Self(Mutex::new(PoolBuffer { bytes: [0; Self::BYTES], used: Self::BYTES }))
    }
}

/// Returns `N` random bytes.
pub fn random_bytes<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashSet,
        sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    };

    use super::*;

    /// Counts the calls of `fill`, and fails on demand.
    #[derive(Default)]
    struct CountingEntropy {
        fill_calls: AtomicUsize,
        is_failing: AtomicBool,
    }

    impl Entropy for CountingEntropy {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            if self.is_failing.load(Ordering::Relaxed) {
                return Err(EntropyError("none".to_owned()));
            }
            self.fill_calls.fetch_add(1, Ordering::Relaxed);
            SystemEntropy.fill(bytes)
        }
    }

    #[test]
    fn a_pool_gives_no_bytes_twice_and_asks_seldom() {
        let (stock, entropy) = (EntropyPool::default(), CountingEntropy::default());
        let taken: HashSet<[u8; 16]> = (0..1_000).map(|_| stock.take(&entropy).expect("bytes")).collect();
        assert_eq!(taken.len(), 1_000);
        assert_eq!(entropy.fill_calls.load(Ordering::Relaxed), 1_000_usize.div_ceil(EntropyPool::BYTES / 16));
    }

    #[test]
    fn a_pool_that_cannot_be_filled_gives_nothing() {
        let (stock, entropy) = (EntropyPool::default(), CountingEntropy::default());
        entropy.is_failing.store(true, Ordering::Relaxed);
        assert!(stock.take::<16>(&entropy).is_err());
        assert!(stock.take::<16>(&entropy).is_err());
        entropy.is_failing.store(false, Ordering::Relaxed);
        assert_ne!(stock.take(&entropy).expect("bytes"), [0; 16]);
    }
}
