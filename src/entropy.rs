//! Where randomness comes from. The only place that asks the system for it.

use rand::TryRng;

/// Gives random bytes fit for secrets. Handed to whatever needs it.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`, or fails: a caller must not go on without them.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// The operating system has no randomness to give.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes: {0}")]
pub struct EntropyError(String);

/// The operating system's generator (an approved random bit generator where the system has one,
/// NIST SP 800-63B-4 §5.1).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        rand::rngs::SysRng.try_fill_bytes(bytes).map_err(|error| EntropyError(error.to_string()))
    }
}

/// `N` random bytes.
pub fn random<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}
