//! IDs of JWTs, as the denylist knows them.

use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{
    error::FieldViolation,
    id::{Bucket, TenantId},
    limits::{MAX_JWT_ID_BYTES, check_required_text},
    time::UnixMillis,
};

/// The ID of a JWT (claim `jti`, RFC 7519 §4.1.7): 1 to 256 bytes of UTF-8 without control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JwtId(String);

impl JwtId {
    pub fn new(text: &str) -> Result<Self, FieldViolation> {
        check_required_text("jti", text, MAX_JWT_ID_BYTES)?;
        Ok(Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the digest under which the ID is stored for `tenant`.
    #[must_use]
    pub fn digest(&self, tenant: &TenantId) -> JwtIdDigest {
        let digest = Sha256::new().chain_update(tenant.as_str()).chain_update([0]).chain_update(&self.0).finalize();
        let mut bytes = [0; JwtIdDigest::BYTES];
        bytes.copy_from_slice(&digest[..JwtIdDigest::BYTES]);
        JwtIdDigest(bytes)
    }
}

/// The first 16 bytes of SHA-256(`tenant ‖ 0x00 ‖ jti`), which is unambiguous because neither contains control
/// characters. Two IDs with one digest would both be denied.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JwtIdDigest(pub [u8; JwtIdDigest::BYTES]);

impl JwtIdDigest {
    pub const BYTES: usize = 16;

    /// Returns the bucket in which a denial of the ID is stored.
    #[must_use]
    pub const fn bucket(self) -> Bucket {
        Bucket(self.0[0])
    }
}

impl fmt::Debug for JwtIdDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JwtIdDigest({})", HEXLOWER.encode(&self.0))
    }
}

/// A JWT that must not be accepted any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeniedJwt {
    pub digest: JwtIdDigest,
    /// The time at which the JWT expires, and its denial ends.
    pub expires_at: UnixMillis,
    /// The ID, if the audit is to record it instead of its digest.
    pub recorded_id: Option<JwtId>,
}

impl DeniedJwt {
    /// Returns the form in which the audit records the JWT.
    #[must_use]
    pub fn audited(&self) -> AuditedJwt {
        self.recorded_id.clone().map_or(AuditedJwt::Digest(self.digest), AuditedJwt::Id)
    }
}

/// A denied JWT, as the audit records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditedJwt {
    Digest(JwtIdDigest),
    Id(JwtId),
}

impl fmt::Display for AuditedJwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(digest) => write!(f, "sha256:{}", HEXLOWER.encode(&digest.0)),
            Self::Id(id) => write!(f, "jti:{}", id.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name).expect("a tenant")
    }

    fn id(text: &str) -> JwtId {
        JwtId::new(text).expect("an ID")
    }

    #[test]
    fn digests_differ_by_tenant_and_id() {
        let digest = id("a").digest(&tenant("acme"));
        assert_eq!(digest, id("a").digest(&tenant("acme")));
        assert_ne!(digest, id("b").digest(&tenant("acme")));
        assert_ne!(digest, id("a").digest(&tenant("globex")));
        assert_ne!(id("bc").digest(&tenant("a")), id("c").digest(&tenant("ab")));
        assert_eq!(digest.bucket().0, digest.0[0]);
    }

    /// The digest can be computed elsewhere: `printf 'default\0%s' 7f3e | sha256sum | cut -c1-32`.
    #[test]
    fn an_audited_jwt_shows_its_digest_unless_its_id_is_recorded() {
        let digest = id("7f3e").digest(&tenant(""));
        let jwt = DeniedJwt { digest, expires_at: UnixMillis::new(0), recorded_id: None };
        assert_eq!(jwt.audited().to_string(), "sha256:afaa24a3af75f2b0a2c3e9bc0d603e0e");
        assert_eq!(DeniedJwt { recorded_id: Some(id("7f3e")), ..jwt }.audited().to_string(), "jti:7f3e");
    }

    #[test]
    fn an_id_has_1_to_256_bytes_without_control_characters() {
        assert!(JwtId::new(&"x".repeat(256)).is_ok());
        for wrong in ["", "a\nb", &"x".repeat(257)] {
            assert_eq!(JwtId::new(wrong).expect_err("wrong").field, "jti");
        }
    }

    proptest! {
        #[test]
        fn an_id_is_accepted_as_it_is_or_refused(text in "(?s).{0,260}|\\PC{250,260}") {
            let is_valid = (1..=MAX_JWT_ID_BYTES).contains(&text.len()) && !text.contains(char::is_control);
            prop_assert_eq!(JwtId::new(&text).ok().map(|id| id.0), is_valid.then_some(text));
        }
    }
}
