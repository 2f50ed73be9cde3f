//! The result of one attempt to deliver a message.

use std::time::Duration;

use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use crate::domain::UnixMillis;

/// The longest pause that an endpoint may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);

/// The response of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EndpointResponse {
    pub status: u16,
    pub retry_after: Option<Duration>,
}

/// The reason why a message was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AttemptFailure {
    /// `None` if there was no response.
    pub status: Option<u16>,
    /// Text for administrators, without anything that the endpoint sent.
    pub error: String,
    pub retry_after: Option<Duration>,
    pub effect: FailureEffect,
}

/// The effect of a failure on the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureEffect {
    /// The message is sent again later.
    Retry,
    /// The endpoint asks for a pause.
    Throttle,
    /// The endpoint wants no more messages.
    Disable,
}

impl AttemptFailure {
    /// Creates the failure of an attempt without a response.
    pub(super) fn without_response(error: impl Into<String>) -> Self {
        Self { status: None, error: error.into(), retry_after: None, effect: FailureEffect::Retry }
    }
}

impl EndpointResponse {
    /// Returns the status if it means that the message was delivered: 2xx only.
    pub(super) fn into_outcome(self) -> Result<u16, AttemptFailure> {
        let Self { status, retry_after } = self;
        let (effect, meaning) = match status {
            200..=299 => return Ok(status),
            300..=399 => (FailureEffect::Retry, " (redirects are not followed)"),
            410 => (FailureEffect::Disable, " (the endpoint wants no more messages)"),
            429 | 502 | 504 => (FailureEffect::Throttle, ""),
            503 if retry_after.is_some() => (FailureEffect::Throttle, ""),
            _ => (FailureEffect::Retry, ""),
        };
        let retry_after = retry_after.filter(|_| effect == FailureEffect::Throttle);
        Err(AttemptFailure {
            status: Some(status),
            error: format!("HTTP status {status}{meaning}"),
            retry_after,
            effect,
        })
    }
}

/// Parses `Retry-After`: seconds or a date (RFC 9110 §10.2.3). Returns at most a day.
pub(super) fn parse_retry_after(value: &str, now: UnixMillis) -> Option<Duration> {
    let value = value.trim();
    let delay = if let Ok(seconds) = value.parse() {
        Duration::from_secs(seconds)
    } else {
        let at = OffsetDateTime::parse(value, &Rfc2822).ok()?;
        UnixMillis::new(u64::try_from(at.unix_timestamp()).ok()?.saturating_mul(1000)).since(now)
    };
    Some(delay.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(status: u16) -> Option<FailureEffect> {
        EndpointResponse { status, retry_after: None }.into_outcome().err().map(|failure| failure.effect)
    }

    #[test]
    fn only_2xx_is_a_delivery() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(effect(status), None, "{status}");
        }
        for status in [301, 302, 307, 400, 401, 404, 500, 503] {
            assert_eq!(effect(status), Some(FailureEffect::Retry), "{status}");
        }
        for status in [429, 502, 504] {
            assert_eq!(effect(status), Some(FailureEffect::Throttle), "{status}");
        }
        assert_eq!(effect(410), Some(FailureEffect::Disable));
    }

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_a_date() {
        let now = UnixMillis::new(784_111_777_000);
        assert_eq!(parse_retry_after(" 120 ", now), Some(Duration::from_mins(2)));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(Duration::from_mins(1)));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(parse_retry_after("999999999", now), Some(MAX_RETRY_AFTER));
        for wrong in ["", "soon", "-1", "1.5"] {
            assert_eq!(parse_retry_after(wrong, now), None, "{wrong}");
        }
    }
}
