//! Errors of a store.

use crate::domain::UnixMillis;

/// The underlying error, for the log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The reason why a step of a store was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingFault {
    Unbound,
    WrongInstallation,
    /// The store is an older copy of itself.
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
                    "the session store was rolled back to {found}; it was last in use at {known}. Sessions revoked in \
                     between would become valid again. Restore a newer copy, or run `session-authority adopt` \
                     and revoke all sessions"
                );
            }
            Self::Unbound => {
                "the session store is empty but has been in use: restore it, or run `session-authority adopt` to \
                 accept the data loss"
            }
            Self::WrongInstallation => {
                "the session store belongs to another installation: check `store.url` and `keys.installation`"
            }
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine did not take the step. Nothing was changed.
    #[error("session store unreachable ({during}): {source}")]
    Unreachable { during: &'static str, source: BoxError },
    /// The settings of a server make it unsafe to use. No step was sent to it.
    #[error("the session store at {server} is not safe to use: {advice}")]
    Misconfigured { server: String, advice: String },
    /// The response was lost. The step may have been carried out.
    #[error("no response from the session store ({during}): {source}")]
    NoResponse { during: &'static str, source: BoxError },
    /// A mass revocation reached only a part of the buckets.
    #[error(
        "revocation applied to {reached} of {total} buckets; the rest is completed in the background, retry with the \
         same operation_id to wait for it"
    )]
    PartiallyApplied { reached: u16, total: u16 },
    /// Two owners share a handle. Nothing was changed.
    #[error("user handle collision: sessions of another user are stored under the same handle; nothing was changed")]
    HandleCollision,
    /// The record exceeds the size limit. Nothing was changed.
    #[error("session record too large: {bytes} bytes, the limit is {limit}")]
    RecordTooLarge { bytes: usize, limit: usize },
    /// The caller's clock is too far from the store's. Nothing was changed.
    #[error(
        "this node's clock ({node}) and the session store's clock ({store}) differ too much ({during}); check time \
         synchronisation on both"
    )]
    ClockSkewed { during: &'static str, node: UnixMillis, store: UnixMillis },
    /// The store belongs to another installation, was emptied, or was rolled back. Nothing was changed.
    #[error("{fault} ({during})")]
    Binding { during: &'static str, fault: BindingFault },
    /// Another node has claimed the bucket. Nothing was changed.
    #[error("another node has claimed this bucket ({during}); its background work continues there")]
    ClaimLost { during: &'static str },
    /// The denylist has no room for more. Denials in other buckets may have been stored.
    #[error("the denylist is full: {limit} denials in one of its buckets have not ended")]
    DenylistFull { limit: usize },
    /// A denial reached only a part of its buckets.
    #[error("JWTs were denied in {reached} of {total} buckets; retry to deny the others")]
    PartiallyDenied { reached: u16, total: u16 },
    /// The stored data cannot be decoded.
    #[error("invalid data in the session store ({during}): {what}")]
    Corrupt { during: &'static str, what: String },
}

impl StoreError {
    /// Returns whether the step may have been carried out all the same, in whole or in part.
    #[must_use]
    pub const fn is_ambiguous(&self) -> bool {
        matches!(
            self,
            Self::NoResponse { .. }
                | Self::PartiallyApplied { .. }
                | Self::PartiallyDenied { .. }
                | Self::DenylistFull { .. }
        )
    }

    pub(crate) fn corrupt(during: &'static str, what: impl Into<String>) -> Self {
        Self::Corrupt { during, what: what.into() }
    }
}
