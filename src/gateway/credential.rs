//! The token in a client's request.

use std::fmt;

use super::request::GatewayRequest;
use crate::domain::BearerToken;

/// The places where a token may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRules {
    /// Names of cookies. The first of them that is present counts.
    pub cookies: Vec<String>,
    /// Accepts `authorization: Bearer` in a request without such a cookie.
    pub bearer: bool,
}

/// The credential that a request presents.
#[derive(Clone, PartialEq, Eq)]
pub enum PresentedCredential {
    Missing,
    /// Two differing tokens in cookies of one name, or in two `authorization` headers: one of them is not the user's.
    Ambiguous,
    Token(BearerToken),
}

impl fmt::Debug for PresentedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "Missing",
            Self::Ambiguous => "Ambiguous",
            Self::Token(_) => "Token(redacted)",
        })
    }
}

/// Finds the token of a request. An empty cookie counts as absent.
///
/// A comma does not separate cookies (RFC 6265 §4.2.1). A cookie that another site of the same domain has set could
/// otherwise contain a second one whose prefix `__Host-` would prove nothing.
#[must_use]
pub fn find_token(request: &GatewayRequest<'_>, rules: &CredentialRules) -> PresentedCredential {
    for name in &rules.cookies {
        let values = cookies(request).filter(|(own, _)| *own == name.as_bytes()).map(|(_, value)| value);
        match single(values.filter(|value| !value.is_empty())) {
            PresentedCredential::Missing => {}
            found => return found,
        }
    }
    if !rules.bearer {
        return PresentedCredential::Missing;
    }
    single(request.authorization.iter().filter_map(|value| bearer(value)))
}

/// Returns the value of the header `cookie` without the cookies that `rules` name. `None`: no cookie is left.
#[must_use]
pub fn without_token_cookies(request: &GatewayRequest<'_>, rules: &CredentialRules) -> Option<Vec<u8>> {
    let is_other = |pair: &&[u8]| !rules.cookies.iter().any(|name| split_pair(pair).0 == name.as_bytes());
    let others: Vec<_> = pairs(request).filter(is_other).collect();
    (!others.is_empty()).then(|| others.join(&b"; "[..]))
}

fn single<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> PresentedCredential {
    let Some(first) = values.next() else { return PresentedCredential::Missing };
    if values.any(|other| other != first) {
        return PresentedCredential::Ambiguous;
    }
    PresentedCredential::Token(BearerToken::new(String::from_utf8_lossy(first).into_owned()))
}

fn cookies<'a>(request: &GatewayRequest<'a>) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    pairs(request).map(split_pair)
}

fn pairs<'a>(request: &GatewayRequest<'a>) -> impl Iterator<Item = &'a [u8]> {
    let values = request.cookies.iter().copied();
    values.flat_map(|value| value.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty())
}

/// Splits a cookie into name and value, without the quotes that a value may have.
fn split_pair(pair: &[u8]) -> (&[u8], &[u8]) {
    let Some(at) = pair.iter().position(|byte| *byte == b'=') else { return (&[], pair) };
    let (name, value) = (pair[..at].trim_ascii(), pair[at + 1..].trim_ascii());
    (name, value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value))
}

/// Returns the credential of `Bearer …` (RFC 6750 §2.1); the scheme is case-insensitive (RFC 9110 §11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, credential) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| credential.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> CredentialRules {
        CredentialRules { cookies: vec!["__Host-session".to_owned(), "session".to_owned()], bearer: true }
    }

    fn request<'a>(cookies: &[&'a str], authorization: &[&'a str]) -> GatewayRequest<'a> {
        let mut request = GatewayRequest::default();
        for value in cookies {
            request.add_header("cookie", value.as_bytes());
        }
        for value in authorization {
            request.add_header("authorization", value.as_bytes());
        }
        request
    }

    fn token(text: &str) -> PresentedCredential {
        PresentedCredential::Token(BearerToken::new(text.to_owned()))
    }

    #[test]
    fn the_token_is_that_of_the_first_cookie_of_the_list() {
        use PresentedCredential::{Ambiguous, Missing};
        for (cookies, authorization, expected) in [
            (&["a=1; __Host-session=t; b=2"][..], &[][..], token("t")),
            (&["session=old; __Host-session=t"], &[], token("t")),
            (&["session=t"], &[], token("t")),
            (&["__Host-session=; session=t"], &[], token("t")),
            (&["__Host-session=\"t\""], &[], token("t")),
            (&["a=1", "__Host-session=t"], &[], token("t")),
            (&["__Host-session=t; __Host-session=t"], &[], token("t")),
            (&["__Host-session=t; __Host-session=u"], &[], Ambiguous),
            (&["__Host-session=t", "__Host-session=u"], &["Bearer t"], Ambiguous),
            (&["__host-session=t"], &[], Missing),
            (&["x__Host-session=t; a=__Host-session=t"], &[], Missing),
            (&["__Host-session"], &[], Missing),
            (&["__Host-session=t"], &["Bearer u"], token("t")),
            (&["a=1"], &["bearer  u "], token("u")),
            (&[], &["Bearer u", "Bearer u"], token("u")),
            (&[], &["Bearer t", "Bearer u"], Ambiguous),
            (&[], &["Basic dTpw"], Missing),
            (&[], &["Bearer"], Missing),
            (&[], &[], Missing),
        ] {
            assert_eq!(
                find_token(&request(cookies, authorization), &rules()),
                expected,
                "{cookies:?} {authorization:?}"
            );
        }
        let without_bearer = CredentialRules { bearer: false, ..rules() };
        assert_eq!(find_token(&request(&[], &["Bearer u"]), &without_bearer), Missing);
    }

    #[test]
    fn a_cookie_inside_the_value_of_another_one_is_none() {
        let tossed = request(&["pref=a,__Host-session=theirs"], &[]);
        assert_eq!(find_token(&tossed, &rules()), PresentedCredential::Missing);
        let joined = request(&["__Host-session=t,__Host-session=u"], &[]);
        assert_eq!(find_token(&joined, &rules()), token("t,__Host-session=u"), "no token has this form");
    }

    #[test]
    fn the_other_cookies_stay() {
        let rest = |cookies: &[&str]| without_token_cookies(&request(cookies, &[]), &rules());
        assert_eq!(rest(&["a=1; __Host-session=t;b=2", "session=u; c"]).as_deref(), Some(&b"a=1; b=2; c"[..]));
        assert_eq!(rest(&["__Host-session=t"]), None);
        assert_eq!(rest(&[]), None);
    }
}
