use std::{fmt, str::FromStr};

use crate::domain::error::FieldViolation;

/// The ID of an alert. It is derived from the finding, in the form of the ID of an event, so it is the same in every
/// delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub [u8; 16]);

/// A UUID.
impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = data_encoding::HEXLOWER.encode(&self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

impl FromStr for AlertId {
    type Err = FieldViolation;

    /// Parses the form in which an alert is shown.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_in_place = |(n, byte): (usize, u8)| (byte == b'-') == matches!(n, 8 | 13 | 18 | 23);
        let has_form = text.len() == 36 && text.bytes().enumerate().all(is_in_place);
        let bytes = has_form.then(|| data_encoding::HEXLOWER_PERMISSIVE.decode(text.replace('-', "").as_bytes()).ok());
        let id = bytes.flatten().and_then(|bytes| bytes.try_into().ok());
        id.map(Self).ok_or_else(|| FieldViolation::new("alert_id", "must be the ID of an alert, a UUID"))
    }
}
