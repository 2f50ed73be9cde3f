//! Values whose JSON form is not that of Rust.

use std::fmt::Display;

use serde::{Serialize, Serializer};

/// Writes what protobuf's JSON mapping has as text: times (RFC 3339), spans ("1.500s"), 64-bit numbers.
pub fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// The same for what may be unset; to be combined with `skip_serializing_if`.
#[expect(clippy::ref_option, reason = "serde hands it over like this")]
pub fn as_text_if_set<S: Serializer>(value: &Option<impl Display>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

/// A value of an enum: by name, or by number when this release does not know it.
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
