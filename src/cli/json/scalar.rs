//! Values whose JSON form differs from that of serde.

use std::fmt::Display;

use serde::{Serialize, Serializer};

/// Writes a value that is text in protobuf's JSON mapping: a time (RFC 3339), a duration ("1.500s"), a 64-bit number.
pub fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Writes an optional value like [`as_text`]. It must be combined with `skip_serializing_if`.
#[expect(clippy::ref_option, reason = "serde passes the field like this")]
pub fn as_text_if_set<S: Serializer>(value: &Option<impl Display>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

/// An enum value: its name, or its number if this release does not know it.
#[derive(Serialize)]
#[serde(untagged)]
pub enum EnumValue {
    Known(&'static str),
    Unknown(i32),
}

impl EnumValue {
    pub fn new<E: TryFrom<i32>>(number: i32, name: impl Fn(&E) -> &'static str) -> Self {
        E::try_from(number).map_or(Self::Unknown(number), |value| Self::Known(name(&value)))
    }
}
