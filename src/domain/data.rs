//! The free-form data that a session carries.

use std::fmt;

use prost::Message;
use prost_types::{Struct, Value, value::Kind};

use super::{
    error::FieldViolation,
    limits::{MAX_DATA_BYTES, MAX_DATA_DEPTH},
};

/// An encoded `google.protobuf.Struct` of at most 4 KiB, nested at most 16 deep, with finite numbers only. It stays
/// encoded: it is stored, cached and returned as it was received.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SessionData(Vec<u8>);

impl SessionData {
    pub fn new(data: &Struct) -> Result<Self, FieldViolation> {
        let encoded = data.encode_to_vec();
        if encoded.len() > MAX_DATA_BYTES {
            let message = format!("is {} bytes when encoded; at most {MAX_DATA_BYTES} are allowed", encoded.len());
            return Err(FieldViolation::new("data", message));
        }
        data.fields.values().try_for_each(|value| check(value, 1))?;
        Ok(Self(encoded))
    }

    /// Restores data from the bytes of [`SessionData::as_bytes`], as they are stored.
    #[must_use]
    pub const fn from_stored(encoded: Vec<u8>) -> Self {
        Self(encoded)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Decodes the data. Returns an empty `Struct` if the bytes are not an encoded one.
    #[must_use]
    pub fn to_struct(&self) -> Struct {
        Struct::decode(self.0.as_slice()).unwrap_or_default()
    }
}

/// Prints only the size, because the data may contain anything.
impl fmt::Debug for SessionData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionData({} bytes)", self.0.len())
    }
}

fn check(value: &Value, depth: usize) -> Result<(), FieldViolation> {
    if depth > MAX_DATA_DEPTH {
        return Err(FieldViolation::new("data", format!("is nested deeper than {MAX_DATA_DEPTH}")));
    }
    match &value.kind {
        Some(Kind::NumberValue(number)) if !number.is_finite() => {
            Err(FieldViolation::new("data", "contains a number that is not finite"))
        }
        Some(Kind::StructValue(inner)) => inner.fields.values().try_for_each(|value| check(value, depth + 1)),
        Some(Kind::ListValue(inner)) => inner.values.iter().try_for_each(|value| check(value, depth + 1)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(kind: Kind) -> Struct {
        Struct { fields: [("k".to_owned(), Value { kind: Some(kind) })].into() }
    }

    fn nested(depth: usize) -> Struct {
        (1..depth).fold(one(Kind::BoolValue(true)), |inner, _| one(Kind::StructValue(inner)))
    }

    #[test]
    fn reads_back_as_it_came() {
        let data = nested(3);
        assert_eq!(SessionData::new(&data).expect("data").to_struct(), data);
    }

    #[test]
    fn printing_shows_its_size_only() {
        let data = SessionData::new(&one(Kind::StringValue("x".into()))).expect("data");
        assert_eq!(format!("{data:?}"), format!("SessionData({} bytes)", data.as_bytes().len()));
    }

    #[test]
    fn size_depth_and_numbers_are_bounded() {
        assert!(SessionData::new(&nested(MAX_DATA_DEPTH)).is_ok());
        assert!(SessionData::new(&nested(MAX_DATA_DEPTH + 1)).is_err());
        assert!(SessionData::new(&one(Kind::NumberValue(f64::NAN))).is_err());
        assert!(SessionData::new(&one(Kind::StringValue("x".repeat(MAX_DATA_BYTES)))).is_err());
    }
}
