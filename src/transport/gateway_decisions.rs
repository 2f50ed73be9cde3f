//! The decisions about the requests of clients, as operators count them.

use crate::gateway::{AccessDecision, DenialReason};

/// The protocol by which a gateway asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayProtocol {
    ExtAuthz,
    ForwardAuth,
}

/// The kind of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionOutcome {
    /// The request passes with a session.
    Session,
    /// The request passes as that of nobody.
    Nobody,
    TokenMissing,
    /// The token is not accepted, or there are two.
    TokenRejected,
    StepUpRequired,
    RoleMissing,
    /// A browser goes to the login page.
    Redirected,
    /// The request does not pass because its headers are too large to be checked.
    HeadersTooLarge,
    /// The request does not pass because no verdict was reached.
    NoVerdict,
}

/// An observer of decisions.
pub trait DecisionObserver: Send + Sync {
    fn request_decided(&self, protocol: GatewayProtocol, outcome: DecisionOutcome);
}

impl GatewayProtocol {
    pub const ALL: [Self; 2] = [Self::ExtAuthz, Self::ForwardAuth];

    /// Returns the name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExtAuthz => "ext_authz",
            Self::ForwardAuth => "forward_auth",
        }
    }
}

impl DecisionOutcome {
    pub const ALL: [Self; 9] = [
        Self::Session,
        Self::Nobody,
        Self::TokenMissing,
        Self::TokenRejected,
        Self::StepUpRequired,
        Self::RoleMissing,
        Self::Redirected,
        Self::HeadersTooLarge,
        Self::NoVerdict,
    ];

    /// Returns the name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Nobody => "nobody",
            Self::TokenMissing => "token_missing",
            Self::TokenRejected => "token_rejected",
            Self::StepUpRequired => "step_up_required",
            Self::RoleMissing => "role_missing",
            Self::Redirected => "redirected",
            Self::HeadersTooLarge => "headers_too_large",
            Self::NoVerdict => "no_verdict",
        }
    }
}

impl From<&AccessDecision> for DecisionOutcome {
    fn from(decision: &AccessDecision) -> Self {
        match decision {
            AccessDecision::Allow(Some(_)) => Self::Session,
            AccessDecision::Allow(None) => Self::Nobody,
            AccessDecision::Redirect { .. } => Self::Redirected,
            AccessDecision::Unavailable { .. } => Self::NoVerdict,
            AccessDecision::Deny { reason, .. } => match reason {
                DenialReason::TokenMissing => Self::TokenMissing,
                DenialReason::TokenAmbiguous | DenialReason::TokenRejected(_) => Self::TokenRejected,
                DenialReason::StepUpRequired { .. } => Self::StepUpRequired,
                DenialReason::RoleMissing => Self::RoleMissing,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_listed_in_its_order() {
        assert!(DecisionOutcome::ALL.into_iter().enumerate().all(|(index, outcome)| outcome as usize == index));
        assert!(GatewayProtocol::ALL.into_iter().enumerate().all(|(index, protocol)| protocol as usize == index));
    }
}
