//! Values of options that are more than a text.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use prost_types::{Struct, Timestamp};

use crate::{config::parse_span, domain::UnixMillis};

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

/// A point in time, as it is given on a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    At(Timestamp),
    /// So long before now.
    Ago(Duration),
}

impl Time {
    pub fn at(self, now: UnixMillis) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(span) => to_timestamp(now.minus(span)),
        }
    }
}

/// A point in time in the form of RFC 3339, or a span back from now.
pub fn time(text: &str) -> Result<Time, String> {
    moment(text).map(Time::At).or_else(|_| span(text).map(Time::Ago)).map_err(|_| {
        "neither a time such as \"2026-01-31T12:00:00Z\" (RFC 3339) nor a span back from now such as \"24h\"".to_owned()
    })
}

/// One value of an enum of the contract, all but the unspecified one: `IDLE_TIMEOUT` is `idle-timeout`.
pub fn one_of<E>(name: fn(&E) -> &'static str, prefix: &'static str) -> impl TypedValueParser<Value = E>
where
    E: TryFrom<i32> + Clone + Send + Sync + 'static,
{
    let values = || (1..).map_while(|number| E::try_from(number).ok());
    let spelled = move |value: &E| name(value).trim_start_matches(prefix).to_lowercase().replace('_', "-");
    let names: Vec<_> = values().map(|value| spelled(&value)).collect();
    PossibleValuesParser::new(names)
        .try_map(move |text| values().find(|value| spelled(value) == text).ok_or("none of these values"))
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

/// A span of a message. `None`: it is negative or malformed.
pub fn from_message(span: prost_types::Duration) -> Option<Duration> {
    let nanos = u32::try_from(span.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    Some(Duration::new(u64::try_from(span.seconds).ok()?, nanos))
}

/// `time` as a message has it.
fn to_timestamp(time: UnixMillis) -> Timestamp {
    let millis = i64::try_from(time.get()).unwrap_or(i64::MAX);
    let nanos = i32::try_from(millis % 1000 * 1_000_000).unwrap_or_default();
    Timestamp { seconds: millis / 1000, nanos }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_counted_back_from_now() {
        let at = Time::Ago(Duration::from_millis(500)).at(UnixMillis::new(60_000));
        assert_eq!(at, Timestamp { seconds: 59, nanos: 500_000_000 });
    }

    #[test]
    fn what_cannot_be_read_says_how_to_write_it() {
        assert_eq!(span("1h 30m"), Ok(Duration::from_mins(90)));
        assert!(span("5").expect_err("no unit").contains("\"90s\""));
        assert!(positive_span("0s").is_err());
        assert_eq!(moment("1970-01-01T00:00:01Z"), Ok(Timestamp { seconds: 1, nanos: 0 }));
        assert!(moment("yesterday").expect_err("no time").contains("RFC 3339"));
        assert_eq!(time("1970-01-01T00:00:01Z"), Ok(Time::At(Timestamp { seconds: 1, nanos: 0 })));
        assert_eq!(time("24h"), Ok(Time::Ago(Duration::from_hours(24))));
        assert!(time("yesterday").expect_err("no time").contains("\"24h\""));
        assert!(object("[1]").expect_err("no object").contains("JSON object"));
        assert!(object("{").expect_err("no JSON").starts_with("not JSON"));
    }
}
