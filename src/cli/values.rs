//! Values of options that are more than a text.

use std::time::Duration;

use prost_types::{Struct, Timestamp};

use crate::config::parse_span;

use super::json;

/// A span of time, written as in the configuration.
pub fn span(text: &str) -> Result<Duration, String> {
    parse_span(text).ok_or_else(|| "not a span of time such as \"90s\", \"1h 30m\" or \"30d\"".to_owned())
}

/// A span of time that is not nothing.
pub fn positive_span(text: &str) -> Result<Duration, String> {
    span(text).and_then(|span| if span.is_zero() { Err("not greater than 0".to_owned()) } else { Ok(span) })
}

/// A point in time in the form of RFC 3339.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "not a time such as \"2026-01-31T12:00:00Z\" (RFC 3339)".to_owned())
}

/// A JSON object.
pub fn object(text: &str) -> Result<Struct, String> {
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Object(object)) => Ok(json::to_struct(object)),
        Ok(_) => Err("not a JSON object such as '{\"plan\": \"pro\"}'".to_owned()),
        Err(error) => Err(format!("not JSON: {error}")),
    }
}

/// `span` as a message has it.
pub fn to_message(span: Duration) -> prost_types::Duration {
    let longest = prost_types::Duration { seconds: i64::MAX, nanos: 0 };
    prost_types::Duration::try_from(span).unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_says_how_to_write_it() {
        assert_eq!(span("1h 30m"), Ok(Duration::from_mins(90)));
        assert!(span("5").expect_err("no unit").contains("\"90s\""));
        assert!(positive_span("0s").is_err());
        assert_eq!(moment("1970-01-01T00:00:01Z"), Ok(Timestamp { seconds: 1, nanos: 0 }));
        assert!(moment("yesterday").expect_err("no time").contains("RFC 3339"));
        assert!(object("[1]").expect_err("no object").contains("JSON object"));
        assert!(object("{").expect_err("no JSON").starts_with("not JSON"));
    }
}
