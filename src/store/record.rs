//! The stored form of sessions and alerts.
//!
//! A record is a fixed-width header, which Redis scripts read, and a compact protobuf message, which they do not. A
//! clock is fixed-width. All numbers are big-endian.
//!
//! ```text
//! record   layout 1 | flags 1 | revision 4 | generation 4 | SHA-256 of the secret 32 | created at 6 | rotation | protobuf
//! rotation number 4 | at 6 | grace 3 | state 1 | SHA-256 of the previous secret 32 | of the first secret 32
//! clock    last active 6 | idle timeout 6 | idle margin 3 | expires at 6 | generation 4 | device 8
//! ```
//!
//! The generation is that of the bucket when the session was created; a mass revocation since then ends the session.
//!
//! The flag `ROTATED` is set if the rotation is present: a session that was never rotated has none. A record with
//! another flag is refused, because the header after it may be longer.

mod alert;
mod auth_failure;
mod denied_jwts;
mod failures;
mod history;
mod message;
mod parts;
mod rotation;
mod stored;
mod user_agent;

use std::time::Duration;

use super::error::StoreError;
use crate::domain::{Record, Rotation, SecretHash, SessionClock, UnixMillis, limits::MAX_RECORD_BYTES, time::millis};

pub use alert::{AlertOutline, decode_alert, encode_alert, with_group};
pub use auth_failure::{decode_auth_failure, encode_auth_failure};
pub use denied_jwts::{decode_denied_jwts, encode_denied_jwts};
pub use failures::{decode_failures, encode_failure, encode_failures};
pub use history::{decode_history, encode_history};
pub use message::{
    decode_cause, decode_former_client, decode_last_seen, encode_cause, encode_former_client, encode_last_seen,
};

const LAYOUT: u8 = 1;
/// The flag of a record with a rotation.
const ROTATED: u8 = 1;
const HEADER_BYTES: usize = 48;
const CLOCK_BYTES: usize = 33;

/// A counter of the mass revocations of a bucket.
pub type Generation = u32;

/// Encodes `record` in its stored form. Fails if it is larger than 8 KiB without its rotation: no session is too large
/// to be rotated.
pub fn encode(record: &Record, generation: Generation) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::with_capacity(512);
    bytes.extend_from_slice(&[LAYOUT, if record.rotation.is_some() { ROTATED } else { 0 }]);
    bytes.extend_from_slice(&record.revision.to_be_bytes());
    bytes.extend_from_slice(&generation.to_be_bytes());
    bytes.extend_from_slice(&record.secret.0);
    bytes.extend_from_slice(&record.created_at.get().to_be_bytes()[2..]);
    let rotation = encode_rotation(record.rotation.as_ref());
    bytes.extend_from_slice(&rotation);
    message::encode(record, &mut bytes);
    let counted = bytes.len() - rotation.len();
    if counted > MAX_RECORD_BYTES {
        return Err(StoreError::RecordTooLarge { bytes: counted, limit: MAX_RECORD_BYTES });
    }
    Ok(bytes)
}

/// Decodes a record and the generation in which its session was created.
pub fn decode(bytes: &[u8]) -> Result<(Record, Generation), StoreError> {
    let corrupt = |what: &str| StoreError::corrupt("reading a session record", what);
    let (header, body) = bytes.split_at_checked(HEADER_BYTES).ok_or_else(|| corrupt("record too short"))?;
    if header[0] != LAYOUT || header[1] & !ROTATED != 0 {
        return Err(corrupt("unknown record layout (written by a newer release?)"));
    }
    let (rotation, body) = if header[1] & ROTATED == 0 {
        (None, body)
    } else {
        let (stored, body) = body.split_first_chunk().ok_or_else(|| corrupt("record too short"))?;
        (Some(rotation::decode(stored)), body)
    };
    let mut secret = [0; 32];
    secret.copy_from_slice(&header[10..42]);
    let created_at = UnixMillis::new(get(&header[42..48]));
    let mut record = message::decode(body, created_at).map_err(|error| corrupt(&error.to_string()))?;
    record.revision = be32(&header[2..6]);
    record.secret = SecretHash(secret);
    record.rotation = rotation;
    Ok((record, be32(&header[6..10])))
}

/// Encodes the latest rotation in its stored form, which is empty if there was none.
#[must_use]
pub fn encode_rotation(rotation: Option<&Rotation>) -> Vec<u8> {
    rotation.map(|rotation| rotation::encode(rotation).to_vec()).unwrap_or_default()
}

/// Encodes `clock` in its stored form.
#[must_use]
pub fn encode_clock(clock: &SessionClock, generation: Generation) -> [u8; CLOCK_BYTES] {
    let mut bytes = [0; CLOCK_BYTES];
    put(&mut bytes[0..6], clock.last_active.get());
    put(&mut bytes[6..12], millis(clock.idle_timeout));
    put(&mut bytes[12..15], millis(clock.idle_margin).min(0xff_ffff));
    put(&mut bytes[15..21], clock.expires_at.get());
    put(&mut bytes[21..25], generation.into());
    bytes[25..].copy_from_slice(&clock.device);
    bytes
}

/// Decodes a clock and the generation of its session.
pub fn decode_clock(bytes: &[u8]) -> Result<(SessionClock, Generation), StoreError> {
    let bytes: &[u8; CLOCK_BYTES] =
        bytes.try_into().map_err(|_| StoreError::corrupt("reading a session clock", "wrong length"))?;
    let mut device = [0; 8];
    device.copy_from_slice(&bytes[25..]);
    let clock = SessionClock {
        last_active: UnixMillis::new(get(&bytes[0..6])),
        idle_timeout: Duration::from_millis(get(&bytes[6..12])),
        idle_margin: Duration::from_millis(get(&bytes[12..15])),
        expires_at: UnixMillis::new(get(&bytes[15..21])),
        device,
    };
    Ok((clock, be32(&bytes[21..25])))
}

fn put(field: &mut [u8], number: u64) {
    let bytes = number.to_be_bytes();
    field.copy_from_slice(&bytes[bytes.len() - field.len()..]);
}

fn get(field: &[u8]) -> u64 {
    field.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn be32(field: &[u8]) -> u32 {
    field.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::Index};

    use super::*;

    fn record() -> Record {
        Record {
            revision: 7,
            created_at: UnixMillis::new(1_700_000_000_000),
            authenticated_at: UnixMillis::new(1_699_999_999_000),
            ..Record::sample()
        }
    }

    #[test]
    fn a_record_reads_back_whole() {
        let bytes = encode(&record(), 0xdead_beef).expect("encode");
        assert_eq!(decode(&bytes).expect("decode"), (record(), 0xdead_beef));
    }

    #[test]
    fn a_rotated_record_reads_back_whole() {
        let rotation = Rotation {
            number: 0x0102_0304,
            at: UnixMillis::new(1_700_000_000_777),
            grace: Duration::from_mins(5),
            is_presented: true,
            accepts_previous: false,
            repeats: true,
            previous: SecretHash([7; 32]),
            first: SecretHash([8; 32]),
        };
        let plain = encode(&record(), 5).expect("encode");
        for is_presented in [true, false] {
            let rotation = Rotation { is_presented, accepts_previous: !is_presented, ..rotation.clone() };
            let rotated = Record { rotation: Some(rotation), ..record() };
            let bytes = encode(&rotated, 5).expect("encode");
            assert_eq!(bytes.len(), plain.len() + Rotation::BYTES);
            assert_eq!((&bytes[2..48], &bytes[126..]), (&plain[2..48], &plain[48..]));
            assert_eq!(decode(&bytes).expect("decode"), (rotated, 5));
            assert!(decode(&bytes[..125]).is_err());
        }
    }

    #[test]
    fn the_header_lies_where_the_scripts_look() {
        let bytes = encode(&record(), 5).expect("encode");
        assert_eq!(bytes[2..6], 7_u32.to_be_bytes());
        assert_eq!(bytes[6..10], 5_u32.to_be_bytes());
        assert_eq!(bytes[10..42], [9; 32]);
        assert_eq!(bytes[42..48], 1_700_000_000_000_u64.to_be_bytes()[2..]);
    }

    /// A script that sets the time of a login also sets that of an authentication at the same moment.
    #[test]
    fn a_login_that_is_authenticated_when_it_is_made_has_one_time() {
        let created_at = UnixMillis::new(1_700_000_000_000);
        let mut at_once = Record { authenticated_at: created_at, ..record() };
        let mut bytes = encode(&at_once, 5).expect("encode");
        bytes[42..48].copy_from_slice(&1_700_000_000_777_u64.to_be_bytes()[2..]);
        at_once.set_start(UnixMillis::new(1_700_000_000_777));
        assert_eq!(at_once.authenticated_at, at_once.created_at);
        assert_eq!(decode(&bytes).expect("decode").0, at_once);

        let mut earlier = record();
        let mut bytes = encode(&earlier, 5).expect("encode");
        bytes[42..48].copy_from_slice(&1_700_000_000_777_u64.to_be_bytes()[2..]);
        earlier.set_start(UnixMillis::new(1_700_000_000_777));
        assert_eq!(earlier.authenticated_at, UnixMillis::new(1_699_999_999_000));
        assert_eq!(decode(&bytes).expect("decode").0, earlier);
    }

    #[test]
    fn a_clock_reads_back_whole() {
        let clock = SessionClock {
            last_active: UnixMillis::new(1_700_000_000_123),
            idle_timeout: Duration::from_millis(14_400_001),
            idle_margin: Duration::from_secs(66),
            expires_at: UnixMillis::new(1_702_592_000_123),
            device: [1, 2, 3, 4, 5, 6, 7, 8],
        };
        assert_eq!(decode_clock(&encode_clock(&clock, 3)).expect("decode"), (clock, 3));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let mut bytes = encode(&record(), 5).expect("encode");
        bytes[0] = 2;
        assert!(decode(&bytes).is_err());
        bytes[0] = LAYOUT;
        bytes[1] = 2;
        assert!(decode(&bytes).is_err());
        assert!(decode(&bytes[..47]).is_err());
        assert!(decode_clock(&[0; 32]).is_err());
    }

    #[test]
    fn a_record_over_8_kib_is_refused() {
        let large = Record { roles: vec!["r".repeat(128); 64], ..record() };
        assert!(matches!(encode(&large, 0), Err(StoreError::RecordTooLarge { .. })));
    }

    prop_compose! {
        fn times()(millis in 0..=UnixMillis::MAX.get()) -> UnixMillis {
            UnixMillis::new(millis)
        }
    }

    prop_compose! {
        fn rotations()(
            number: u32, at in times(), grace in 0..=0xff_ffff_u64, states: [bool; 3], hashes: [[u8; 32]; 2],
        ) -> Rotation {
            Rotation {
                number,
                at,
                grace: Duration::from_millis(grace),
                is_presented: states[0],
                accepts_previous: states[1],
                repeats: states[2],
                previous: SecretHash(hashes[0]),
                first: SecretHash(hashes[1]),
            }
        }
    }

    prop_compose! {
        fn records()(
            revision: u32, secret: [u8; 32], created_at in times(), authenticated_at in times(), remembered: bool,
            email in "\\PC{0,40}", roles in prop::collection::vec("\\PC{0,20}", 0..4), policy in "[a-z-]{1,20}",
            assurance_level: u32, rotation in prop::option::of(rotations()),
        ) -> Record {
            Record {
                revision,
                secret: SecretHash(secret),
                email,
                auth_methods: roles.clone(),
                roles,
                created_at,
                authenticated_at,
                remembered,
                assurance_level,
                policy,
                rotation,
                ..Record::sample()
            }
        }
    }

    /// Requires that `bytes` are refused, or are a record with a stored form of its own. A record of another release may
    /// be larger than this one writes.
    fn check_record(bytes: &[u8]) -> Result<(), TestCaseError> {
        if let Ok((decoded, generation)) = decode(bytes)
            && let Ok(encoded) = encode(&decoded, generation)
        {
            let (again, same) = decode(&encoded).expect("its own form");
            // Compared as bytes, in which a coordinate that is not a number equals itself.
            prop_assert_eq!(encode(&again, same).expect("its own size"), encoded);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_record_reads_back(record in records(), generation: u32) {
            let bytes = encode(&record, generation).expect("a small record");
            prop_assert_eq!(decode(&bytes).expect("its own form"), (record, generation));
        }

        #[test]
        fn a_damaged_record_is_refused_or_is_another_one(
            record in records(), damage in prop::collection::vec(any::<(Index, u8)>(), 1..4), length: Index,
        ) {
            let mut bytes = encode(&record, 0).expect("a small record");
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            check_record(&bytes)?;
            check_record(&bytes[..length.index(bytes.len())])?;
        }

        #[test]
        fn any_clock_is_33_bytes(bytes: [u8; CLOCK_BYTES], others in prop::collection::vec(any::<u8>(), 0..60)) {
            let (clock, generation) = decode_clock(&bytes).expect("a clock");
            prop_assert_eq!(encode_clock(&clock, generation), bytes);
            prop_assert_eq!(decode_clock(&others).is_ok(), others.len() == CLOCK_BYTES);
        }

        #[test]
        fn any_other_bytes_are_refused_or_read_back(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            check_record(&[&[LAYOUT, 0][..], &bytes].concat())?;
            check_record(&[&[LAYOUT, ROTATED][..], &bytes].concat())?;
            if let Ok(cause) = decode_cause(&bytes) {
                prop_assert_eq!(decode_cause(&encode_cause(&cause)), Ok(cause));
            }
            if let Ok(history) = decode_history(&bytes) {
                let encoded = encode_history(&history);
                prop_assert_eq!(encode_history(&decode_history(&encoded).expect("its own form")), encoded);
            }
            if let Ok(alert) = decode_alert(&bytes) {
                prop_assert!(decode_alert(&encode_alert(&alert)).is_ok());
            }
            if let Ok(jwts) = decode_denied_jwts(&bytes) {
                prop_assert_eq!(decode_denied_jwts(&encode_denied_jwts(jwts.iter())).expect("its own form"), jwts);
            }
        }
    }
}
