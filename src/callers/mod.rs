//! Callers: API keys and SPIFFE IDs, the file that lists them, and the check of presented credentials.

mod credential;
mod entry;
mod file;
mod handle;
mod key;
mod last_use;
mod registry;

pub use credential::{CallerCredential, CredentialId};
pub use entry::CallerEntry;
pub use file::{CallerFile, CallerFileError, CredentialSelector, KeyRotation, NewCaller};
pub use handle::{CallersFileStatus, CallersHandle, CallersReloadOutcome};
pub use key::{ApiKey, KeyHash, KeyHasher, KeyId};
pub use registry::{AuthError, CallerRegistry};

#[cfg(test)]
mod tests;
