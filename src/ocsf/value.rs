//! Values that the classes have in common.

use prost_types::Timestamp;
use serde_json::Value;

pub(super) const VERSION: &str = "1.8.0";

pub(super) const PRODUCT: &str = "session-authority";

/// Returns the milliseconds since 1970.
pub(super) fn time(time: Option<Timestamp>) -> Option<u64> {
    let Timestamp { seconds, nanos } = time?;
    let millis = u64::try_from(seconds).ok()?.checked_mul(1000)?;
    Some(millis + u64::from(nanos.unsigned_abs() / 1_000_000))
}

/// Removes the members that are null or an empty text, list or object: unknown values are omitted.
pub(super) fn without_empty(value: Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, without_empty(value)));
            Value::Object(members.filter(|(_, value)| !is_empty(value)).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(without_empty).collect()),
        value => value,
    }
}
