//! Rejections that several use cases return.

use crate::domain::{Cause, EndReason, RejectReason, SessionId, SessionToken, TokenRejection, UnixMillis};

/// Returns the rejection of a token whose session has ended.
pub(super) fn ended_rejection(id: SessionId, reason: EndReason, at: UnixMillis, cause: &Cause) -> TokenRejection {
    TokenRejection {
        session_id: Some(id),
        ended_at: Some(at),
        actor: cause.actor.clone(),
        // An ending by this service itself has an internal wording, which adds nothing to `reason`.
        stated_reason: if cause.caller.is_empty() { String::new() } else { cause.reason.clone() },
        ..TokenRejection::from_reason(RejectReason::Ended(reason))
    }
}

/// Returns the rejection of a token that a newer one has replaced.
pub(super) fn rotated_rejection(token: &SessionToken) -> TokenRejection {
    TokenRejection { session_id: Some(token.session_id), ..TokenRejection::from_reason(RejectReason::TokenRotated) }
}
