//! Conversion of `google.protobuf.Struct` from and to JSON.

use prost_types::{Struct, Value as Message, value::Kind};
use serde_json::{Map, Number, Value};

/// The number up to which all whole numbers are exact in a double.
const MAX_EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;

pub fn to_struct(object: Map<String, Value>) -> Struct {
    Struct { fields: object.into_iter().map(|(name, value)| (name, to_proto_value(value))).collect() }
}

fn to_proto_value(value: Value) -> Message {
    match value {
        Value::Null => Kind::NullValue(0).into(),
        Value::Bool(value) => value.into(),
        // Every number that serde_json reads is finite and has a nearest double.
        Value::Number(number) => number.as_f64().unwrap_or_default().into(),
        Value::String(text) => text.into(),
        Value::Array(values) => values.into_iter().map(to_proto_value).collect::<Vec<_>>().into(),
        Value::Object(object) => to_struct(object).fields.into(),
    }
}

pub fn from_struct(data: &Struct) -> Value {
    Value::Object(data.fields.iter().map(|(name, value)| (name.clone(), from_proto_value(value))).collect())
}

fn from_proto_value(value: &Message) -> Value {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(value)) => Value::Bool(*value),
        Some(Kind::NumberValue(number)) => from_number(*number),
        Some(Kind::StringValue(text)) => Value::String(text.clone()),
        Some(Kind::ListValue(list)) => Value::Array(list.values.iter().map(from_proto_value).collect()),
        Some(Kind::StructValue(data)) => from_struct(data),
    }
}

/// Returns a whole number without a fraction: 3 and not 3.0. Returns null for a number that is not finite, because JSON
/// has no form for it.
fn from_number(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the exact range")]
    let whole = (number.fract() == 0.0 && number.abs() <= MAX_EXACT_INTEGER).then_some(number as i64);
    whole.map(Value::from).or_else(|| Number::from_f64(number).map(Value::Number)).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_comes_back_as_it_was() {
        let object = json!({"a": null, "b": [true, 3, -0.5, 1e300], "c": {"d": "é"}, "e": [], "f": {}});
        let Value::Object(map) = object.clone() else { unreachable!("it is an object") };
        assert_eq!(from_struct(&to_struct(map)).to_string(), object.to_string());
    }
}
