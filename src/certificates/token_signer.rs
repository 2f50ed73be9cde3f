//! A private key that signs tokens, and its public form (RFC 7515, RFC 7517).

use std::{fmt, sync::Arc};

use data_encoding::BASE64URL_NOPAD;
use rustls::{
    SignatureScheme,
    crypto::ring::sign::any_supported_type,
    pki_types::{PrivateKeyDer, pem::PemObject},
    sign::SigningKey,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use x509_parser::{prelude::FromDer, public_key::PublicKey, x509::SubjectPublicKeyInfo};

use super::CertificateError;

/// The length of a coordinate of P-256, in bytes.
const COORDINATE: usize = 32;

/// Signs tokens with RS256 or ES256. Its `Debug` output shows the public key only.
#[derive(Clone)]
pub struct TokenSigner {
    key: Arc<dyn SigningKey>,
    scheme: SignatureScheme,
    /// The public key as a JSON Web Key.
    jwk: Value,
}

impl TokenSigner {
    /// Reads a private key in PEM: RSA of 2048 bits or more, or P-256.
    pub fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| CertificateError::NoKey)?;
        let key = any_supported_type(&key).map_err(|error| unusable(&error))?;
        let schemes = [SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::RSA_PKCS1_SHA256];
        let signer = key.choose_scheme(&schemes).ok_or_else(|| unusable(&"neither RSA nor P-256"))?;
        let scheme = signer.scheme();
        let jwk = read_public_jwk(key.as_ref())?;
        Ok(Self { key, scheme, jwk })
    }

    /// Returns the set of the public key (RFC 7517 §5), with which receivers verify tokens.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let mut key = self.jwk.clone();
        key["kid"] = self.key_id().into();
        key["use"] = "sig".into();
        key["alg"] = self.algorithm().into();
        json!({ "keys": [key] })
    }

    /// Signs a token in the compact form, with a header of this type.
    pub fn sign(&self, token_type: &str, claims: &Value) -> Result<String, CertificateError> {
        let header = json!({ "typ": token_type, "alg": self.algorithm(), "kid": self.key_id() });
        let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let key = self.key.choose_scheme(&[self.scheme]).ok_or_else(|| unusable(&"no signer"))?;
        let signature = key.sign(signed.as_bytes()).map_err(|error| unusable(&error))?;
        let signature = match self.scheme {
            SignatureScheme::ECDSA_NISTP256_SHA256 => {
                concatenated(&signature).ok_or_else(|| unusable(&"a signature of another form"))?
            }
            _ => signature,
        };
        Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature)))
    }

    fn algorithm(&self) -> &'static str {
        if self.scheme == SignatureScheme::ECDSA_NISTP256_SHA256 { "ES256" } else { "RS256" }
    }

    /// Returns the thumbprint of the key (RFC 7638): its members in alphabetical order, without spaces.
    fn key_id(&self) -> String {
        BASE64URL_NOPAD.encode(&Sha256::digest(self.jwk.to_string()))
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenSigner({})", self.key_id())
    }
}

impl PartialEq for TokenSigner {
    fn eq(&self, other: &Self) -> bool {
        self.jwk == other.jwk
    }
}

impl Eq for TokenSigner {}

fn unusable(reason: &dyn fmt::Display) -> CertificateError {
    CertificateError::UnusableKey(reason.to_string())
}

/// Returns the public key of `key` as a JSON Web Key.
fn read_public_jwk(key: &dyn SigningKey) -> Result<Value, CertificateError> {
    let public = key.public_key().ok_or_else(|| unusable(&"its public key is unknown"))?;
    let (_, info) = SubjectPublicKeyInfo::from_der(public.as_ref()).map_err(|error| unusable(&error))?;
    let parsed = info.parsed().map_err(|error| unusable(&error))?;
    public_jwk(&parsed).ok_or_else(|| unusable(&"neither RSA nor P-256"))
}

/// Returns the members that a thumbprint covers.
fn public_jwk(public: &PublicKey<'_>) -> Option<Value> {
    let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    match public {
        PublicKey::RSA(key) => Some(json!({
            "e": encode(without_leading_zeros(key.exponent)),
            "kty": "RSA",
            "n": encode(without_leading_zeros(key.modulus)),
        })),
        PublicKey::EC(point) => {
            // The uncompressed form (SEC 1 §2.3.3).
            let coordinates = point.data().strip_prefix(&[4])?;
            let (x, y) = coordinates.split_at_checked(COORDINATE).filter(|(_, y)| y.len() == COORDINATE)?;
            Some(json!({ "crv": "P-256", "kty": "EC", "x": encode(x), "y": encode(y) }))
        }
        _ => None,
    }
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    &bytes[first..]
}

/// Converts a signature from DER (RFC 3279 §2.2.3) to the two numbers one after the other (RFC 7518 §3.4).
fn concatenated(der: &[u8]) -> Option<Vec<u8>> {
    let content = der_value(der, 0x30)?.0;
    let (r, rest) = der_value(content, 0x02)?;
    let (s, _) = der_value(rest, 0x02)?;
    let mut signature = Vec::with_capacity(2 * COORDINATE);
    for number in [r, s] {
        let number = without_leading_zeros(number);
        signature.resize(signature.len() + COORDINATE.checked_sub(number.len())?, 0);
        signature.extend_from_slice(number);
    }
    Some(signature)
}

/// Returns the value with this tag at the start of `der`, and the bytes after it. Lengths are below 128.
fn der_value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, length], rest) = der.split_first_chunk()?;
    (found == tag && length < 0x80).then(|| rest.split_at_checked(usize::from(length))).flatten()
}

#[cfg(test)]
mod tests {
    use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384};

    use super::*;

    #[test]
    fn a_token_has_a_header_claims_and_a_signature_of_64_bytes() {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key").serialize_pem();
        let signer = TokenSigner::from_pem(&key).expect("a signer");
        for number in 0..50 {
            let token = signer.sign("secevent+jwt", &json!({ "jti": number })).expect("a token");
            let parts: Vec<_> = token.split('.').map(|part| BASE64URL_NOPAD.decode(part.as_bytes())).collect();
            let [Ok(header), Ok(claims), Ok(signature)] = parts.as_slice() else { panic!("{token}") };
            let header: Value = serde_json::from_slice(header).expect("JSON");
            assert_eq!((&header["typ"], &header["alg"]), (&"secevent+jwt".into(), &"ES256".into()));
            assert_eq!(header["kid"], signer.jwks()["keys"][0]["kid"]);
            assert_eq!(serde_json::from_slice::<Value>(claims).expect("JSON")["jti"], number);
            assert_eq!(signature.len(), 2 * COORDINATE);
        }
        let jwk = &signer.jwks()["keys"][0];
        assert_eq!((&jwk["kty"], &jwk["crv"], &jwk["alg"]), (&"EC".into(), &"P-256".into(), &"ES256".into()));
        assert!(jwk.get("d").is_none() && !format!("{signer:?}").contains("PRIVATE"));
    }

    #[test]
    fn other_keys_are_refused() {
        let p384 = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("a key").serialize_pem();
        assert!(matches!(TokenSigner::from_pem(&p384), Err(CertificateError::UnusableKey(_))));
        assert_eq!(TokenSigner::from_pem("nothing").err(), Some(CertificateError::NoKey));
    }

    #[test]
    fn short_and_long_numbers_of_a_signature_are_padded_and_cut() {
        // 1, and a number with its highest bit set, which has a zero byte before it.
        let mut der = vec![0x30, 0, 0x02, 1, 1, 0x02, 33, 0];
        der.extend([0xff; 32]);
        der[1] = u8::try_from(der.len() - 2).expect("a length");
        let signature = concatenated(&der).expect("a signature");
        assert_eq!((signature.len(), signature[31], signature[32]), (64, 1, 0xff));
        assert_eq!(concatenated(&der[..20]), None);
        assert_eq!(concatenated(&[]), None);
    }
}
