//! Links by which a user answers an alert without signing in.
//!
//! A token is the base64url encoding (RFC 4648 §5, no padding) of
//!
//! ```text
//! version 1 | verdict 1 | alert id 16 | user handle 12 | expires at 8 | MAC 32
//! ```
//!
//! The MAC is HMAC-SHA-256 under a key that is derived from the installation secret, so every node accepts the links of
//! every other. The handle stands for tenant and user, which a URL must not show. That a link works once follows from
//! the answer, which is remembered with the user.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{AlertId, AlertVerdict};
use crate::domain::{
    id::{InstallationSecret, UserHandle, new_hmac},
    time::UnixMillis,
};

const VERSION: u8 = 1;
const MAC_BYTES: usize = 32;
const SIGNED_BYTES: usize = 2 + 16 + UserHandle::BYTES + 8;
const PURPOSE: &str = "alert link";

/// The answer that a link gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertLink {
    pub alert: AlertId,
    pub verdict: AlertVerdict,
    /// The user whom the alert is about.
    pub user: UserHandle,
    pub expires_at: UnixMillis,
}

/// The reason why a token is not a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertLinkError {
    /// No token of this installation, or one that was changed.
    Invalid,
    Expired,
}

/// The key of the links of an installation.
#[derive(Clone)]
pub struct AlertLinkKey(Hmac<Sha256>);

impl AlertLinkKey {
    #[must_use]
    pub fn new(installation: &InstallationSecret) -> Self {
        Self(new_hmac(&installation.derive_key(PURPOSE)))
    }

    /// Returns the token of a link.
    #[must_use]
    pub fn sign(&self, link: &AlertLink) -> String {
        let mut token = Vec::with_capacity(SIGNED_BYTES + MAC_BYTES);
        token.extend([VERSION, link.verdict.code()]);
        token.extend(link.alert.0);
        token.extend(link.user.0);
        token.extend(link.expires_at.get().to_be_bytes());
        let mac = self.0.clone().chain_update(&token).finalize().into_bytes();
        token.extend(mac);
        BASE64URL_NOPAD.encode(&token)
    }

    /// Returns the link of a token that is valid at `now`.
    pub fn verify(&self, token: &str, now: UnixMillis) -> Result<AlertLink, AlertLinkError> {
        let token = BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| AlertLinkError::Invalid)?;
        let (signed, mac) = token.split_at_checked(SIGNED_BYTES).ok_or(AlertLinkError::Invalid)?;
        self.0.clone().chain_update(signed).verify_slice(mac).map_err(|_| AlertLinkError::Invalid)?;
        let link = parse(signed).ok_or(AlertLinkError::Invalid)?;
        if link.expires_at <= now { Err(AlertLinkError::Expired) } else { Ok(link) }
    }
}

fn parse(signed: &[u8]) -> Option<AlertLink> {
    let (head, rest) = signed.split_first_chunk::<2>()?;
    let (alert, rest) = rest.split_first_chunk()?;
    let (user, expires_at) = rest.split_first_chunk()?;
    Some(AlertLink {
        alert: AlertId(*alert),
        verdict: AlertVerdict::from_code(head[1]).filter(|_| head[0] == VERSION)?,
        user: UserHandle(*user),
        expires_at: UnixMillis::new(u64::from_be_bytes(expires_at.try_into().ok()?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_700_000_000_000);

    fn key(secret: u8) -> AlertLinkKey {
        AlertLinkKey::new(&InstallationSecret::new(&[secret; 32]))
    }

    fn link(verdict: AlertVerdict) -> AlertLink {
        let expires_at = UnixMillis::new(NOW.get() + 1);
        AlertLink { alert: AlertId([3; 16]), verdict, user: UserHandle([4; 12]), expires_at }
    }

    #[test]
    fn a_link_reads_back_until_it_expires() {
        for verdict in AlertVerdict::ALL {
            let token = key(1).sign(&link(verdict));
            assert_eq!(key(1).verify(&token, NOW), Ok(link(verdict)));
            assert_eq!(key(1).verify(&token, link(verdict).expires_at), Err(AlertLinkError::Expired));
            assert!(
                token.len() < 100 && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            );
        }
    }

    #[test]
    fn no_byte_of_a_link_can_be_changed() {
        let token = key(1).sign(&link(AlertVerdict::WasMe));
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).expect("bytes");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 3;
            let changed = BASE64URL_NOPAD.encode(&changed);
            assert_eq!(key(1).verify(&changed, NOW), Err(AlertLinkError::Invalid), "byte {at}");
        }
        let shorter = BASE64URL_NOPAD.encode(&bytes[..bytes.len() - 1]);
        for other in ["", "x", &shorter, &format!("{token}AA")] {
            assert_eq!(key(1).verify(other, NOW), Err(AlertLinkError::Invalid), "{other}");
        }
        assert_eq!(key(2).verify(&token, NOW), Err(AlertLinkError::Invalid), "another installation");
    }
}
