//! The binding of a session store: which installation it belongs to, and which audit database gets its events.
//!
//! A store that is empty, or that another installation wrote, looks like one in which nobody is signed in. So the binding
//! is written with the first start, every step compares the installation in the same round trip, and only an operator
//! changes it (`session-authority adopt`).

use std::collections::BTreeMap;

use async_trait::async_trait;
use data_encoding::HEXLOWER;

use super::{CheckpointResult, KnownCheckpoints, StoreError};
use crate::domain::{InstallationSecret, UnixMillis};

/// Stands for an installation, a store or an audit database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BindingId(pub [u8; 16]);

impl BindingId {
    /// Stands for an audit that drops every event.
    pub const NONE: Self = Self([0; 16]);

    /// The keyed digest of an installation's secret, which tells nothing of the secret.
    #[must_use]
    pub fn from_installation_secret(secret: &InstallationSecret) -> Self {
        let [first @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            secret.derive_key("binding of the session store");
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

/// Fingerprints of token keys by the ids of the keys.
pub type TokenKeyFingerprints = BTreeMap<u8, BindingId>;

/// What a store is bound to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreBinding {
    pub installation: BindingId,
    /// The store itself: random, made with its first start or its adoption.
    pub store: BindingId,
    /// The audit database that gets its events; [`BindingId::NONE`] where they are dropped knowingly. `None` until a node
    /// has reached that database.
    pub audit: Option<BindingId>,
}

impl StoreBinding {
    /// What two parts of one store say together; `None` where they contradict each other. One of them may not know the
    /// audit database yet.
    #[must_use]
    pub fn merge(self, other: Self) -> Option<Self> {
        let audit = self.audit.or(other.audit);
        let agrees = |one: Self| Self { audit, ..one };
        let is_same = agrees(self) == agrees(other) && other.audit.is_none_or(|other| Some(other) == audit);
        is_same.then_some(agrees(self))
    }
}

/// What a store says of its binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindingState {
    /// Nothing: it is new, or it was emptied.
    Unbound,
    Bound {
        binding: StoreBinding,
        /// Parts that can be reached and say nothing: they were emptied, or a first start was interrupted.
        unbound: u16,
        /// All parts were bound once.
        is_complete: bool,
        /// Parts that cannot be reached now.
        unreached: u16,
    },
    /// Its parts are bound to different things, such as one server of a Cluster that belongs to another installation.
    Inconsistent { one: StoreBinding, other: StoreBinding },
}

/// A store that knows what it is bound to.
#[async_trait]
pub trait BoundStore: Send + Sync {
    /// Reads the binding of every part that can be reached; an error when none can.
    async fn binding(&self) -> Result<BindingState, StoreError>;

    /// Binds the parts that are not bound yet, and returns the binding that then stands: another one where another node
    /// was first. An error where a part could not be reached; repeating it is safe.
    async fn bind(&self, binding: StoreBinding) -> Result<StoreBinding, StoreError>;

    /// Writes the binding whatever was there, and takes the store as it is for the newest.
    async fn rebind(&self, binding: StoreBinding) -> Result<(), StoreError>;

    /// Advances the checkpoint of every server to its present time. One whose checkpoint is older than `known` by more than
    /// [`CRASH_TOLERANCE`](super::CRASH_TOLERANCE) fails with [`BindingFault::RolledBack`] and serves nothing any more.
    async fn advance_checkpoints(&self, known: &KnownCheckpoints) -> Vec<CheckpointResult>;

    /// Notes that this node uses the token keys `own`, and returns those that the nodes have used within the last hour. Of
    /// two keys with one id the first that was noted counts.
    async fn register_token_keys(&self, own: &TokenKeyFingerprints) -> Result<TokenKeyFingerprints, StoreError>;

    /// Notes which checkpoints the audit database has.
    async fn record_audited_checkpoints(&self, audited: &KnownCheckpoints) -> Result<(), StoreError>;
}

/// Why a step of a store was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingFault {
    Unbound,
    WrongInstallation,
    /// It is an older copy of what it was.
    RolledBack {
        found: UnixMillis,
        known: UnixMillis,
    },
}

impl std::fmt::Display for BindingFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::RolledBack { found, known } => {
                return write!(
                    f,
                    "the session store is a copy of {found}, although it was in use until {known}: sessions that were \
                     revoked in between would be accepted again; restore a newer copy, or accept that with \
                     `session-authority adopt` and sign everyone out"
                );
            }
            Self::Unbound => {
                "the session store is empty, although it was in use: restore it, or accept the loss with \
                 `session-authority adopt`"
            }
            Self::WrongInstallation => {
                "the session store belongs to another installation: check `store.url` and `keys.installation`"
            }
        })
    }
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
