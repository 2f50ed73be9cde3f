//! Callers: API keys, the file that lists them, and the check of a presented key.

mod entry;
mod file;
mod handle;
mod key;

pub use entry::CallerEntry;
pub use file::{CallerFile, CallerFileError, KeySelector, NewCallerKey};
pub use handle::{CallersFileStatus, CallersHandle, CallersReloadOutcome};
pub use key::{ApiKey, KeyHash, KeyHasher, KeyId};

use std::{collections::HashMap, sync::Arc};

use crate::domain::{Caller, InstallationSecret, UnixMillis};

/// The reason why a caller is rejected. Only the holder of a key learns that it has expired or was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AuthError {
    #[error("no API key was provided")]
    Missing,
    /// The credential does not have the format of an API key, or is mistyped.
    #[error("the credential is not a valid API key")]
    Malformed,
    #[error("the API key is unknown")]
    Unknown,
    #[error("the API key has expired")]
    Expired,
    #[error("the API key was revoked")]
    Revoked,
}

/// The callers and their keys at one moment.
#[derive(Debug)]
pub struct CallerRegistry {
    hasher: KeyHasher,
    by_key: HashMap<KeyId, KnownKey>,
    /// The caller of requests without a key, if these are allowed.
    anonymous: Option<Arc<Caller>>,
}

#[derive(Debug)]
struct KnownKey {
    hash: KeyHash,
    caller: Arc<Caller>,
    expires_at: Option<UnixMillis>,
    revoked: bool,
}

impl CallerRegistry {
    /// Creates a registry of `entries`. If several have the same key ID, the first one counts. With `anonymous`,
    /// callers without a key are accepted with every role.
    #[must_use]
    pub fn new(secret: &InstallationSecret, entries: &[CallerEntry], anonymous: bool) -> Self {
        let mut by_key = HashMap::with_capacity(entries.len());
        for entry in entries {
            by_key.entry(entry.key_id).or_insert_with(|| KnownKey {
                hash: entry.key_hash,
                caller: Arc::new(entry.caller()),
                expires_at: entry.expires_at,
                revoked: entry.revoked_at.is_some(),
            });
        }
        let anonymous = anonymous.then(|| Arc::new(Caller::anonymous()));
        Self { hasher: KeyHasher::new(secret), by_key, anonymous }
    }

    /// Returns the caller whose key was presented. Only the holder of a key learns that it was revoked or has expired.
    /// The time that a rejection takes reveals nothing about the existing keys.
    pub fn authenticate(&self, presented: Option<&str>, now: UnixMillis) -> Result<Arc<Caller>, AuthError> {
        let Some(presented) = presented else {
            return self.anonymous.clone().ok_or(AuthError::Missing);
        };
        let key = ApiKey::parse(presented).ok_or(AuthError::Malformed)?;
        let hash = self.hasher.hash(&key);
        let known = self.by_key.get(&key.id()).filter(|known| known.hash == hash);
        let known = known.ok_or(AuthError::Unknown)?;
        if known.revoked {
            return Err(AuthError::Revoked);
        }
        if known.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(AuthError::Expired);
        }
        Ok(Arc::clone(&known.caller))
    }

    /// Returns the public ID of a presented key, and the name of its caller if the key is listed, usable or not.
    #[must_use]
    pub fn identify(&self, presented: &str) -> Option<(KeyId, Option<String>)> {
        let key = ApiKey::parse(presented)?;
        let hash = self.hasher.hash(&key);
        let known = self.by_key.get(&key.id()).filter(|known| known.hash == hash);
        Some((key.id(), known.map(|known| known.caller.name.clone())))
    }

    /// Returns the number of listed keys, usable or not.
    #[must_use]
    pub fn key_count(&self) -> usize {
        self.by_key.len()
    }
}

#[cfg(test)]
mod tests;
