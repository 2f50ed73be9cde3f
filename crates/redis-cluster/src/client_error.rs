//! Errors of the client.

use std::{error::Error, sync::Arc};

use redis::RedisError;

/// An underlying error, for the log. Requests that fail together share it.
pub type SharedError = Arc<dyn Error + Send + Sync>;

/// The failure of a request. `during` names the purpose of the request, as its caller stated it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL, or the certificates that belong to it, cannot be used.
    #[error("invalid Redis URL: {source}")]
    InvalidUrl { source: SharedError },
    /// No server executed the command.
    #[error("Redis unreachable ({during}): {source}")]
    Unreachable { during: &'static str, source: SharedError },
    /// The response was lost. The command may have been executed.
    #[error("no response from Redis ({during}): {source}")]
    NoResponse { during: &'static str, source: SharedError },
    /// The server or a script replied with an error that has a code of its own, such as `OOM`.
    #[error("error reply from Redis ({during}): {reply}")]
    ErrorReply { during: &'static str, reply: Arc<RedisError> },
    /// The reply cannot be decoded, or the command failed because of its arguments or of the data.
    #[error("unexpected reply from Redis ({during}): {what}")]
    UnexpectedReply { during: &'static str, what: String },
    /// The application does not allow connections to the server without TLS. Nothing was sent to it.
    #[error("plaintext connection to {server} refused: {advice}")]
    Plaintext { server: String, advice: String },
    /// The application does not use the server (see [`ServerInspection`](crate::ServerInspection)).
    #[error(transparent)]
    Refused(SharedError),
}

impl ClientError {
    pub(crate) fn invalid_url(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::InvalidUrl { source: source.into().into() }
    }

    pub(crate) fn unreachable(during: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unreachable { during, source: source.into().into() }
    }

    pub(crate) fn no_response(during: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::NoResponse { during, source: source.into().into() }
    }

    pub(crate) fn unexpected_reply(during: &'static str, what: impl Into<String>) -> Self {
        Self::UnexpectedReply { during, what: what.into() }
    }
}
