//! The hash slot of a key in a Redis Cluster.

/// A hash slot: one of the 16,384 parts that the keys of a Cluster are divided into. Keys with the same hash tag share
/// a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HashSlot(u16);

impl HashSlot {
    pub(crate) const COUNT: u16 = 16_384;

    /// Returns the slot of `key`. It depends on the text within the first braces, or on the whole key if that text is
    /// empty or there are none (Redis Cluster specification, "Hash tags").
    #[must_use]
    pub fn from_key(key: &[u8]) -> Self {
        Self(crc16(hash_tag(key).unwrap_or(key)) % Self::COUNT)
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let open = key.iter().position(|byte| *byte == b'{')?;
    let inside = &key[open + 1..];
    let close = inside.iter().position(|byte| *byte == b'}')?;
    (close > 0).then(|| &inside[..close])
}

/// CRC-16/XMODEM, as defined in appendix A of the Cluster specification.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 { shifted } else { shifted ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(crc16(b""), 0);
    }

    #[test]
    fn a_slot_is_what_redis_says_it_is() {
        // CLUSTER KEYSLOT of Redis 7.0.
        let cases: [(&[u8], u16); 6] = [
            (b"foo", 12_182),
            (b"bar", 5_061),
            (b"{user1000}.following", 3_443),
            (b"foo{}{bar}", 8_363),
            (b"foo{{bar}}zap", 4_015),
            (b"foo{bar}{zap}", 5_061),
        ];
        for (key, slot) in cases {
            assert_eq!(HashSlot::from_key(key), HashSlot(slot), "{}", key.escape_ascii());
        }
    }
}
