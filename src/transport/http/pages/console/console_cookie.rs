//! The cookie of the console.
//!
//! Its value is `TOKEN~KEY_ID~MAC`. The session of the token shows that the administrator is still signed in, and the key
//! with this ID decides what the administrator may do. The MAC proves that both belong together: that this console created
//! the session after the holder had presented the key. Otherwise a caller that may create sessions in the tenant of the
//! console could act as any administrator.

use axum::http::header;
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    domain::BearerToken,
    gateway::{CredentialRules, PresentedCredential, find_token},
    loopback::is_loopback_host,
    transport::http::pages::BrowserRequest,
};

const SEPARATOR: char = '~';
/// The name of the cookie. Its prefix keeps other hosts of the domain and plain HTTP from setting it.
const SECURE_NAME: &str = "__Host-session-authority-console";
/// The name if the console is used over plain HTTP on this machine. Not every browser stores secure cookies then.
const LOCAL_NAME: &str = "session-authority-console";

/// The contents of the cookie.
#[derive(Clone)]
pub(super) struct ConsoleCredential {
    pub(super) token: BearerToken,
    /// The public ID of the API key.
    pub(super) key_id: String,
}

impl ConsoleCredential {
    /// Finds the credential in a request.
    pub(super) fn from_request(request: &BrowserRequest, has_tls: bool, key: &[u8; 32]) -> Option<Self> {
        let rules = CredentialRules { cookies: vec![cookie_name(request, has_tls).to_owned()], bearer: false };
        match find_token(&request.credentials(), &rules) {
            PresentedCredential::Token(value) => Self::parse(value.as_str(), key),
            PresentedCredential::Missing | PresentedCredential::Ambiguous => None,
        }
    }

    fn parse(value: &str, key: &[u8; 32]) -> Option<Self> {
        let (signed, mac) = value.rsplit_once(SEPARATOR)?;
        let mac = BASE64URL_NOPAD.decode(mac.as_bytes()).ok()?;
        new_mac(key, signed).verify_slice(&mac).ok()?;
        let (token, key_id) = signed.split_once(SEPARATOR)?;
        Some(Self { token: BearerToken::new(token.to_owned()), key_id: key_id.to_owned() })
    }

    fn value(&self, key: &[u8; 32]) -> String {
        let signed = format!("{}{SEPARATOR}{}", self.token.as_str(), self.key_id);
        let mac = BASE64URL_NOPAD.encode(&new_mac(key, &signed).finalize().into_bytes());
        format!("{signed}{SEPARATOR}{mac}")
    }

    /// Returns the header `set-cookie` that stores the credential.
    pub(super) fn set_cookie(&self, request: &BrowserRequest, has_tls: bool, key: &[u8; 32]) -> String {
        set_cookie(request, has_tls, &self.value(key), "")
    }
}

/// Returns the header `set-cookie` that removes the cookie.
pub(super) fn remove_cookie(request: &BrowserRequest, has_tls: bool) -> String {
    set_cookie(request, has_tls, "", "; Max-Age=0")
}

fn set_cookie(request: &BrowserRequest, has_tls: bool, value: &str, suffix: &str) -> String {
    let name = cookie_name(request, has_tls);
    let secure = if name == SECURE_NAME { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{suffix}")
}

/// Returns the name of the cookie. A browser that uses plain HTTP must be on this machine; otherwise a proxy has
/// terminated TLS.
fn cookie_name(request: &BrowserRequest, has_tls: bool) -> &'static str {
    if !has_tls && is_loopback_host(request.header(header::HOST)) { LOCAL_NAME } else { SECURE_NAME }
}

fn new_mac(key: &[u8; 32], signed: &str) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    <Hmac<Sha256> as KeyInit>::new((&block).into()).chain_update(signed.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_value_of_this_console_is_accepted() {
        let credential = ConsoleCredential { token: BearerToken::new("t".to_owned()), key_id: "k".to_owned() };
        let value = credential.value(&[1; 32]);
        let parsed = ConsoleCredential::parse(&value, &[1; 32]).expect("its own");
        assert_eq!((parsed.token.as_str(), parsed.key_id.as_str()), ("t", "k"));
        assert!(ConsoleCredential::parse(&value, &[2; 32]).is_none(), "another installation");
        for (from, to) in [("t~", "u~"), ("~k~", "~l~"), ("t~k~", "t~"), ("~k~", "~")] {
            let changed = value.replacen(from, to, 1);
            assert_ne!(changed, value);
            assert!(ConsoleCredential::parse(&changed, &[1; 32]).is_none(), "{changed}");
        }
        for text in ["", "~", "~~", "t~k~", "t~k~AAAA", "t"] {
            assert!(ConsoleCredential::parse(text, &[1; 32]).is_none(), "{text}");
        }
    }
}
