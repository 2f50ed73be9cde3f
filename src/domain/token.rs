//! Bearer tokens: minting, verification without any I/O, and comparison.
//!
//! A token is `sa_` followed by the base64url encoding (RFC 4648 §5, no padding) of
//! `key id (1) ‖ session id (20) ‖ secret (32) ‖ MAC (8)`. The MAC is HMAC-SHA-256 under the token key, truncated. The
//! secret has 256 bits (OWASP ASVS 7.2.3 asks for 128); only its SHA-256 is ever stored. The MAC keeps invented tokens
//! from costing a lookup; it grants nothing.

use std::{fmt, sync::Arc};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::id::{SessionId, new_hmac};

const PREFIX: &str = "sa_";
const MAC_BYTES: usize = 8;
const SIGNED_BYTES: usize = 1 + SessionId::BYTES + TokenSecret::BYTES;
const TOKEN_BYTES: usize = SIGNED_BYTES + MAC_BYTES;

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
    pub fn into_string(self) -> String {
        self.0
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

    /// Returns the text of `token`, signed with this key.
    #[must_use]
    pub fn mint(&self, token: &SessionToken) -> String {
        let mut bytes = [0; TOKEN_BYTES];
        bytes[0] = self.id;
        bytes[1..=SessionId::BYTES].copy_from_slice(&token.session_id.to_bytes());
        bytes[1 + SessionId::BYTES..SIGNED_BYTES].copy_from_slice(&token.secret.0);
        let mac = self.mac(&bytes[..SIGNED_BYTES]);
        bytes[SIGNED_BYTES..].copy_from_slice(&mac);
        format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes))
    }

    fn mac(&self, signed: &[u8]) -> [u8; MAC_BYTES] {
        let digest = self.key.clone().chain_update(signed).finalize().into_bytes();
        let mut mac = [0; MAC_BYTES];
        mac.copy_from_slice(&digest[..MAC_BYTES]);
        mac
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
        let mut bytes = [0; TOKEN_BYTES];
        if BASE64URL_NOPAD.decode_len(encoded.len()) != Ok(TOKEN_BYTES) {
            return Err(TokenParseError::Malformed);
        }
        BASE64URL_NOPAD.decode_mut(encoded.as_bytes(), &mut bytes).map_err(|_| TokenParseError::Malformed)?;
        let key = self.by_id(bytes[0]).ok_or(TokenParseError::UnknownKey(bytes[0]))?;
        let (signed, mac) = bytes.split_at(SIGNED_BYTES);
        if !bool::from(key.mac(signed).ct_eq(mac)) {
            return Err(TokenParseError::InvalidMac);
        }
        let (id, secret) = signed[1..].split_at(SessionId::BYTES);
        let session_id = SessionId::from_slice(id).ok_or(TokenParseError::Malformed)?;
        let secret = secret.try_into().map(TokenSecret).map_err(|_| TokenParseError::Malformed)?;
        Ok(SessionToken { session_id, secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::UserHandle;

    fn keys(ids: &[u8]) -> TokenKeys {
        TokenKeys::new(ids.iter().map(|id| TokenKey::new(*id, &[*id; 32])).collect()).expect("keys")
    }

    fn token() -> SessionToken {
        SessionToken {
            session_id: SessionId { handle: UserHandle([1; 12]), unique: [2; 8] },
            secret: TokenSecret::new([3; 32]),
        }
    }

    #[test]
    fn a_minted_token_reads_back_under_any_kept_key() {
        let text = keys(&[1, 2]).minting_key().mint(&token());
        assert!(text.starts_with("sa_"));
        assert_eq!(text.len(), 3 + 82);
        assert_eq!(keys(&[2, 1]).parse(&text), Ok(token()));
        assert_eq!(keys(&[2]).parse(&text), Err(TokenParseError::UnknownKey(1)));
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let keys = keys(&[1]);
        let text = keys.minting_key().mint(&token());
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

    #[test]
    fn a_repeated_request_derives_the_same_secret_and_nothing_else_does() {
        let (keys, id) = (keys(&[1, 2]), token().session_id);
        let secret = keys.minting_key().secret_for_request(id, "r1", b"n");
        assert_eq!(secret, keys.minting_key().secret_for_request(id, "r1", b"n"));
        assert_ne!(secret, keys.minting_key().secret_for_request(id, "r", b"1n"));
        assert_ne!(secret, keys.minting_key().secret_for_request(id, "r1", b"m"));
        assert_ne!(secret, keys.by_id(2).expect("key").secret_for_request(id, "r1", b"n"));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let printed = format!("{:?} {:?} {:?}", token(), keys(&[1]), token().secret.hash());
        assert!(!printed.contains("3, 3"), "{printed}");
        assert!(printed.contains("redacted"));
    }

    #[test]
    fn a_list_of_keys_is_checked() {
        assert_eq!(TokenKeys::new(Vec::new()).expect_err("empty"), TokenKeysError::Empty);
        let twice = vec![TokenKey::new(1, &[1; 32]), TokenKey::new(1, &[2; 32])];
        assert_eq!(TokenKeys::new(twice).expect_err("twice"), TokenKeysError::DuplicateId(1));
    }
}
