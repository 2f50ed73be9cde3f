//! Parsers of option values that are not plain text.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use prost_types::{Struct, Timestamp};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    api,
    config::parse_span,
    domain::{UnixMillis, alert::Severity},
};

use super::json;

/// Parses a duration, written as in the configuration.
pub fn parse_duration_arg(text: &str) -> Result<Duration, String> {
    parse_span(text).ok_or_else(|| "not a duration such as \"90s\", \"1h 30m\" or \"30d\"".to_owned())
}

/// Parses a duration that is greater than zero.
pub fn parse_positive_duration_arg(text: &str) -> Result<Duration, String> {
    parse_duration_arg(text)
        .and_then(|span| if span.is_zero() { Err("not greater than 0".to_owned()) } else { Ok(span) })
}

/// Parses a time (RFC 3339). The time zone is required, because a time without one is ambiguous.
pub fn parse_timestamp_arg(text: &str) -> Result<Timestamp, String> {
    parse_rfc3339(text).ok_or_else(|| match parse_rfc3339(&format!("{text}Z")) {
        Some(_) => {
            format!("no time zone; append Z for UTC, \"{text}Z\", or an offset, \"{text}+01:00\"")
        }
        None => {
            "not an RFC 3339 time with a time zone, such as \"2026-01-31T12:00:00Z\" or \"2026-01-31T13:00:00+01:00\""
                .to_owned()
        }
    })
}

fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    Some(Timestamp { seconds: time.unix_timestamp(), nanos: time.nanosecond().cast_signed() })
}

/// A time as given on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeArgument {
    Instant(Timestamp),
    /// The day in UTC that begins at this time.
    Day(Timestamp),
    /// A duration before now.
    Ago(Duration),
}

impl TimeArgument {
    /// Returns the start of a window that begins with this time: the beginning of a day.
    pub fn start(self, now: UnixMillis) -> Timestamp {
        match self {
            Self::Instant(at) | Self::Day(at) => at,
            Self::Ago(span) => to_proto_timestamp(now.minus(span)),
        }
    }

    /// Returns the exclusive end of a window that ends with this time: the end of a day, so that the day is included.
    pub fn end(self, now: UnixMillis) -> Timestamp {
        match self {
            Self::Day(Timestamp { seconds, nanos }) => Timestamp { seconds: seconds + 86_400, nanos },
            Self::Instant(_) | Self::Ago(_) => self.start(now),
        }
    }
}

/// Parses a time (RFC 3339), a day in UTC, or a duration before now.
pub fn parse_time_arg(text: &str) -> Result<TimeArgument, String> {
    let day = || parse_rfc3339(&format!("{text}T00:00:00Z")).map(TimeArgument::Day);
    let ago = || parse_duration_arg(text).ok().map(TimeArgument::Ago);
    day().or_else(ago).map_or_else(|| parse_timestamp_arg(text).map(TimeArgument::Instant), Ok).map_err(|reason| {
        format!(
            "{reason}; a day such as \"2026-01-31\" (in UTC) or a duration before now such as \"24h\" is also accepted"
        )
    })
}

/// Returns a parser of the values of an enum of the contract, without the unspecified one. `IDLE_TIMEOUT` is written
/// `idle-timeout`.
pub fn enum_value_parser<E>(name: fn(&E) -> &'static str, prefix: &'static str) -> impl TypedValueParser<Value = E>
where
    E: TryFrom<i32> + Clone + Send + Sync + 'static,
{
    let values = || (1..).map_while(|number| E::try_from(number).ok());
    let spelled = move |value: &E| name(value).trim_start_matches(prefix).to_lowercase().replace('_', "-");
    let names: Vec<_> = values().map(|value| spelled(&value)).collect();
    PossibleValuesParser::new(names)
        .try_map(move |text| values().find(|value| spelled(value) == text).ok_or("unknown value"))
}

/// Parses a least severity of alerts by its name.
pub fn parse_severity_arg(text: &str) -> Result<api::Severity, String> {
    let named = Severity::ALL.into_iter().find(|severity| severity.name() == text);
    let number = named.and_then(|severity| i32::try_from(severity as u32).ok());
    number
        .and_then(|number| api::Severity::try_from(number).ok())
        .ok_or_else(|| "expected info, low, medium, high or critical".to_owned())
}

/// Parses a JSON object.
pub fn parse_json_object_arg(text: &str) -> Result<Struct, String> {
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Object(object)) => Ok(json::to_struct(object)),
        Ok(_) => Err("not a JSON object such as '{\"plan\": \"pro\"}'".to_owned()),
        Err(error) => Err(format!("not JSON: {error}")),
    }
}

/// Converts `span` to the duration of a message. Returns the longest one if it does not fit.
pub fn to_proto_duration(span: Duration) -> prost_types::Duration {
    let longest = prost_types::Duration { seconds: i64::MAX, nanos: 0 };
    prost_types::Duration::try_from(span).unwrap_or(longest)
}

/// Converts the duration of a message. Returns `None` if it is negative or malformed.
pub fn from_proto_duration(span: prost_types::Duration) -> Option<Duration> {
    let nanos = u32::try_from(span.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    Some(Duration::new(u64::try_from(span.seconds).ok()?, nanos))
}

/// Converts `time` to the timestamp of a message.
pub fn to_proto_timestamp(time: UnixMillis) -> Timestamp {
    let millis = i64::try_from(time.get()).unwrap_or(i64::MAX);
    let nanos = i32::try_from(millis % 1000 * 1_000_000).unwrap_or_default();
    Timestamp { seconds: millis / 1000, nanos }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_counted_back_from_now() {
        let ago = TimeArgument::Ago(Duration::from_millis(500));
        let expected = Timestamp { seconds: 59, nanos: 500_000_000 };
        let now = UnixMillis::new(60_000);
        assert_eq!((ago.start(now), ago.end(now)), (expected, expected));
    }

    #[test]
    fn a_day_is_included_whether_it_begins_or_ends_a_window() {
        let (day, now) = (parse_time_arg("1970-01-02").expect("a day"), UnixMillis::new(0));
        assert_eq!(day.start(now), Timestamp { seconds: 86_400, nanos: 0 });
        assert_eq!(day.end(now), Timestamp { seconds: 2 * 86_400, nanos: 0 });
        for moment in ["1970-01-02T00:00:00Z", "1970-01-02T01:00:00+01:00", "1970-01-01T19:00:00-05:00"] {
            let moment = parse_time_arg(moment).expect("a time");
            assert_eq!((moment.start(now), moment.end(now)), (day.start(now), day.start(now)));
        }
        assert!(parse_time_arg("2026-02-30").is_err());
    }

    #[test]
    fn a_time_without_its_zone_is_refused_with_what_to_write() {
        for read in [|text: &str| parse_timestamp_arg(text).map(drop), |text: &str| parse_time_arg(text).map(drop)] {
            let message = read("2026-01-31T12:00:00").expect_err("no zone");
            assert!(message.contains("\"2026-01-31T12:00:00Z\"") && message.contains("+01:00"), "{message}");
        }
        assert!(parse_timestamp_arg("2026-01-31").expect_err("a day is not a time").contains("2026-01-31T12:00:00Z"));
    }

    #[test]
    fn what_cannot_be_read_says_how_to_write_it() {
        assert_eq!(parse_duration_arg("1h 30m"), Ok(Duration::from_mins(90)));
        assert!(parse_duration_arg("5").expect_err("no unit").contains("\"90s\""));
        assert!(parse_positive_duration_arg("0s").is_err());
        assert_eq!(parse_timestamp_arg("1970-01-01T00:00:01Z"), Ok(Timestamp { seconds: 1, nanos: 0 }));
        assert!(parse_timestamp_arg("yesterday").expect_err("no time").contains("RFC 3339"));
        assert_eq!(
            parse_time_arg("1970-01-01T00:00:01Z"),
            Ok(TimeArgument::Instant(Timestamp { seconds: 1, nanos: 0 }))
        );
        assert_eq!(parse_time_arg("24h"), Ok(TimeArgument::Ago(Duration::from_hours(24))));
        assert!(parse_time_arg("yesterday").expect_err("no time").contains("\"24h\""));
        assert!(parse_json_object_arg("[1]").expect_err("no object").contains("JSON object"));
        assert!(parse_json_object_arg("{").expect_err("no JSON").starts_with("not JSON"));
    }
}
