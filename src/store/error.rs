//! What can go wrong in a store.

use super::binding::BindingFault;
use crate::domain::UnixMillis;

/// The cause underneath, for the log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine did not take the step: nothing was changed.
    #[error("the session store is not reachable ({during}): {source}")]
    Unreachable { during: &'static str, source: BoxError },
    /// A server's settings make it unsafe to use. Nothing was asked of it.
    #[error("the session store at {server} is not safe to use: {advice}")]
    Misconfigured { server: String, advice: String },
    /// The answer was lost: the step may have been carried out.
    #[error("the session store did not answer ({during}): {source}")]
    NoResponse { during: &'static str, source: BoxError },
    /// A mass revocation reached a part of the buckets.
    #[error(
        "revocation applied to {reached} of {total} buckets; the rest is completed in the background, retry with the same operation_id to wait for it"
    )]
    PartiallyApplied { reached: u16, total: u16 },
    /// Two owners share a handle. Nothing was changed.
    #[error("another owner's sessions are stored under the same handle; nothing was changed")]
    HandleCollision,
    /// The record is larger than a record may be. Nothing was changed.
    #[error("the session would take {bytes} bytes; at most {limit} are allowed")]
    RecordTooLarge { bytes: usize, limit: usize },
    /// The caller's clock is too far from the store's. Nothing was changed.
    #[error(
        "this node's clock ({node}) is too far from the session store's ({store}) ({during}); check time synchronisation \
         on both"
    )]
    ClockSkewed { during: &'static str, node: UnixMillis, store: UnixMillis },
    /// The store is not this installation's, or it was emptied. Nothing was changed.
    #[error("{fault} ({during})")]
    Binding { during: &'static str, fault: BindingFault },
    /// Another node does the background work of the bucket. Nothing was changed.
    #[error("another node does the background work of this bucket ({during}); it goes on there")]
    ClaimLost { during: &'static str },
    /// What is stored cannot be understood.
    #[error("the session store holds something unexpected ({during}): {what}")]
    Corrupt { during: &'static str, what: String },
}

impl StoreError {
    /// Whether the step may have been carried out, in whole or in part, all the same.
    #[must_use]
    pub const fn is_ambiguous(&self) -> bool {
        matches!(self, Self::NoResponse { .. } | Self::PartiallyApplied { .. })
    }

    pub(crate) fn corrupt(during: &'static str, what: impl Into<String>) -> Self {
        Self::Corrupt { during, what: what.into() }
    }
}
