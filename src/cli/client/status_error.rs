//! The command error for a gRPC status.

use std::{error::Error, time::Duration};

use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::cli::{command_error::CommandError, terminal::format_duration};

use super::server_url::ServerUrl;

const DOMAIN: &str = "session.v1";

/// Advice about a connection over TLS that broke: a server that requires a client certificate may give no reason.
const CERTIFICATE_ADVICE: &str = "does it require a client certificate? pass --client-cert and --client-key";

/// The server that is called, and the conditions of the calls.
pub struct ConnectionTarget {
    pub url: ServerUrl,
    pub timeout: Duration,
    /// Set if calls present an API key or a client certificate.
    pub has_credential: bool,
    pub has_certificate: bool,
}

/// Returns the error for a status: a line with its message and its reason in the contract, then a line for each invalid
/// field, and advice.
pub fn status_error(status: &Status, target: &ConnectionTarget) -> CommandError {
    let details = status.get_error_details();
    match details.error_info().filter(|info| info.domain == DOMAIN) {
        Some(info) => contract_error(status, &info.reason, target),
        None => transport_error(status, target),
    }
}

fn contract_error(status: &Status, reason: &str, target: &ConnectionTarget) -> CommandError {
    let details = status.get_error_details();
    let fields = details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default();
    if !fields.is_empty() {
        let refused = CommandError::usage(format!("invalid request ({reason})"));
        return fields
            .iter()
            .fold(refused, |failure, wrong| failure.with_detail(format!("{}: {}", wrong.field, wrong.description)));
    }
    let mut failure = CommandError::failed(format!("{} ({reason})", status.message()));
    if status.code() == Code::Unauthenticated && !target.has_credential {
        failure = failure.with_detail(
            "pass an API key with --api-key or SESSION_AUTHORITY_API_KEY; create one with `session-authority keys \
             create`",
        );
    }
    if let Some(delay) = details.retry_info().and_then(|retry| retry.retry_delay) {
        failure = failure.with_detail(format!("retry in {}", format_duration(delay.max(Duration::from_secs(1)))));
    }
    let request_id = status.metadata().get("x-request-id").and_then(|id| id.to_str().ok());
    match request_id.filter(|_| status.code() == Code::Internal) {
        Some(id) => failure.with_detail(format!("x-request-id: {id}")),
        None => failure,
    }
}

/// Returns the error for a status without a reason of the contract: the connection broke, the call timed out, or the
/// server is another program.
fn transport_error(status: &Status, target: &ConnectionTarget) -> CommandError {
    let url = &target.url;
    match status.code() {
        Code::Cancelled => {
            let failure = CommandError::failed(format!("{url} timed out after {}", format_duration(target.timeout)))
                .with_detail("the outcome is unknown; increase --timeout");
            // Such a server ends each connection just after its handshake, and the client connects again.
            if url.is_tls() && !target.has_certificate { failure.with_detail(CERTIFICATE_ADVICE) } else { failure }
        }
        Code::DeadlineExceeded => CommandError::failed(format!("{url}: {}", status.message())),
        Code::Unimplemented => {
            CommandError::failed(format!("{url} does not implement this call; is it a session authority?"))
        }
        code => match status.source() {
            Some(broken) => {
                let failure = CommandError::failed(format!("{url} did not respond: {}", root_cause(broken)));
                if !url.is_tls() {
                    return failure.with_detail("does it speak TLS? use https://");
                }
                if target.has_certificate { failure } else { failure.with_detail(CERTIFICATE_ADVICE) }
            }
            None if status.message().is_empty() => CommandError::failed(format!("{url}: {}", code.description())),
            None => CommandError::failed(format!("{url}: {}", status.message())),
        },
    }
}

/// Returns the text of the last error in a chain of causes.
pub fn root_cause(error: &(dyn Error + 'static)) -> String {
    error_chain(error).last().map(ToString::to_string).unwrap_or_default()
}

/// Returns an error and its causes, outermost first.
pub fn error_chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    fn target(url: &str) -> ConnectionTarget {
        let url = url.parse().expect("a server");
        ConnectionTarget { url, timeout: Duration::from_secs(5), has_credential: false, has_certificate: false }
    }

    fn error_text(code: Code, reason: &str, change: impl FnOnce(&mut ErrorDetails)) -> String {
        let mut details = ErrorDetails::new();
        details.set_error_info(reason, DOMAIN, std::collections::HashMap::new());
        change(&mut details);
        let mut status = Status::with_error_details(code, "what went wrong", details);
        status.metadata_mut().insert("x-request-id", "r1".parse().expect("ASCII"));
        status_error(&status, &target("http://h:1")).to_string()
    }

    #[test]
    fn the_reason_of_the_contract_is_shown_with_advice() {
        let nothing = |_: &mut ErrorDetails| ();
        assert_eq!(error_text(Code::NotFound, "SESSION_NOT_FOUND", nothing), "what went wrong (SESSION_NOT_FOUND)");
        let unauthenticated = error_text(Code::Unauthenticated, "CALLER_UNAUTHENTICATED", nothing);
        assert!(unauthenticated.contains("\n  pass an API key with --api-key or "), "{unauthenticated}");
        assert!(error_text(Code::Internal, "INTERNAL", nothing).ends_with("\n  x-request-id: r1"));
        let overloaded = error_text(Code::ResourceExhausted, "OVERLOADED", |details| {
            details.set_retry_info(Some(Duration::from_secs(5)));
        });
        assert!(overloaded.ends_with("\n  retry in 5 s"), "{overloaded}");
    }

    #[test]
    fn every_wrong_field_has_a_line() {
        let text = error_text(Code::InvalidArgument, "INVALID_FIELD", |details| {
            details.add_bad_request_violation("user_id", "is required");
            details.add_bad_request_violation("client.ip", "is not an address");
        });
        let expected = "invalid request (INVALID_FIELD)\n  user_id: is required\n  client.ip: is not an address";
        assert_eq!(text, expected);
    }

    #[test]
    fn other_servers_are_not_mistaken_for_a_session_authority() {
        let text = |code, url| status_error(&Status::new(code, "odd"), &target(url)).to_string();
        assert_eq!(
            text(Code::Unimplemented, "http://h:1"),
            "http://h:1 does not implement this call; is it a session authority?"
        );
        assert!(text(Code::Cancelled, "http://h:1").starts_with("http://h:1 timed out after 5 s\n"));
        assert_eq!(text(Code::OutOfRange, "http://h:1"), "http://h:1: odd");
        let broken = std::io::Error::other("broken pipe");
        let status = Status::from_error(Box::new(broken));
        let error_text = |url| status_error(&status, &target(url)).to_string();
        let hint = "does it speak TLS? use https://";
        assert_eq!(error_text("http://h:1"), format!("http://h:1 did not respond: broken pipe\n  {hint}"));
        let expected = format!("https://h:1 did not respond: broken pipe\n  {CERTIFICATE_ADVICE}");
        assert_eq!(error_text("https://h:1"), expected);
    }
}
