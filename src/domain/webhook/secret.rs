use std::fmt;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::WebhookName;
use crate::domain::{id::InstallationSecret, time::UnixMillis};

/// The prefix of a secret as text (Standard Webhooks 1.0.0).
const PREFIX: &str = "whsec_";
/// The length of a secret, in bytes.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// The purpose of the key from which the secrets of added endpoints are derived.
const DERIVATION: &str = "webhook signing secrets";

/// A secret with which messages to one endpoint are signed. Its `Debug` output is redacted.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl WebhookSecret {
    /// Parses `whsec_` followed by base64 of 24 to 64 bytes. The error completes the sentence that begins with the name
    /// of the setting.
    pub fn from_text(text: &str) -> Result<Self, &'static str> {
        let encoded = text.strip_prefix(PREFIX).ok_or("must begin with whsec_")?;
        let bytes = BASE64.decode(encoded.as_bytes()).map_err(|_| "is not base64 after whsec_")?;
        let bytes = Zeroizing::new(bytes);
        if BYTES.contains(&bytes.len()) { Ok(Self(bytes)) } else { Err("must have 24 to 64 bytes after whsec_") }
    }

    /// Derives the secret of an added endpoint, of which only the salt is stored.
    #[must_use]
    pub fn derive(installation: &InstallationSecret, name: &WebhookName, salt: &[u8; 32]) -> Self {
        let key = installation.derive_key(DERIVATION);
        let derived = hmac(&*key).chain_update(salt).chain_update(name.as_str()).finalize();
        Self(Zeroizing::new(derived.into_bytes().to_vec()))
    }

    /// Returns the text for the receiver.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", BASE64.encode(&self.0)))
    }

    /// Returns the signature of a message: `v1,` and the base64 of HMAC-SHA-256 over the ID, the time and the body.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let signed = hmac(&self.0).chain_update(format!("{id}.{timestamp}.")).chain_update(body).finalize();
        format!("v1,{}", BASE64.encode(&signed.into_bytes()))
    }
}

fn hmac(key: &[u8]) -> Hmac<Sha256> {
    // A key of HMAC may have any length (RFC 2104 §2), so this never fails.
    <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap_or_else(|_| KeyInit::new((&[0; 64]).into()))
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(redacted)")
    }
}

/// The random values from which the secrets of an added endpoint are derived. They reveal nothing without the
/// installation secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSalts {
    pub current: [u8; 32],
    /// The one before it, and the time until which messages are signed with both.
    pub previous: Option<([u8; 32], UnixMillis)>,
}

impl SecretSalts {
    /// Returns the secrets that sign messages at `now`, the current one first.
    #[must_use]
    pub fn secrets(
        &self,
        installation: &InstallationSecret,
        name: &WebhookName,
        now: UnixMillis,
    ) -> Vec<WebhookSecret> {
        let previous = self.previous.filter(|(_, until)| *until > now).map(|(salt, _)| salt);
        let salts = [self.current].into_iter().chain(previous);
        salts.map(|salt| WebhookSecret::derive(installation, name, &salt)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_specification() {
        // From https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
        let secret = WebhookSecret::from_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_have_the_form_and_the_length_of_the_specification() {
        let text = |bytes: usize| format!("whsec_{}", BASE64.encode(&vec![7; bytes]));
        for bytes in [24, 32, 64] {
            let secret = WebhookSecret::from_text(&text(bytes)).expect("a secret");
            assert_eq!(*secret.to_text(), text(bytes));
            assert_eq!(format!("{secret:?}"), "WebhookSecret(redacted)");
        }
        for wrong in [text(23), text(65), text(24)[6..].to_owned(), "whsec_?".to_owned(), String::new()] {
            assert!(WebhookSecret::from_text(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn derived_secrets_differ_by_installation_name_and_salt() {
        let (first, second) = (InstallationSecret::new(&[1; 32]), InstallationSecret::new(&[2; 32]));
        let name = |name| WebhookName::new(name).expect("a name");
        let derived = WebhookSecret::derive(&first, &name("a"), &[3; 32]);
        assert_eq!(derived, WebhookSecret::derive(&first, &name("a"), &[3; 32]));
        for other in [(&second, "a", 3), (&first, "b", 3), (&first, "a", 4)] {
            assert!(derived != WebhookSecret::derive(other.0, &name(other.1), &[other.2; 32]));
        }
    }

    #[test]
    fn the_previous_secret_signs_until_its_time() {
        let installation = InstallationSecret::new(&[1; 32]);
        let name = WebhookName::new("a").expect("a name");
        let salts = SecretSalts { current: [1; 32], previous: Some(([2; 32], UnixMillis::new(10))) };
        assert_eq!(salts.secrets(&installation, &name, UnixMillis::new(9)).len(), 2);
        assert_eq!(salts.secrets(&installation, &name, UnixMillis::new(10)).len(), 1);
    }
}
