//! The headers from which an application learns who is signed in.

use std::{borrow::Cow, fmt::Write as _};

use crate::domain::UnixMillis;

/// The names of all identity headers. A gateway sets or removes every one of them, so that none of the client's own
/// reaches the application.
pub const IDENTITY_HEADERS: [&str; 6] = [
    "x-session-user",
    "x-session-id",
    "x-session-tenant",
    "x-session-roles",
    "x-session-assurance-level",
    "x-session-authenticated-at",
];

/// The session of a request, as far as an application needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionIdentity {
    pub session_id: String,
    pub tenant_id: String,
    pub user_id: String,
    pub roles: Vec<String>,
    pub assurance_level: u32,
    pub authenticated_at: UnixMillis,
}

/// A value for each of [`IDENTITY_HEADERS`], in their order. A missing value is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityHeaders<'a>([Cow<'a, str>; IDENTITY_HEADERS.len()]);

impl<'a> IdentityHeaders<'a> {
    /// Returns the headers of a session, or of a request that nobody is signed in for.
    #[must_use]
    pub fn new(identity: Option<&'a SessionIdentity>) -> Self {
        let Some(identity) = identity else { return Self::default() };
        Self([
            encode_header_value(&identity.user_id),
            encode_header_value(&identity.session_id),
            encode_header_value(&identity.tenant_id),
            encode_roles(&identity.roles),
            identity.assurance_level.to_string().into(),
            (identity.authenticated_at.get() / 1000).to_string().into(),
        ])
    }

    /// Returns each name with its value.
    pub fn into_pairs(self) -> impl Iterator<Item = (&'static str, Cow<'a, str>)> {
        IDENTITY_HEADERS.into_iter().zip(self.0)
    }
}

/// Returns `text` as the value of a header: every byte outside 0x21 to 0x7E, and `%` and `,`, is percent-encoded
/// (RFC 3986 §2.1). User IDs may be any text, and a line break in a header would begin another one.
#[must_use]
pub fn encode_header_value(text: &str) -> Cow<'_, str> {
    if text.bytes().all(is_plain) {
        return text.into();
    }
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_plain(byte) {
            encoded.push(byte.into());
        } else {
            // Writing to a `String` does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded.into()
}

/// Returns whether a byte stands for itself in the value of a header.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'%' && byte != b','
}

/// Returns the roles, separated by commas.
fn encode_roles(roles: &[String]) -> Cow<'_, str> {
    match roles {
        [] => "".into(),
        [only] => encode_header_value(only),
        several => several.iter().map(|role| encode_header_value(role)).collect::<Vec<_>>().join(",").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_that_a_header_cannot_carry_is_encoded() {
        for (text, expected) in [
            ("ann", "ann"),
            ("ann@example.com", "ann@example.com"),
            ("50%", "50%25"),
            ("a,b c", "a%2Cb%20c"),
            ("a\r\nx-session-roles: admin", "a%0D%0Ax-session-roles:%20admin"),
            ("Zoë", "Zo%C3%AB"),
            ("", ""),
        ] {
            assert_eq!(encode_header_value(text), expected);
        }
    }

    #[test]
    fn the_set_is_complete_with_and_without_a_session() {
        let identity = SessionIdentity {
            session_id: "s1".to_owned(),
            tenant_id: "default".to_owned(),
            user_id: "ann".to_owned(),
            roles: vec!["a,b".to_owned(), "c".to_owned()],
            assurance_level: 2,
            authenticated_at: UnixMillis::new(1_700_000_000_999),
        };
        let pairs: Vec<_> = IdentityHeaders::new(Some(&identity)).into_pairs().collect();
        let values: Vec<_> = pairs.iter().map(|(_, value)| value.as_ref()).collect();
        assert_eq!(values, ["ann", "s1", "default", "a%2Cb,c", "2", "1700000000"]);
        let nobody: Vec<_> = IdentityHeaders::new(None).into_pairs().collect();
        assert!(nobody.iter().all(|(_, value)| value.is_empty()));
        assert!(nobody.iter().map(|(name, _)| *name).eq(IDENTITY_HEADERS));
    }
}
