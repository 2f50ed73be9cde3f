//! Rejections of tokens.

use std::time::Duration;

use super::{ending::EndReason, id::SessionId, time::UnixMillis};

/// The reason why a token is rejected: it does not stand for an active session, or not for this use of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RejectReason {
    /// The text is not a token.
    Malformed,
    /// The token was not issued by this authority, or its session is not known, or no longer known.
    Unknown,
    /// The session has ended, and the token is the right one for it.
    Ended(EndReason),
    IpMismatch,
    DeviceMismatch,
    /// The session is active, but its authentication is too old or too weak for this use.
    StepUpRequired,
    /// The session is active, and the token is too old for its policy. It can be rotated.
    RotationRequired,
    /// The session is active, but a newer token has replaced this one.
    TokenRotated,
}

impl RejectReason {
    /// Returns whether the reason follows from the current time.
    #[must_use]
    pub const fn is_time_dependent(self) -> bool {
        matches!(
            self,
            Self::Ended(EndReason::IdleTimeout | EndReason::Expired) | Self::StepUpRequired | Self::RotationRequired
        )
    }
}

/// A verdict that rejects a token. Only a holder of the right token secret learns more than [`RejectReason::Unknown`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRejection {
    pub reason: RejectReason,
    pub session_id: Option<SessionId>,
    pub ended_at: Option<UnixMillis>,
    /// The actor that ended the session, as the caller of the revocation stated.
    pub actor: String,
    /// The reason that the same caller stated.
    pub stated_reason: String,
    /// The assurance level that the session needs for this use.
    pub required_assurance_level: u32,
    pub required_max_auth_age: Option<Duration>,
}

impl TokenRejection {
    /// Returns a rejection that reveals only its reason.
    #[must_use]
    pub const fn from_reason(reason: RejectReason) -> Self {
        Self {
            reason,
            session_id: None,
            ended_at: None,
            actor: String::new(),
            stated_reason: String::new(),
            required_assurance_level: 0,
            required_max_auth_age: None,
        }
    }
}
