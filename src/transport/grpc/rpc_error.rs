//! Errors of RPCs.

use std::time::Duration;

use crate::domain::{CallError, FieldViolation, FieldViolations};

/// The reason why an RPC failed: in its use case, or in the transport around it. Nothing was started unless the variant
/// says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RpcError {
    #[error(transparent)]
    UseCase(CallError),
    #[error("the server works at its capacity")]
    Overloaded,
    #[error("the caller uses its share of the server's capacity")]
    CallerLimitReached,
    /// The caller makes more calls of this kind in a second than it may.
    #[error("the caller exceeds its rate")]
    CallerRateExceeded { retry_after: Duration },
    #[error("the request message did not arrive within {limit:?}")]
    RequestNotReceived {
        limit: Duration,
        /// True if the caller's own deadline set the limit.
        is_caller_deadline: bool,
    },
    /// The request is not a document of its format.
    #[error("the request is malformed: {0}")]
    Malformed(String),
    #[error("the request exceeds {limit} bytes")]
    MessageTooLarge { limit: usize },
    /// An alert stream was read too slowly and is ended. The messages that it missed are not lost.
    #[error("the stream is read too slowly")]
    SlowConsumer,
    /// The stream was ended because its client did not read. Responses already sent stand.
    #[error("the client read no response for {limit:?}")]
    ResponsesUnread { limit: Duration },
    /// Another node can take the call.
    #[error("this node is shutting down")]
    ShuttingDown,
}

impl RpcError {
    /// Returns the invalid fields of the request, if these are the reason.
    pub(super) const fn violations(&self) -> Option<&FieldViolations> {
        match self {
            Self::UseCase(CallError::InvalidArgument(violations)) => Some(violations),
            _ => None,
        }
    }
}

impl From<CallError> for RpcError {
    fn from(error: CallError) -> Self {
        Self::UseCase(error)
    }
}

impl From<FieldViolation> for RpcError {
    fn from(violation: FieldViolation) -> Self {
        Self::UseCase(violation.into())
    }
}

impl From<FieldViolations> for RpcError {
    fn from(violations: FieldViolations) -> Self {
        Self::UseCase(violations.into())
    }
}
