//! Positions as callers hold them: opaque text.

use data_encoding::BASE64URL_NOPAD;

use crate::{domain::FieldViolation, store::AlertPosition};

/// version 1 | major 8 | minor 8
const VERSION: u8 = 1;

/// Positions are times of 48 bits, or numbers that do not get there.
const MAJOR_BITS: u32 = 48;

/// The cursor of a position: 23 characters that are safe in URLs.
#[must_use]
pub fn encode(position: AlertPosition) -> String {
    let mut bytes = [VERSION; 17];
    bytes[1..9].copy_from_slice(&position.major.to_be_bytes());
    bytes[9..].copy_from_slice(&position.minor.to_be_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

/// The position of a cursor in `field`. One that [`encode`] does not make is refused.
pub fn decode(field: &'static str, cursor: &str) -> Result<AlertPosition, FieldViolation> {
    let position = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok().and_then(|bytes| {
        let (version, rest) = bytes.split_first()?;
        let (major, minor) = rest.split_first_chunk::<8>()?;
        let (major, minor) = (u64::from_be_bytes(*major), u64::from_be_bytes(minor.try_into().ok()?));
        (*version == VERSION && major < 1 << MAJOR_BITS).then_some(AlertPosition { major, minor })
    });
    position.ok_or_else(|| FieldViolation::new(field, "is not a cursor of this service; take one as it was received"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_is_short() {
        for position in [AlertPosition::START, AlertPosition { major: (1 << MAJOR_BITS) - 1, minor: u64::MAX }] {
            let cursor = encode(position);
            assert_eq!(cursor.len(), 23);
            assert_eq!(decode("resume_cursor", &cursor), Ok(position));
        }
    }

    #[test]
    fn what_was_not_made_here_is_refused_by_the_name_of_its_field() {
        let good = encode(AlertPosition { major: 1, minor: 2 });
        let long = "A".repeat(10_000);
        let beyond = BASE64URL_NOPAD.encode(&[&[VERSION][..], &[0xff; 16]].concat());
        for wrong in ["", "1-2", &good[1..], &good.to_lowercase(), &format!("{good}A"), &good.replacen('A', "B", 1)] {
            assert_eq!(decode("resume_cursor", wrong).expect_err(wrong).field, "resume_cursor");
        }
        assert!(decode("resume_cursor", &long).is_err() && decode("resume_cursor", &beyond).is_err());
    }
}
