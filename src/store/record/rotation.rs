//! The stored form of rotations, behind the header of a record. Scripts read and write it.

use std::time::Duration;

use super::{be32, get, put};
use crate::domain::{Rotation, SecretHash, UnixMillis, time::millis};

const IS_PRESENTED: u8 = 1;
const ACCEPTS_PREVIOUS: u8 = 2;
const REPEATS: u8 = 4;

pub(super) fn encode(rotation: &Rotation) -> [u8; Rotation::BYTES] {
    let mut bytes = [0; Rotation::BYTES];
    put(&mut bytes[0..4], rotation.number.into());
    put(&mut bytes[4..10], rotation.at.get());
    put(&mut bytes[10..13], millis(rotation.grace).min(0xff_ffff));
    let states = [
        (IS_PRESENTED, rotation.is_presented),
        (ACCEPTS_PREVIOUS, rotation.accepts_previous),
        (REPEATS, rotation.repeats),
    ];
    bytes[13] = states.into_iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| flag).sum();
    bytes[14..46].copy_from_slice(&rotation.previous.0);
    bytes[46..].copy_from_slice(&rotation.first.0);
    bytes
}

/// The inverse of [`encode`].
pub(super) fn decode(bytes: &[u8; Rotation::BYTES]) -> Rotation {
    let (mut previous, mut first) = ([0; 32], [0; 32]);
    previous.copy_from_slice(&bytes[14..46]);
    first.copy_from_slice(&bytes[46..]);
    Rotation {
        number: be32(&bytes[0..4]),
        at: UnixMillis::new(get(&bytes[4..10])),
        grace: Duration::from_millis(get(&bytes[10..13])),
        is_presented: bytes[13] & IS_PRESENTED != 0,
        accepts_previous: bytes[13] & ACCEPTS_PREVIOUS != 0,
        repeats: bytes[13] & REPEATS != 0,
        previous: SecretHash(previous),
        first: SecretHash(first),
    }
}
