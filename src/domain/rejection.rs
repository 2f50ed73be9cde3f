//! Verdicts against a token.

use std::time::Duration;

use super::{ending::EndReason, id::SessionId, time::UnixMillis};

/// Why a token does not stand for a live session, or not for this use of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RejectReason {
    /// Not a token at all.
    Malformed,
    /// Not a token of ours, or of a session that is not known (any more).
    Unknown,
    /// The session ended, and the token is the right one for it.
    Ended(EndReason),
    IpMismatch,
    DeviceMismatch,
    /// The session is live but its authentication is too old or too weak for this use.
    StepUpRequired,
}

impl RejectReason {
    /// Whether it follows from what time it is.
    #[must_use]
    pub const fn is_time_dependent(self) -> bool {
        matches!(self, Self::Ended(EndReason::IdleTimeout | EndReason::Expired) | Self::StepUpRequired)
    }
}

/// The answer that says no. Only a holder of the right secret learns more than
/// [`RejectReason::Unknown`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRejection {
    pub reason: RejectReason,
    pub session_id: Option<SessionId>,
    pub ended_at: Option<UnixMillis>,
    /// Who ended it, as its caller stated.
    pub actor: String,
    /// Why, as that caller stated.
    pub stated_reason: String,
    /// What the session would have to be raised to.
    pub required_assurance_level: u32,
    pub required_max_auth_age: Option<Duration>,
}

impl TokenRejection {
    /// A rejection that tells nothing but its reason.
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
