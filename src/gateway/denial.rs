//! The response that a client receives instead of the application's.

use std::{fmt::Write as _, time::Duration};

use super::{credential::CredentialRules, decision::DenialReason};

/// A response to a client whose request does not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DenialResponse {
    pub status: u16,
    /// A name may occur more than once only if it is `set-cookie`.
    pub headers: Vec<(&'static str, String)>,
    /// The body in `application/problem+json` (RFC 9457).
    pub body: String,
    /// The same in a sentence, for clients of gRPC.
    pub message: &'static str,
}

/// The name of the response header with the reason of a denial.
const REASON: &str = "x-session-reason";
/// The name of the response header with the status. Some gateways change the status and keep this header.
const STATUS: &str = "x-session-status";

/// Returns the response to a request that does not pass for `reason`. With `location` a browser is redirected to it.
#[must_use]
pub fn deny(
    reason: &DenialReason,
    location: Option<String>,
    delete_cookies: bool,
    credentials: &CredentialRules,
) -> DenialResponse {
    let (status, title, message) = match reason {
        DenialReason::TokenMissing => (401, "Sign-in required", "the request has no session token"),
        DenialReason::TokenAmbiguous => (401, "Session token refused", "the request has two differing session tokens"),
        DenialReason::TokenRejected(_) => (401, "Session token refused", "the session token is not accepted"),
        DenialReason::StepUpRequired { .. } => {
            (401, "Stronger or newer sign-in required", "the sign-in is too old or too weak for this request")
        }
        DenialReason::RoleMissing => {
            (403, "Not permitted", "the session has none of the roles that this request needs")
        }
    };
    let status = if location.is_some() { 302 } else { status };
    let mut response = response(status, title, message, reason.name());
    response.headers.extend(location.map(|location| ("location", location)));
    if status != 302 {
        response.headers.push(("www-authenticate", challenge(reason)));
    }
    if delete_cookies {
        let expired =
            |name: &String| ("set-cookie", format!("{name}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"));
        response.headers.extend(credentials.cookies.iter().map(expired));
    }
    response
}

/// Returns the response to a request about which no verdict was reached.
#[must_use]
pub fn unavailable(retry_after: Duration) -> DenialResponse {
    let message = "the session could not be checked; retry the request";
    let mut response = response(503, "Session check unavailable", message, "NO_VERDICT");
    let seconds = retry_after.as_millis().div_ceil(1000).max(1);
    response.headers.push(("retry-after", seconds.to_string()));
    response
}

impl DenialResponse {
    /// Returns the response to a request with so many headers that it cannot be checked.
    #[must_use]
    pub fn headers_too_large() -> Self {
        let message = "the headers of the request are too large to be checked";
        response(431, "Request header fields too large", message, "HEADERS_TOO_LARGE")
    }
}

fn response(status: u16, title: &str, message: &'static str, reason: &str) -> DenialResponse {
    // All texts are constants without quotes.
    let body = format!(
        r#"{{"type":"about:blank","title":"{title}","status":{status},"detail":"{message}","reason":"{reason}"}}"#
    );
    let headers =
        vec![(REASON, reason.to_owned()), (STATUS, status.to_string()), ("cache-control", "no-store".to_owned())];
    DenialResponse { status, headers, body, message }
}

/// Returns the challenge of a response with status 401 or 403 (RFC 6750 §3, RFC 9470 §3).
fn challenge(reason: &DenialReason) -> String {
    let mut challenge = "Bearer".to_owned();
    match reason {
        DenialReason::TokenMissing => {}
        DenialReason::TokenAmbiguous => challenge.push_str(" error=\"invalid_request\""),
        DenialReason::TokenRejected(_) => challenge.push_str(" error=\"invalid_token\""),
        DenialReason::RoleMissing => challenge.push_str(" error=\"insufficient_scope\""),
        DenialReason::StepUpRequired { assurance_level, max_auth_age } => {
            challenge.push_str(" error=\"insufficient_user_authentication\"");
            // Writing to a `String` does not fail.
            if *assurance_level > 0 {
                let _ = write!(challenge, ", acr_values=\"{assurance_level}\"");
            }
            if let Some(age) = max_auth_age {
                let _ = write!(challenge, ", max_age=\"{}\"", age.as_secs());
            }
        }
    }
    challenge
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::RejectReason;

    fn rules() -> CredentialRules {
        CredentialRules { cookies: vec!["__Host-session".to_owned(), "old".to_owned()], bearer: true }
    }

    fn header(response: &DenialResponse, name: &str) -> Vec<String> {
        response.headers.iter().filter(|(own, _)| *own == name).map(|(_, value)| value.clone()).collect()
    }

    #[test]
    fn each_reason_has_its_status_and_its_challenge() {
        let max_auth_age = Some(Duration::from_mins(5));
        for (reason, status, challenge) in [
            (DenialReason::TokenMissing, 401, "Bearer"),
            (DenialReason::TokenAmbiguous, 401, "Bearer error=\"invalid_request\""),
            (DenialReason::TokenRejected(RejectReason::Unknown), 401, "Bearer error=\"invalid_token\""),
            (
                DenialReason::StepUpRequired { assurance_level: 2, max_auth_age },
                401,
                "Bearer error=\"insufficient_user_authentication\", acr_values=\"2\", max_age=\"300\"",
            ),
            (DenialReason::RoleMissing, 403, "Bearer error=\"insufficient_scope\""),
        ] {
            let response = deny(&reason, None, false, &rules());
            assert_eq!((response.status, header(&response, "www-authenticate")), (status, vec![challenge.to_owned()]));
            assert_eq!(header(&response, "x-session-reason"), [reason.name()]);
            assert_eq!(header(&response, "x-session-status"), [status.to_string()]);
            let body: serde_json::Value = serde_json::from_str(&response.body).expect("JSON");
            assert_eq!((&body["status"], &body["reason"]), (&status.into(), &reason.name().into()));
            assert!(header(&response, "set-cookie").is_empty());
        }
    }

    #[test]
    fn every_cookie_is_deleted_by_a_header_of_its_own() {
        let response = deny(&DenialReason::TokenRejected(RejectReason::Unknown), None, true, &rules());
        let cookies = header(&response, "set-cookie");
        assert_eq!(cookies.len(), 2);
        assert!(cookies[0].starts_with("__Host-session=; Max-Age=0; Path=/; Secure"), "{cookies:?}");
    }

    #[test]
    fn a_redirect_has_a_location_and_no_challenge() {
        let response = deny(&DenialReason::TokenMissing, Some("/login".to_owned()), false, &rules());
        assert_eq!((response.status, header(&response, "location")), (302, vec!["/login".to_owned()]));
        assert!(header(&response, "www-authenticate").is_empty());
    }

    #[test]
    fn a_client_without_a_verdict_waits_a_second_at_least() {
        for (delay, expected) in [(0, "1"), (250, "1"), (1000, "1"), (1001, "2")] {
            let response = unavailable(Duration::from_millis(delay));
            assert_eq!((response.status, header(&response, "retry-after")), (503, vec![expected.to_owned()]));
        }
    }
}
