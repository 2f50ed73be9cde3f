//! Cursors: positions in the alert stream as opaque text for callers.

use data_encoding::BASE64URL_NOPAD;

use crate::{domain::FieldViolation, store::AlertPosition};

/// Version of the layout: version (1 byte), major (8 bytes), minor (8 bytes).
const VERSION: u8 = 1;

/// Bits of the major part: positions are times of 48 bits, or numbers that stay below that.
const MAJOR_BITS: u32 = 48;

/// Returns the cursor of a position: 23 characters that are safe in URLs.
#[must_use]
pub fn encode(position: AlertPosition) -> String {
    let mut bytes = [VERSION; 17];
    bytes[1..9].copy_from_slice(&position.major.to_be_bytes());
    bytes[9..].copy_from_slice(&position.minor.to_be_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

/// Returns the position of the cursor in `field`. Fails for a text that [`encode`] does not produce.
pub fn decode(field: &'static str, cursor: &str) -> Result<AlertPosition, FieldViolation> {
    let position = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok().and_then(|bytes| {
        let (version, rest) = bytes.split_first()?;
        let (major, minor) = rest.split_first_chunk::<8>()?;
        let (major, minor) = (u64::from_be_bytes(*major), u64::from_be_bytes(minor.try_into().ok()?));
        (*version == VERSION && major < 1 << MAJOR_BITS).then_some(AlertPosition { major, minor })
    });
    position.ok_or_else(|| {
        FieldViolation::new(field, "is not a valid cursor; pass a cursor exactly as this service returned it")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn every_cursor_reads_back(major in 0..1_u64 << MAJOR_BITS, minor: u64) {
            let position = AlertPosition { major, minor };
            prop_assert_eq!(decode("cursor", &encode(position)), Ok(position));
            prop_assert_eq!(position.to_string().parse::<AlertPosition>().ok(), Some(position));
        }

        #[test]
        fn a_text_is_a_cursor_only_if_it_is_the_one_of_its_position(
            text in "\\PC{0,40}|[A-Za-z0-9_-]{23}|AQAA[A-Za-z0-9_-]{19}",
        ) {
            if let Ok(position) = decode("cursor", &text) {
                prop_assert_eq!(encode(position), text);
            }
        }

        #[test]
        fn any_text_is_no_position_or_one_that_reads_back(text in "\\PC{0,30}|[0-9]{1,22}-[0-9]{1,22}") {
            if let Ok(position) = text.parse::<AlertPosition>() {
                prop_assert_eq!(position.to_string().parse::<AlertPosition>().ok(), Some(position));
            }
        }
    }
}
