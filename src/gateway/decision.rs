//! The decision about a request, from the verdict about its token and the profile of its route.

use std::{fmt::Write as _, time::Duration};

use super::{
    identity::SessionIdentity,
    profile::{AccessProfile, SessionRequirement},
    request::GatewayRequest,
};
use crate::domain::{EndReason, RejectReason, TokenRejection};

/// The result of the check of a request's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenCheck {
    /// The request has no token.
    Missing,
    /// The request has differing tokens.
    Ambiguous,
    Active(SessionIdentity),
    Rejected(TokenRejection),
    /// No verdict was reached. It is never a rejection, and never lets a request pass.
    NoVerdict {
        retry_after: Duration,
    },
}

/// A decision about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessDecision {
    /// The request passes; `None`: as that of nobody.
    Allow(Option<SessionIdentity>),
    Deny {
        reason: DenialReason,
        /// Set if the token will never be accepted again, and its cookies should be deleted.
        delete_cookies: bool,
    },
    /// A browser goes to the login page.
    Redirect { location: String, reason: DenialReason, delete_cookies: bool },
    /// No verdict was reached, so the request does not pass.
    Unavailable { retry_after: Duration },
}

/// The reason why a request does not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DenialReason {
    TokenMissing,
    /// The request has differing tokens.
    TokenAmbiguous,
    TokenRejected(RejectReason),
    /// The authentication is too old or too weak for this route.
    StepUpRequired {
        assurance_level: u32,
        max_auth_age: Option<Duration>,
    },
    /// The session has none of the roles of the route.
    RoleMissing,
}

impl DenialReason {
    /// Returns the name in headers: that of the contract (`RejectReason` without its prefix) where it has one.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TokenMissing => "TOKEN_MISSING",
            Self::TokenAmbiguous => "MALFORMED",
            Self::TokenRejected(reason) => reject_reason_name(*reason),
            Self::StepUpRequired { .. } => "STEP_UP_REQUIRED",
            Self::RoleMissing => "ROLE_MISSING",
        }
    }

    fn from_rejection(rejection: &TokenRejection) -> Self {
        match rejection.reason {
            RejectReason::StepUpRequired => Self::StepUpRequired {
                assurance_level: rejection.required_assurance_level,
                max_auth_age: rejection.required_max_auth_age,
            },
            reason => Self::TokenRejected(reason),
        }
    }

    /// Returns whether the token will never be accepted again, wherever it is presented.
    const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::TokenRejected(
                RejectReason::Malformed
                    | RejectReason::Unknown
                    | RejectReason::Ended(_)
                    | RejectReason::IpMismatch
                    | RejectReason::DeviceMismatch
            )
        )
    }
}

const fn reject_reason_name(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::Malformed => "MALFORMED",
        RejectReason::Unknown => "UNKNOWN",
        RejectReason::Ended(EndReason::Revoked) => "REVOKED",
        RejectReason::Ended(EndReason::SignedOut) => "SIGNED_OUT",
        RejectReason::Ended(EndReason::RevokedAll) => "REVOKED_ALL",
        RejectReason::Ended(EndReason::Evicted) => "EVICTED",
        RejectReason::Ended(EndReason::Replaced) => "REPLACED",
        RejectReason::Ended(EndReason::IdleTimeout) => "IDLE_TIMEOUT",
        RejectReason::Ended(EndReason::Expired) => "EXPIRED",
        RejectReason::Ended(EndReason::TokenReused) => "TOKEN_REUSED",
        RejectReason::Ended(EndReason::HijackSuspected) => "HIJACK_SUSPECTED",
        RejectReason::IpMismatch => "IP_MISMATCH",
        RejectReason::DeviceMismatch => "DEVICE_MISMATCH",
        RejectReason::StepUpRequired => "STEP_UP_REQUIRED",
        RejectReason::RotationRequired => "ROTATION_REQUIRED",
        RejectReason::TokenRotated => "TOKEN_ROTATED",
    }
}

/// Decides about `request`. Only an active session that meets the demands of `profile` passes, and where a session is
/// optional, a request without one as that of nobody. Without a verdict nothing passes.
#[must_use]
pub fn decide(check: TokenCheck, profile: &AccessProfile, request: &GatewayRequest<'_>) -> AccessDecision {
    let reason = match check {
        TokenCheck::NoVerdict { retry_after } => return AccessDecision::Unavailable { retry_after },
        TokenCheck::Active(identity) if profile.admits_roles(&identity.roles) => {
            return AccessDecision::Allow(Some(identity));
        }
        TokenCheck::Active(_) => {
            return AccessDecision::Deny { reason: DenialReason::RoleMissing, delete_cookies: false };
        }
        TokenCheck::Missing => DenialReason::TokenMissing,
        TokenCheck::Ambiguous => DenialReason::TokenAmbiguous,
        TokenCheck::Rejected(rejection) => DenialReason::from_rejection(&rejection),
    };
    if profile.session == SessionRequirement::Optional {
        return AccessDecision::Allow(None);
    }
    let delete_cookies = profile.delete_rejected_cookies && reason.is_final();
    match &profile.login_url {
        Some(url) if request.is_navigation() => {
            AccessDecision::Redirect { location: login_location(url, request.path, &reason), reason, delete_cookies }
        }
        _ => AccessDecision::Deny { reason, delete_cookies },
    }
}

/// Fills the placeholders of a login URL. The client returns to a path of the same site and never to another one.
fn login_location(url: &str, path: &str, reason: &DenialReason) -> String {
    let is_local = path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\");
    let return_to = encode_query_value(if is_local { path } else { "/" });
    url.replace("{return_to}", &return_to).replace("{reason}", reason.name())
}

/// Returns `text` as a value in a query: everything is percent-encoded except unreserved characters (RFC 3986 §2.3) and
/// slashes.
fn encode_query_value(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(byte.into());
        } else {
            // Writing to a `String` does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(roles: &[&str]) -> SessionIdentity {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        SessionIdentity { user_id: "ann".to_owned(), roles, ..SessionIdentity::default() }
    }

    fn rejected(reason: RejectReason) -> TokenCheck {
        TokenCheck::Rejected(TokenRejection::from_reason(reason))
    }

    fn denied(reason: DenialReason) -> AccessDecision {
        AccessDecision::Deny { reason, delete_cookies: false }
    }

    fn browser() -> GatewayRequest<'static> {
        GatewayRequest { method: "GET", path: "/a?b=c", sec_fetch_mode: b"navigate", ..GatewayRequest::default() }
    }

    const REVOKED: RejectReason = RejectReason::Ended(EndReason::Revoked);

    #[test]
    fn each_check_has_its_decision_under_each_profile() {
        let required = AccessProfile::default();
        let optional = AccessProfile { session: SessionRequirement::Optional, ..AccessProfile::default() };
        let admins = AccessProfile { roles: vec!["root".to_owned(), "admin".to_owned()], ..AccessProfile::default() };
        let retry_after = Duration::from_secs(1);
        let no_verdict = TokenCheck::NoVerdict { retry_after };
        let step_up =
            TokenRejection { required_assurance_level: 2, ..TokenRejection::from_reason(RejectReason::StepUpRequired) };
        let step_up_denial = DenialReason::StepUpRequired { assurance_level: 2, max_auth_age: None };
        let unavailable = AccessDecision::Unavailable { retry_after };
        for (name, check, profile, expected) in [
            ("active", TokenCheck::Active(identity(&[])), &required, AccessDecision::Allow(Some(identity(&[])))),
            ("missing", TokenCheck::Missing, &required, denied(DenialReason::TokenMissing)),
            ("ambiguous", TokenCheck::Ambiguous, &required, denied(DenialReason::TokenAmbiguous)),
            ("revoked", rejected(REVOKED), &required, denied(DenialReason::TokenRejected(REVOKED))),
            ("step-up", TokenCheck::Rejected(step_up.clone()), &required, denied(step_up_denial)),
            ("no verdict", no_verdict.clone(), &required, unavailable.clone()),
            (
                "optional, active",
                TokenCheck::Active(identity(&[])),
                &optional,
                AccessDecision::Allow(Some(identity(&[]))),
            ),
            ("optional, missing", TokenCheck::Missing, &optional, AccessDecision::Allow(None)),
            ("optional, ambiguous", TokenCheck::Ambiguous, &optional, AccessDecision::Allow(None)),
            ("optional, revoked", rejected(REVOKED), &optional, AccessDecision::Allow(None)),
            ("optional, no verdict", no_verdict.clone(), &optional, unavailable.clone()),
            (
                "role",
                TokenCheck::Active(identity(&["user", "admin"])),
                &admins,
                AccessDecision::Allow(Some(identity(&["user", "admin"]))),
            ),
            ("no role", TokenCheck::Active(identity(&["user"])), &admins, denied(DenialReason::RoleMissing)),
            ("roles, missing", TokenCheck::Missing, &admins, denied(DenialReason::TokenMissing)),
            ("roles, no verdict", no_verdict, &admins, unavailable),
        ] {
            assert_eq!(decide(check, profile, &GatewayRequest::default()), expected, "{name}");
        }
    }

    #[test]
    fn cookies_are_deleted_only_with_a_token_that_will_never_be_accepted_again() {
        let profile = AccessProfile { delete_rejected_cookies: true, ..AccessProfile::default() };
        let deletes = |check, profile: &AccessProfile| match decide(check, profile, &GatewayRequest::default()) {
            AccessDecision::Deny { delete_cookies, .. } => delete_cookies,
            other => panic!("{other:?}"),
        };
        for reason in [RejectReason::Malformed, RejectReason::Unknown, REVOKED, RejectReason::DeviceMismatch] {
            assert!(deletes(rejected(reason), &profile), "{reason:?}");
            assert!(!deletes(rejected(reason), &AccessProfile::default()), "{reason:?}");
        }
        for reason in [RejectReason::StepUpRequired, RejectReason::RotationRequired, RejectReason::TokenRotated] {
            assert!(!deletes(rejected(reason), &profile), "{reason:?}");
        }
        assert!(!deletes(TokenCheck::Missing, &profile) && !deletes(TokenCheck::Ambiguous, &profile));
    }

    #[test]
    fn only_a_browser_that_loads_a_page_is_redirected() {
        let profile = AccessProfile {
            login_url: Some("/login?to={return_to}&why={reason}".to_owned()),
            ..AccessProfile::default()
        };
        let decision = decide(TokenCheck::Missing, &profile, &browser());
        let location = "/login?to=/a%3Fb%3Dc&why=TOKEN_MISSING".to_owned();
        let reason = DenialReason::TokenMissing;
        assert_eq!(decision, AccessDecision::Redirect { location, reason, delete_cookies: false });
        let script = GatewayRequest { sec_fetch_mode: b"cors", ..browser() };
        assert_eq!(decide(TokenCheck::Missing, &profile, &script), denied(DenialReason::TokenMissing));
        let retry_after = Duration::from_secs(1);
        let unavailable = decide(TokenCheck::NoVerdict { retry_after }, &profile, &browser());
        assert_eq!(unavailable, AccessDecision::Unavailable { retry_after });
        let admins = AccessProfile { roles: vec!["admin".to_owned()], ..profile };
        let without_role = decide(TokenCheck::Active(identity(&[])), &admins, &browser());
        assert_eq!(without_role, denied(DenialReason::RoleMissing), "another login would not help");
    }

    #[test]
    fn a_login_page_leads_back_to_the_same_site_only() {
        for (path, expected) in [
            ("/a b\r\nx: y", "/a%20b%0D%0Ax%3A%20y"),
            ("/a?next=1&x=%2F#y", "/a%3Fnext%3D1%26x%3D%252F%23y"),
            ("//evil.example/", "/"),
            ("/\\evil.example/", "/"),
            ("https://evil.example/", "/"),
            ("", "/"),
        ] {
            assert_eq!(login_location("{return_to}", path, &DenialReason::TokenMissing), expected, "{path}");
        }
    }
}
