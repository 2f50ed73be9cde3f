//! The stored form of the JWTs that an event says were denied.

use prost::Message;

use super::stored;
use crate::{
    domain::{AuditedJwt, JwtId, JwtIdDigest},
    store::StoreError,
};

/// Encodes the JWTs in their stored form.
#[must_use]
pub fn encode_denied_jwts<'a>(jwts: impl Iterator<Item = &'a AuditedJwt>) -> Vec<u8> {
    let mut message = stored::DeniedJwts::default();
    for jwt in jwts {
        match jwt {
            AuditedJwt::Digest(digest) => message.digests.push(digest.0.to_vec()),
            AuditedJwt::Id(id) => message.ids.push(id.as_str().to_owned()),
        }
    }
    message.encode_to_vec()
}

/// The inverse of [`encode_denied_jwts`], digests first.
pub fn decode_denied_jwts(bytes: &[u8]) -> Result<Vec<AuditedJwt>, StoreError> {
    let corrupt = |what: String| StoreError::corrupt("reading denied JWTs", what);
    let message = stored::DeniedJwts::decode(bytes).map_err(|error| corrupt(error.to_string()))?;
    let digest = |bytes: Vec<u8>| {
        let digest = bytes.try_into().map_err(|_| corrupt("a digest is not 16 bytes long".to_owned()))?;
        Ok(AuditedJwt::Digest(JwtIdDigest(digest)))
    };
    let id = |text: String| {
        JwtId::new(&text).map(AuditedJwt::Id).map_err(|violation| corrupt(format!("an ID {}", violation.description)))
    };
    message.digests.into_iter().map(digest).chain(message.ids.into_iter().map(id)).collect()
}
