//! API keys: their format and their stored form.
//!
//! `sak_` followed by base64url (RFC 4648 §5, no padding) of
//! `key id (8) ‖ secret (32) ‖ checksum (4)`: 63 characters that secret scanners recognise
//! (`sak_[A-Za-z0-9_-]{59}`). The checksum, of SHA-256, distinguishes a mistyped key from an unknown one
//! without a lookup; it protects nothing.

use std::{fmt, str::FromStr};

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    domain::InstallationSecret,
    entropy::{Entropy, EntropyError, random_bytes},
};

const PREFIX: &str = "sak_";
const SECRET_BYTES: usize = 32;
const CHECKED_BYTES: usize = KeyId::BYTES + SECRET_BYTES;
const CHECKSUM_BYTES: usize = 4;
const KEY_BYTES: usize = CHECKED_BYTES + CHECKSUM_BYTES;

/// The public ID of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; KeyId::BYTES]);

impl KeyId {
    pub const BYTES: usize = 8;
}

/// Writes the ID as 16 lower-case hexadecimal digits.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or("is not 16 lower-case hexadecimal digits")
    }
}

/// A complete key, as only its holder has it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    id: KeyId,
    secret: Zeroizing<[u8; SECRET_BYTES]>,
}

impl ApiKey {
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        Ok(Self { id: KeyId(random_bytes(entropy)?), secret: Zeroizing::new(random_bytes(entropy)?) })
    }

    /// Parses `text`. Returns `None` if its format or its checksum is wrong.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(PREFIX)?;
        if BASE64URL_NOPAD.decode_len(encoded.len()) != Ok(KEY_BYTES) {
            return None;
        }
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        BASE64URL_NOPAD.decode_mut(encoded.as_bytes(), &mut *bytes).ok()?;
        let (id, rest) = bytes.split_first_chunk()?;
        let (secret, checksum) = rest.split_first_chunk()?;
        let key = Self { id: KeyId(*id), secret: Zeroizing::new(*secret) };
        (key.checksum() == checksum).then_some(key)
    }

    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Returns the text of the key, which its holder receives once.
    #[must_use]
    pub fn reveal(&self) -> String {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        bytes[..CHECKED_BYTES].copy_from_slice(&*self.checked_bytes());
        bytes[CHECKED_BYTES..].copy_from_slice(&self.checksum());
        format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&*bytes))
    }

    fn checked_bytes(&self) -> Zeroizing<[u8; CHECKED_BYTES]> {
        let mut bytes = Zeroizing::new([0; CHECKED_BYTES]);
        bytes[..KeyId::BYTES].copy_from_slice(&self.id.0);
        bytes[KeyId::BYTES..].copy_from_slice(&*self.secret);
        bytes
    }

    fn checksum(&self) -> [u8; CHECKSUM_BYTES] {
        let digest = Sha256::new().chain_update(PREFIX).chain_update(*self.checked_bytes()).finalize();
        let mut checksum = [0; CHECKSUM_BYTES];
        checksum.copy_from_slice(&digest[..CHECKSUM_BYTES]);
        checksum
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}, redacted)", self.id)
    }
}

/// The stored form of a key: HMAC-SHA-256 under a key derived from the installation secret, so a list of hashes is
/// useless elsewhere. A comparison takes the same time wherever two hashes differ.
#[derive(Clone, Copy)]
pub struct KeyHash([u8; 32]);

impl PartialEq for KeyHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for KeyHash {}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(redacted)")
    }
}

impl KeyHash {
    /// Returns the text form in which the hash is stored.
    #[must_use]
    pub fn to_base64(self) -> String {
        BASE64.encode(&self.0)
    }
}

/// Parses the text that [`KeyHash::to_base64`] returns.
impl FromStr for KeyHash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = BASE64.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or("is not base64 of 32 bytes")
    }
}

/// Computes the key hashes of one installation.
#[derive(Clone)]
pub struct KeyHasher(Hmac<Sha256>);

impl KeyHasher {
    #[must_use]
    pub fn new(secret: &InstallationSecret) -> Self {
        // A key shorter than the block of SHA-256 is padded with zeros (RFC 2104 §2).
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(&*secret.derive_key("api-key"));
        Self(<Hmac<Sha256> as KeyInit>::new((&*block).into()))
    }

    #[must_use]
    pub fn hash(&self, key: &ApiKey) -> KeyHash {
        KeyHash(self.0.clone().chain_update(*key.checked_bytes()).finalize().into_bytes().into())
    }
}

impl fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHasher(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> ApiKey {
        ApiKey { id: KeyId([1; 8]), secret: Zeroizing::new([2; 32]) }
    }

    #[test]
    fn a_key_reads_back_and_a_mistyped_one_does_not() {
        let text = key().reveal();
        assert!(text.starts_with("sak_"));
        assert_eq!(text.len(), 63);
        assert_eq!(ApiKey::parse(&text), Some(key()));
        for i in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[i] = if changed[i] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ascii");
            assert_eq!(ApiKey::parse(&changed), None, "character {i}");
        }
        for wrong in ["", "sak_", "sak_AAAA", &text[4..], &format!("{text}A"), &text[..62]] {
            assert_eq!(ApiKey::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_hash_depends_on_the_key_and_on_the_installation() {
        let here = KeyHasher::new(&InstallationSecret::new(&[7; 32]));
        let there = KeyHasher::new(&InstallationSecret::new(&[8; 32]));
        let other = ApiKey { id: KeyId([3; 8]), ..key() };
        assert_eq!(here.hash(&key()), here.hash(&key()));
        assert_ne!(here.hash(&key()), there.hash(&key()));
        assert_ne!(here.hash(&key()), here.hash(&other));
        let hash = here.hash(&key());
        assert_eq!(hash.to_base64().parse(), Ok(hash));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let hasher = KeyHasher::new(&InstallationSecret::new(&[7; 32]));
        let printed = format!("{:?} {:?} {hasher:?}", key(), hasher.hash(&key()));
        assert_eq!(printed, "ApiKey(0101010101010101, redacted) KeyHash(redacted) KeyHasher(redacted)");
    }

    proptest! {
        #[test]
        fn every_key_reads_back(id: [u8; KeyId::BYTES], secret: [u8; SECRET_BYTES]) {
            let key = ApiKey { id: KeyId(id), secret: Zeroizing::new(secret) };
            prop_assert_eq!(key.id().to_string().parse(), Ok(key.id()));
            prop_assert_eq!(ApiKey::parse(&key.reveal()), Some(key));
        }

        #[test]
        fn a_text_without_the_checksum_of_a_key_is_refused(text in "\\PC{0,80}|sak_[A-Za-z0-9_-]{59}") {
            prop_assert_eq!(ApiKey::parse(&text), None);
        }

        #[test]
        fn a_key_with_another_character_is_refused(at in 0..63_usize, character: char) {
            let text = key().reveal();
            let changed: String =
                text.chars().enumerate().map(|(index, kept)| if index == at { character } else { kept }).collect();
            prop_assert_eq!(ApiKey::parse(&changed).is_some(), changed == text);
        }

        #[test]
        fn an_id_is_16_lower_case_hexadecimal_digits(text in "\\PC{0,20}|[0-9a-fA-F]{14,18}|[0-9a-f]{16}") {
            let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let is_id = text.len() == 16 && text.bytes().all(is_digit);
            prop_assert_eq!(text.parse::<KeyId>().map(|id| id.to_string()).ok(), is_id.then_some(text));
        }

        #[test]
        fn a_hash_is_base64_of_32_bytes(hash: [u8; 32], text in "\\PC{0,50}|[A-Za-z0-9+/]{43}=?") {
            prop_assert_eq!(KeyHash(hash).to_base64().parse(), Ok(KeyHash(hash)));
            if let Ok(parsed) = text.parse::<KeyHash>() {
                prop_assert_eq!(parsed.to_base64(), text);
            }
        }
    }
}
