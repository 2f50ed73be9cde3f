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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_jwts_read_back(digests: Vec<[u8; 16]>, ids in prop::collection::vec("\\PC{1,60}", 0..20)) {
            let digests = digests.into_iter().map(|digest| AuditedJwt::Digest(JwtIdDigest(digest)));
            let ids = ids.iter().map(|id| AuditedJwt::Id(JwtId::new(id).expect("an ID")));
            let jwts: Vec<_> = digests.chain(ids).collect();
            prop_assert_eq!(decode_denied_jwts(&encode_denied_jwts(jwts.iter())).expect("their own form"), jwts);
        }

        #[test]
        fn a_digest_of_another_length_is_refused(digest in prop::collection::vec(any::<u8>(), 0..40)) {
            let is_digest = digest.len() == JwtIdDigest::BYTES;
            let bytes = stored::DeniedJwts { digests: vec![digest], ids: Vec::new() }.encode_to_vec();
            prop_assert_eq!(decode_denied_jwts(&bytes).is_ok(), is_digest);
        }

        #[test]
        fn an_id_that_is_none_is_refused(id in "|(?s).{250,260}|\\PC{0,10}\\pC") {
            let bytes = stored::DeniedJwts { digests: Vec::new(), ids: vec![id.clone()] }.encode_to_vec();
            prop_assert_eq!(decode_denied_jwts(&bytes).is_ok(), JwtId::new(&id).is_ok());
        }
    }
}
