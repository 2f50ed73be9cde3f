//! Bearer tokens: minting, verification without any I/O, and comparison.
//!
//! A token is `sa_` followed by the base64url encoding (RFC 4648 §5, no padding) of one of
//!
//! ```text
//! first    key id 1 | session id 20 | secret 32 | MAC 8
//! rotated  key id 1 | session id 20 | secret 32 | number 4 | MAC 16
//! ```
//!
//! The MAC is HMAC-SHA-256 under the token key, truncated. The secret has 256 bits (OWASP ASVS 7.2.3 asks for 128); only
//! its SHA-256 is ever stored. The MAC of a first token keeps invented tokens from costing a lookup; it grants nothing.
//! That of a rotated token also proves the number of the token, which [`super::rotation`] relies on.
//!
//! The secret of a successor is derived from the token that is rotated, so every repeat and every node derives the same
//! one, and nothing secret is stored. The key is that of the rotated token, which signs the successor, too: nodes whose
//! first key differs, while a key is being changed, still agree. A key is kept for as long as sessions that began under
//! it can last.

use std::{fmt, mem, sync::Arc};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{
    id::{SessionId, new_hmac},
    rejection::RejectReason,
};

const PREFIX: &str = "sa_";
const BODY_BYTES: usize = 1 + SessionId::BYTES + TokenSecret::BYTES;
const NUMBER_BYTES: usize = size_of::<u32>();
const FIRST_MAC_BYTES: usize = 8;
const ROTATED_MAC_BYTES: usize = 16;
const FIRST_BYTES: usize = BODY_BYTES + FIRST_MAC_BYTES;
const ROTATED_BYTES: usize = BODY_BYTES + NUMBER_BYTES + ROTATED_MAC_BYTES;

/// The secret part of a token: 256 bits known to its holder alone.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret([u8; TokenSecret::BYTES]);

impl TokenSecret {
    pub const BYTES: usize = 32;

    #[must_use]
    pub const fn new(random: [u8; Self::BYTES]) -> Self {
        Self(random)
    }

    /// Returns the hash that the store keeps instead of the secret.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0).into())
    }
}

impl Drop for TokenSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSecret(redacted)")
    }
}

/// The SHA-256 of a [`TokenSecret`]. A comparison takes the same time wherever two hashes differ.
#[derive(Clone, Copy)]
pub struct SecretHash(pub [u8; 32]);

impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretHash {}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(redacted)")
    }
}

/// The text of a token as it is issued and presented (RFC 6750), genuine or not. Its holder has access to the session,
/// so it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken(String);

impl BearerToken {
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn into_string(mut self) -> String {
        mem::take(&mut self.0)
    }
}

impl Drop for BearerToken {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(redacted)")
    }
}

/// The parts of a token that this authority minted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionToken {
    pub session_id: SessionId,
    pub secret: TokenSecret,
    /// The number of tokens that the session had before this one.
    pub number: u32,
    /// The ID of the key that signed it.
    pub key_id: u8,
}

impl SessionToken {
    /// Returns the token as it is compared with a session.
    #[must_use]
    pub fn presented(&self) -> PresentedToken {
        PresentedToken { secret: self.secret.hash(), number: self.number }
    }
}

/// A token as it was presented, without its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresentedToken {
    pub secret: SecretHash,
    /// The number that the token states: how many tokens the session had before. 0 for the first one.
    pub number: u32,
}

/// The reason why a text is not a token of this authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenParseError {
    /// The text does not have the form of a token.
    Malformed,
    /// The text has the form of a token, but no key of this authority produced its MAC.
    InvalidMac,
    /// The text has the form of a token, and names a key that this node does not have.
    UnknownKey(u8),
}

impl TokenParseError {
    /// Returns the reason for which the text is rejected.
    #[must_use]
    pub const fn reject_reason(self) -> RejectReason {
        match self {
            Self::Malformed => RejectReason::Malformed,
            Self::InvalidMac | Self::UnknownKey(_) => RejectReason::Unknown,
        }
    }
}

/// A key that signs and verifies tokens.
#[derive(Clone)]
pub struct TokenKey {
    id: u8,
    key: Hmac<Sha256>,
}

impl TokenKey {
    pub const BYTES: usize = 32;

    #[must_use]
    pub fn new(id: u8, key: &[u8; Self::BYTES]) -> Self {
        Self { id, key: new_hmac(key) }
    }

    #[must_use]
    pub const fn id(&self) -> u8 {
        self.id
    }

    /// Returns 16 bytes that identify this key and reveal nothing about it.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 16] {
        let digest = self.key.clone().chain_update(b"fingerprint of the token key").finalize().into_bytes();
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&digest[..16]);
        fingerprint
    }

    /// Returns the secret of the session that is created for a `request_id`. It is the same for the same key and
    /// arguments, so a repeated request gets the same token and no secret is stored for it.
    #[must_use]
    pub fn secret_for_request(&self, session_id: SessionId, request_id: &str, nonce: &[u8]) -> TokenSecret {
        let mac = self
            .key
            .clone()
            .chain_update(b"create")
            .chain_update(session_id.to_bytes())
            .chain_update((request_id.len() as u64).to_be_bytes())
            .chain_update(request_id.as_bytes())
            .chain_update(nonce);
        TokenSecret(mac.finalize().into_bytes().into())
    }

    /// Returns the secret of the token that follows `token` when it is rotated.
    #[must_use]
    pub fn successor_secret(&self, token: &SessionToken) -> TokenSecret {
        let mac = self
            .key
            .clone()
            .chain_update(b"rotate")
            .chain_update(token.session_id.to_bytes())
            .chain_update(token.secret.0)
            .chain_update(token.number.to_be_bytes());
        TokenSecret(mac.finalize().into_bytes().into())
    }

    /// Returns the text of the token of a session that had `number` tokens before, signed with this key.
    #[must_use]
    pub fn mint(&self, session_id: SessionId, secret: &TokenSecret, number: u32) -> BearerToken {
        let mut bytes = Zeroizing::new(Vec::with_capacity(ROTATED_BYTES));
        bytes.push(self.id);
        bytes.extend_from_slice(&session_id.to_bytes());
        bytes.extend_from_slice(&secret.0);
        if number == 0 {
            let mac = self.mac::<FIRST_MAC_BYTES>(&bytes);
            bytes.extend_from_slice(&mac);
        } else {
            bytes.extend_from_slice(&number.to_be_bytes());
            let mac = self.mac::<ROTATED_MAC_BYTES>(&bytes);
            bytes.extend_from_slice(&mac);
        }
        let mut token = String::with_capacity(PREFIX.len() + BASE64URL_NOPAD.encode_len(bytes.len()));
        token.push_str(PREFIX);
        BASE64URL_NOPAD.encode_append(&bytes, &mut token);
        BearerToken::new(token)
    }

    fn mac<const N: usize>(&self, signed: &[u8]) -> [u8; N] {
        let digest = self.key.clone().chain_update(signed).finalize().into_bytes();
        let mut mac = [0; N];
        mac.copy_from_slice(&digest[..N]);
        mac
    }

    /// Returns whether `mac` is the MAC of `signed`. Takes the same time wherever the two differ.
    fn verify<const N: usize>(&self, signed: &[u8], mac: &[u8]) -> bool {
        self.mac::<N>(signed).ct_eq(mac).into()
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({}, redacted)", self.id)
    }
}

/// The token keys of an installation. The first one mints; all of them verify.
#[derive(Clone, Debug)]
pub struct TokenKeys {
    keys: Arc<[TokenKey]>,
}

/// The reason why a list of token keys cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenKeysError {
    #[error("no token key is configured; at least one is required")]
    Empty,
    #[error("duplicate token key id {0}")]
    DuplicateId(u8),
}

impl TokenKeys {
    pub fn new(keys: Vec<TokenKey>) -> Result<Self, TokenKeysError> {
        if keys.is_empty() {
            return Err(TokenKeysError::Empty);
        }
        for (i, key) in keys.iter().enumerate() {
            if keys[..i].iter().any(|earlier| earlier.id == key.id) {
                return Err(TokenKeysError::DuplicateId(key.id));
            }
        }
        Ok(Self { keys: keys.into() })
    }

    /// Returns the key that signs new tokens.
    #[must_use]
    pub fn minting_key(&self) -> &TokenKey {
        &self.keys[0]
    }

    pub fn iter(&self) -> impl Iterator<Item = &TokenKey> {
        self.keys.iter()
    }

    /// Returns the key with this ID, if it is still in use.
    #[must_use]
    pub fn by_id(&self, id: u8) -> Option<&TokenKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Parses `text` and verifies its MAC with the key that it names.
    pub fn parse(&self, text: &str) -> Result<SessionToken, TokenParseError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(TokenParseError::Malformed)?;
        let mut buffer = Zeroizing::new([0; ROTATED_BYTES]);
        let length = BASE64URL_NOPAD.decode_len(encoded.len()).ok();
        let length = length.filter(|length| [FIRST_BYTES, ROTATED_BYTES].contains(length));
        let bytes = &mut buffer[..length.ok_or(TokenParseError::Malformed)?];
        BASE64URL_NOPAD.decode_mut(encoded.as_bytes(), bytes).map_err(|_| TokenParseError::Malformed)?;
        let key = self.by_id(bytes[0]).ok_or(TokenParseError::UnknownKey(bytes[0]))?;
        let (body, number_and_mac) = bytes.split_at(BODY_BYTES);
        let (is_genuine, number) = match number_and_mac.split_first_chunk::<NUMBER_BYTES>() {
            Some((number, mac)) if mac.len() == ROTATED_MAC_BYTES => {
                let signed = &bytes[..BODY_BYTES + NUMBER_BYTES];
                let number = u32::from_be_bytes(*number);
                // A first token has one form only.
                (key.verify::<ROTATED_MAC_BYTES>(signed, mac) && number > 0, number)
            }
            _ => (key.verify::<FIRST_MAC_BYTES>(body, number_and_mac), 0),
        };
        if !is_genuine {
            return Err(TokenParseError::InvalidMac);
        }
        let (id, secret) = body[1..].split_at(SessionId::BYTES);
        let session_id = SessionId::from_slice(id).ok_or(TokenParseError::Malformed)?;
        let secret = secret.try_into().map(TokenSecret).map_err(|_| TokenParseError::Malformed)?;
        Ok(SessionToken { session_id, secret, number, key_id: body[0] })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::id::UserHandle;

    fn keys(ids: &[u8]) -> TokenKeys {
        TokenKeys::new(ids.iter().map(|id| TokenKey::new(*id, &[*id; 32])).collect()).expect("keys")
    }

    fn token(number: u32) -> SessionToken {
        SessionToken {
            session_id: SessionId { handle: UserHandle([1; 12]), unique: [2; 8] },
            secret: TokenSecret::new([3; 32]),
            number,
            key_id: 1,
        }
    }

    fn mint(keys: &TokenKeys, token: &SessionToken) -> String {
        keys.minting_key().mint(token.session_id, &token.secret, token.number).into_string()
    }

    #[test]
    fn a_minted_token_reads_back_under_any_kept_key() {
        for (number, characters) in [(0, 82), (1, 98), (u32::MAX, 98)] {
            let text = mint(&keys(&[1, 2]), &token(number));
            assert!(text.starts_with("sa_"));
            assert_eq!(text.len(), 3 + characters);
            assert_eq!(keys(&[2, 1]).parse(&text), Ok(token(number)));
            assert_eq!(keys(&[2]).parse(&text), Err(TokenParseError::UnknownKey(1)));
        }
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let keys = keys(&[1]);
        for number in [0, 7] {
            let text = mint(&keys, &token(number));
            for i in 0..text.len() {
                let mut changed = text.clone().into_bytes();
                changed[i] = if changed[i] == b'A' { b'B' } else { b'A' };
                let changed = String::from_utf8(changed).expect("ascii");
                assert!(keys.parse(&changed).is_err(), "character {i}");
            }
            for wrong in ["", "sa_", "sa_AAAA", &text[3..], &format!("{text}A"), &format!("{text}=")] {
                assert_eq!(keys.parse(wrong), Err(TokenParseError::Malformed), "{wrong}");
            }
        }
    }

    #[test]
    fn a_first_token_cannot_be_passed_off_as_a_rotated_one() {
        let keys = keys(&[1]);
        let first = BASE64URL_NOPAD.decode(&mint(&keys, &token(0)).as_bytes()[3..]).expect("base64url");
        let padded = [&first[..BODY_BYTES], &[0, 0, 0, 1], &first[BODY_BYTES..], &[0; 8]].concat();
        let text = format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&padded));
        assert_eq!(keys.parse(&text), Err(TokenParseError::InvalidMac));
    }

    #[test]
    fn a_token_has_one_successor_under_its_key() {
        let keys = keys(&[1, 2]);
        let successor = |key: u8, token: &SessionToken| keys.by_id(key).expect("key").successor_secret(token);
        let of_first = successor(1, &token(0));
        assert_eq!(of_first, successor(1, &token(0)));
        assert_ne!(of_first, token(0).secret);
        assert_ne!(of_first, successor(2, &token(0)));
        assert_ne!(of_first, successor(1, &token(1)));
        let other_secret = SessionToken { secret: TokenSecret::new([4; 32]), ..token(0) };
        assert_ne!(of_first, successor(1, &other_secret));
        let other_session = SessionId { unique: [9; 8], ..token(0).session_id };
        assert_ne!(of_first, successor(1, &SessionToken { session_id: other_session, ..token(0) }));
    }

    #[test]
    fn a_repeated_request_derives_the_same_secret_and_nothing_else_does() {
        let (keys, id) = (keys(&[1, 2]), token(0).session_id);
        let secret = keys.minting_key().secret_for_request(id, "r1", b"n");
        assert_eq!(secret, keys.minting_key().secret_for_request(id, "r1", b"n"));
        assert_ne!(secret, keys.minting_key().secret_for_request(id, "r", b"1n"));
        assert_ne!(secret, keys.minting_key().secret_for_request(id, "r1", b"m"));
        assert_ne!(secret, keys.by_id(2).expect("key").secret_for_request(id, "r1", b"n"));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let printed = format!("{:?} {:?} {:?}", token(1), keys(&[1]), token(1).secret.hash());
        assert!(!printed.contains("3, 3"), "{printed}");
        assert!(printed.contains("redacted"));
    }

    #[test]
    fn a_list_of_keys_is_checked() {
        assert_eq!(TokenKeys::new(Vec::new()).expect_err("empty"), TokenKeysError::Empty);
        let twice = vec![TokenKey::new(1, &[1; 32]), TokenKey::new(1, &[2; 32])];
        assert_eq!(TokenKeys::new(twice).expect_err("twice"), TokenKeysError::DuplicateId(1));
    }

    proptest! {
        #[test]
        fn every_minted_token_reads_back(handle: [u8; 12], unique: [u8; 8], secret: [u8; 32], number: u32, key_id: u8) {
            let session_id = SessionId { handle: UserHandle(handle), unique };
            let token = SessionToken { session_id, secret: TokenSecret::new(secret), number, key_id };
            let keys = keys(&[key_id]);
            prop_assert_eq!(keys.parse(&mint(&keys, &token)), Ok(token));
        }

        #[test]
        fn a_text_that_no_key_signed_is_refused(text in "\\PC{0,120}|sa_[A-Za-z0-9_-]{82}|sa_AQ[A-Za-z0-9_-]{96}") {
            prop_assert!(keys(&[1]).parse(&text).is_err());
        }

        #[test]
        fn a_token_with_another_character_is_refused(number: u32, at in 0..101_usize, character: char) {
            let keys = keys(&[1]);
            let text = mint(&keys, &token(number));
            let changed: String =
                text.chars().enumerate().map(|(index, kept)| if index == at { character } else { kept }).collect();
            prop_assert_eq!(keys.parse(&changed).is_ok(), changed == text);
        }
    }
}
