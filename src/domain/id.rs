//! Identifiers of tenants, users, buckets and sessions.

use std::{fmt, str::FromStr};

use data_encoding::{Encoding, Specification};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{
    error::FieldViolation,
    limits::{MAX_IDENTIFIER_BYTES, check_required_text},
};

/// A tenant: 1 to 256 bytes of UTF-8 without control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(String);

impl TenantId {
    /// The tenant that an empty `tenant_id` stands for.
    pub const DEFAULT: &'static str = "default";

    /// Returns the tenant named `text`, or [`TenantId::DEFAULT`] if `text` is empty.
    pub fn new(text: &str) -> Result<Self, FieldViolation> {
        let text = if text.is_empty() { Self::DEFAULT } else { text };
        check_required_text("tenant_id", text, MAX_IDENTIFIER_BYTES)?;
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A user within a tenant: 1 to 256 bytes of UTF-8 without control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

impl UserId {
    pub fn new(text: &str) -> Result<Self, FieldViolation> {
        check_required_text("user_id", text, MAX_IDENTIFIER_BYTES)?;
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The user that a session belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    pub tenant: TenantId,
    pub user: UserId,
}

impl Owner {
    pub fn new(tenant: &str, user: &str) -> Result<Self, FieldViolation> {
        Ok(Self { tenant: TenantId::new(tenant)?, user: UserId::new(user)? })
    }

    /// Returns `tenant ‖ 0x00 ‖ user`, which is unambiguous because neither contains control characters.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.tenant.0.len() + 1 + self.user.0.len());
        bytes.extend_from_slice(self.tenant.0.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(self.user.0.as_bytes());
        bytes
    }

    /// The inverse of [`Owner::to_bytes`]. Returns `None` for any other bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (tenant, user) = std::str::from_utf8(bytes).ok()?.split_once('\0')?;
        if tenant.is_empty() {
            return None;
        }
        Self::new(tenant, user).ok()
    }
}

/// The permanent secret of an installation. It turns an owner into a [`UserHandle`], and the key that hashes the API
/// keys of callers is derived from it. Changing it makes every session unusable.
#[derive(Clone)]
pub struct InstallationSecret(Hmac<Sha256>);

impl InstallationSecret {
    /// The length of an installation secret in bytes.
    pub const BYTES: usize = 32;

    #[must_use]
    pub fn new(secret: &[u8; Self::BYTES]) -> Self {
        Self(new_hmac(secret))
    }

    /// Returns the handle of `owner` in this installation.
    #[must_use]
    pub fn user_handle(&self, owner: &Owner) -> UserHandle {
        let digest = self.0.clone().chain_update(owner.to_bytes()).finalize().into_bytes();
        let mut handle = [0; UserHandle::BYTES];
        handle.copy_from_slice(&digest[..UserHandle::BYTES]);
        UserHandle(handle)
    }

    /// Derives a key for another purpose, independent of handles. The input of a handle always contains a zero byte
    /// after a non-empty tenant, and the input of a key begins with one.
    #[must_use]
    pub fn derive_key(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let derived = self.0.clone().chain_update([0]).chain_update(purpose.as_bytes()).finalize();
        Zeroizing::new(derived.into_bytes().into())
    }
}

impl fmt::Debug for InstallationSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstallationSecret(redacted)")
    }
}

/// Returns HMAC-SHA-256 under a 32-byte key, with its key schedule computed. The key is padded with zeros to the block
/// size of SHA-256, as in RFC 2104 §2.
pub(super) fn new_hmac(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    <Hmac<Sha256> as KeyInit>::new((&*block).into())
}

/// The key of a user's sessions in the store: 12 bytes that reveal nothing about the user without the installation
/// secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserHandle(pub [u8; UserHandle::BYTES]);

impl UserHandle {
    pub const BYTES: usize = 12;

    /// Returns the bucket of this user's data.
    #[must_use]
    pub const fn bucket(self) -> Bucket {
        Bucket(self.0[0])
    }
}

impl fmt::Debug for UserHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserHandle({})", LOWER_BASE32.encode(&self.0))
    }
}

/// A bucket: one of the 256 fixed partitions of a session store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(pub u8);

impl Bucket {
    /// Returns every bucket, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).map(Self)
    }
}

/// Two lower-case hexadecimal digits.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}", self.0)
    }
}

/// The public name of a session: the user handle and 8 random bytes, shown as 32 lower-case base32 characters (RFC 4648
/// §6 alphabet). It gives no access and is safe to log as a pseudonym. The IDs of one user share their first 19
/// characters, which nobody can compute without the installation secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    pub handle: UserHandle,
    pub unique: [u8; SessionId::UNIQUE_BYTES],
}

impl SessionId {
    pub const UNIQUE_BYTES: usize = 8;
    pub const BYTES: usize = UserHandle::BYTES + Self::UNIQUE_BYTES;

    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..UserHandle::BYTES].copy_from_slice(&self.handle.0);
        bytes[UserHandle::BYTES..].copy_from_slice(&self.unique);
        bytes
    }

    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let mut handle = [0; UserHandle::BYTES];
        let mut unique = [0; Self::UNIQUE_BYTES];
        handle.copy_from_slice(&bytes[..UserHandle::BYTES]);
        unique.copy_from_slice(&bytes[UserHandle::BYTES..]);
        Self { handle: UserHandle(handle), unique }
    }

    /// Returns the ID in `bytes`, or `None` if they are not [`SessionId::BYTES`] long.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_bytes)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&LOWER_BASE32.encode(&self.to_bytes()))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

/// The error is a [`FieldViolation`] of `session_id`.
impl FromStr for SessionId {
    type Err = FieldViolation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        LOWER_BASE32.decode(text.as_bytes()).ok().and_then(|bytes| Self::from_slice(&bytes)).ok_or_else(|| {
            FieldViolation::new("session_id", "is not a session id (expected 32 lower-case base32 characters)")
        })
    }
}

static LOWER_BASE32: std::sync::LazyLock<Encoding> = std::sync::LazyLock::new(|| {
    let mut alphabet = Specification::new();
    alphabet.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    // The alphabet above has 32 distinct characters, so building the encoding cannot fail.
    alphabet.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret() -> InstallationSecret {
        InstallationSecret::new(&[7; 32])
    }

    #[test]
    fn session_id_is_32_lower_case_characters_and_reads_back() {
        let handle = secret().user_handle(&Owner::new("", "ann").expect("owner"));
        let id = SessionId { handle, unique: [9; 8] };
        let text = id.to_string();
        assert_eq!(text.len(), 32);
        assert!(text.chars().all(|c| c.is_ascii_lowercase() || ('2'..='7').contains(&c)));
        assert_eq!(text.parse::<SessionId>(), Ok(id));
        for wrong in ["", "x", &text.to_uppercase(), &format!("{text}a")] {
            assert_eq!(wrong.parse::<SessionId>().expect_err("wrong").field, "session_id");
        }
    }

    #[test]
    fn handles_differ_by_tenant_user_and_installation() {
        let ann = Owner::new("", "ann").expect("owner");
        let handle = secret().user_handle(&ann);
        assert_eq!(handle, secret().user_handle(&Owner::new("default", "ann").expect("owner")));
        assert_ne!(handle, secret().user_handle(&Owner::new("other", "ann").expect("owner")));
        assert_ne!(handle, secret().user_handle(&Owner::new("", "bob").expect("owner")));
        assert_ne!(handle, InstallationSecret::new(&[8; 32]).user_handle(&ann));
        assert_eq!(handle.bucket().0, handle.0[0]);
    }

    #[test]
    fn the_ids_of_one_user_share_their_first_19_characters() {
        let handle = secret().user_handle(&Owner::new("", "ann").expect("owner"));
        let [one, other] = [[0; 8], [0xff; 8]].map(|unique| SessionId { handle, unique }.to_string());
        let shared = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
        assert_eq!((shared, one.len()), (19, 32));
    }

    #[test]
    fn owner_bytes_read_back_and_refuse_anything_else() {
        let owner = Owner::new("acme", "ann@example.com").expect("owner");
        assert_eq!(Owner::from_bytes(&owner.to_bytes()), Some(owner));
        for wrong in [&b"acme"[..], b"\0ann", b"acme\0", b"a\0b\0c", b"\xff\0a"] {
            assert_eq!(Owner::from_bytes(wrong), None);
        }
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert_eq!(format!("{:?}", secret()), "InstallationSecret(redacted)");
    }

    proptest! {
        #[test]
        fn every_session_id_reads_back(bytes: [u8; SessionId::BYTES]) {
            let id = SessionId::from_slice(&bytes).expect("the right length");
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn a_session_id_is_32_lower_case_base32_characters(text in "\\PC{0,40}|[a-z0-9]{32}|[a-z2-7]{30,34}") {
            let is_character = |byte: u8| matches!(byte, b'a'..=b'z' | b'2'..=b'7');
            let is_id = text.len() == 32 && text.bytes().all(is_character);
            prop_assert_eq!(text.parse::<SessionId>().map(|id| id.to_string()).ok(), is_id.then_some(text));
        }

        #[test]
        fn any_owner_bytes_are_refused_or_read_back(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(owner) = Owner::from_bytes(&bytes) {
                prop_assert_eq!(owner.to_bytes(), bytes);
            }
        }
    }
}
