//! The free-form data that a session carries.

use std::fmt;

use prost::Message;
use prost_types::{Struct, Value, value::Kind};

use super::{
    error::Violation,
    limits::{DATA_BYTES, DATA_DEPTH},
};

/// An encoded `google.protobuf.Struct` of at most 4 KiB, 16 deep, with finite numbers. Kept encoded:
/// it is stored, cached and answered as it came.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Data(Vec<u8>);

impl Data {
    pub fn new(data: &Struct) -> Result<Self, Violation> {
        let encoded = data.encode_to_vec();
        if encoded.len() > DATA_BYTES {
            let message = format!("is {} bytes when encoded; at most {DATA_BYTES} are allowed", encoded.len());
            return Err(Violation::new("data", message));
        }
        data.fields.values().try_for_each(|value| check(value, 1))?;
        Ok(Self(encoded))
    }

    /// Data that [`Data::as_bytes`] gave; the store's way back.
    #[must_use]
    pub const fn from_stored(encoded: Vec<u8>) -> Self {
        Self(encoded)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The data taken apart; empty when the bytes are not an encoded `Struct`.
    #[must_use]
    pub fn to_struct(&self) -> Struct {
        Struct::decode(self.0.as_slice()).unwrap_or_default()
    }
}

/// It may hold anything, so its size is all that is printed.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Data({} bytes)", self.0.len())
    }
}

fn check(value: &Value, depth: usize) -> Result<(), Violation> {
    if depth > DATA_DEPTH {
        return Err(Violation::new("data", format!("is nested deeper than {DATA_DEPTH}")));
    }
    match &value.kind {
        Some(Kind::NumberValue(number)) if !number.is_finite() => {
            Err(Violation::new("data", "contains a number that is not finite"))
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
        assert_eq!(Data::new(&data).expect("data").to_struct(), data);
    }

    #[test]
    fn printing_tells_its_size_only() {
        let data = Data::new(&one(Kind::StringValue("x".into()))).expect("data");
        assert_eq!(format!("{data:?}"), format!("Data({} bytes)", data.as_bytes().len()));
    }

    #[test]
    fn size_depth_and_numbers_are_bounded() {
        assert!(Data::new(&nested(DATA_DEPTH)).is_ok());
        assert!(Data::new(&nested(DATA_DEPTH + 1)).is_err());
        assert!(Data::new(&one(Kind::NumberValue(f64::NAN))).is_err());
        assert!(Data::new(&one(Kind::StringValue("x".repeat(DATA_BYTES)))).is_err());
    }
}
