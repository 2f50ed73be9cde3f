//! The binding of a session store to its installation and to the audit database that receives its events.
//!
//! A store that is empty, or that another installation wrote, looks as if nobody were signed in. The binding is
//! therefore written at the first start, every step compares the installation in the same round trip, and only an
//! operator changes it (`session-authority adopt`).

use std::collections::BTreeMap;

use async_trait::async_trait;
use data_encoding::HEXLOWER;

use super::{CheckpointResult, KnownCheckpoints, StoreError};
use crate::domain::InstallationSecret;

/// The ID of an installation, a store or an audit database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BindingId(pub [u8; 16]);

impl BindingId {
    /// The ID of an audit that drops every event.
    pub const NONE: Self = Self([0; 16]);

    /// Returns a keyed digest of the installation secret, which reveals nothing about the secret.
    #[must_use]
    pub fn from_installation_secret(secret: &InstallationSecret) -> Self {
        let [first @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            *secret.derive_key("binding of the session store");
        Self(first)
    }

    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

/// 32 hexadecimal digits.
impl std::fmt::Display for BindingId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// Fingerprints of token keys, by the IDs of the keys.
pub type TokenKeyFingerprints = BTreeMap<u8, BindingId>;

/// The binding of a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreBinding {
    pub installation: BindingId,
    /// The ID of the store itself: random, generated at its first start or its adoption.
    pub store: BindingId,
    /// The audit database that receives its events, or [`BindingId::NONE`] if they are dropped on purpose. `None` until
    /// a node has reached that database.
    pub audit: Option<BindingId>,
}

impl StoreBinding {
    /// Returns the binding that two parts of a store state together, or `None` if they contradict each other. One of
    /// them may not know the audit database yet.
    #[must_use]
    pub fn merge(self, other: Self) -> Option<Self> {
        let audit = self.audit.or(other.audit);
        let agrees = |one: Self| Self { audit, ..one };
        let is_same = agrees(self) == agrees(other) && other.audit.is_none_or(|other| Some(other) == audit);
        is_same.then_some(agrees(self))
    }
}

/// The state of a store's binding, as its parts state it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindingState {
    /// The store has no binding: it is new, or it was emptied.
    Unbound,
    Bound {
        binding: StoreBinding,
        /// The number of reachable parts without a binding: they were emptied, or a first start was interrupted.
        unbound: u16,
        /// True if every part was bound at some time.
        is_complete: bool,
        /// The number of parts that cannot be reached now.
        unreached: u16,
    },
    /// The parts have different bindings, such as one server of a Cluster that belongs to another installation.
    Inconsistent { one: StoreBinding, other: StoreBinding },
}

/// A store that carries its binding.
#[async_trait]
pub trait BoundStore: Send + Sync {
    /// Reads the binding of every part that can be reached. Fails if none can.
    async fn binding(&self) -> Result<BindingState, StoreError>;

    /// Binds the parts that are not bound yet, and returns the binding that then stands. It is another one if another
    /// node was first. Fails if a part could not be reached; a retry is safe.
    async fn bind(&self, binding: StoreBinding) -> Result<StoreBinding, StoreError>;

    /// Overwrites any existing binding, and accepts the store as it is as the newest.
    async fn rebind(&self, binding: StoreBinding) -> Result<(), StoreError>;

    /// Advances the checkpoint of every server to its present time. A server whose checkpoint is older than `known` by
    /// more than [`CRASH_TOLERANCE`](super::CRASH_TOLERANCE) fails with [`RolledBack`](super::BindingFault::RolledBack) and serves nothing
    /// any more.
    async fn advance_checkpoints(&self, known: &KnownCheckpoints) -> Vec<CheckpointResult>;

    /// Records that this node uses the token keys `own`, and returns those that the nodes have used within the last
    /// hour. Of two keys with the same ID, the first that was recorded counts.
    async fn register_token_keys(&self, own: &TokenKeyFingerprints) -> Result<TokenKeyFingerprints, StoreError>;

    /// Records the checkpoints that the audit database has.
    async fn record_audited_checkpoints(&self, audited: &KnownCheckpoints) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_do_not_know_the_audit_database_agree_with_those_that_do() {
        let binding = |store, audit: Option<u8>| StoreBinding {
            store: BindingId([store; 16]),
            audit: audit.map(|byte| BindingId([byte; 16])),
            ..StoreBinding::default()
        };
        assert_eq!(binding(1, None).merge(binding(1, Some(2))), Some(binding(1, Some(2))));
        assert_eq!(binding(1, Some(2)).merge(binding(1, None)), Some(binding(1, Some(2))));
        assert_eq!(binding(1, Some(2)).merge(binding(1, Some(3))), None);
        assert_eq!(binding(1, None).merge(binding(2, None)), None);
    }

    #[test]
    fn an_installation_is_known_by_its_secret() {
        let installation_id = |byte| BindingId::from_installation_secret(&InstallationSecret::new(&[byte; 32]));
        assert_eq!(installation_id(1), installation_id(1));
        assert_ne!(installation_id(1), installation_id(2));
        assert_eq!(BindingId::from_hex(&installation_id(1).to_string()), Some(installation_id(1)));
        assert_eq!(BindingId::from_hex("no"), None);
    }
}
