//! The token of a request.

use http::{HeaderMap, header};

use super::cookie::SessionCookie;
use crate::SessionToken;

/// The part of a request that has the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenSource {
    Cookie,
    Bearer,
}

/// The token of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresentedToken {
    None,
    One(SessionToken, TokenSource),
    /// The request has several tokens that differ: somebody may have planted one of them.
    Ambiguous,
}

impl PresentedToken {
    pub fn from_headers(headers: &HeaderMap, cookie: &SessionCookie) -> Self {
        let mut presented = Self::None;
        let cookies = cookies(headers, cookie.name()).map(|token| (token, TokenSource::Cookie));
        for (token, source) in bearer(headers).chain(cookies) {
            presented = match presented {
                Self::None => Self::One(SessionToken::new(token), source),
                Self::One(first, source) if first.reveal() == token => Self::One(first, source),
                _ => return Self::Ambiguous,
            };
        }
        presented
    }
}

fn bearer(headers: &HeaderMap) -> impl Iterator<Item = (&str, TokenSource)> {
    headers.get_all(header::AUTHORIZATION).into_iter().filter_map(|value| {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| (token.trim(), TokenSource::Bearer))
    })
}

/// Returns the values of the cookies with this name, without empty ones. Others may have values that are not ASCII. Only
/// ASCII whitespace is removed, because other whitespace may belong to the name of a cookie that another host has set.
pub fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let pairs = headers.get_all(header::COOKIE).into_iter().flat_map(|value| value.as_bytes().split(|&b| b == b';'));
    pairs.filter_map(move |pair| {
        let separator = pair.iter().position(|&byte| byte == b'=')?;
        let (key, value) = (pair[..separator].trim_ascii(), pair[separator + 1..].trim_ascii());
        (key == name.as_bytes() && !value.is_empty()).then(|| std::str::from_utf8(value).ok())?
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn presented(lines: &[(&'static str, &'static str)]) -> PresentedToken {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        PresentedToken::from_headers(&headers, &SessionCookie::default())
    }

    #[test]
    fn the_token_is_found_and_several_that_differ_are_ambiguous() {
        use TokenSource::{Bearer, Cookie};
        let one = |source| PresentedToken::One(SessionToken::new("a"), source);
        for (lines, expected) in [
            (&[][..], PresentedToken::None),
            (&[("cookie", "other=b; session=c"), ("authorization", "Basic YTph")], PresentedToken::None),
            (&[("cookie", "__Host-session=")], PresentedToken::None),
            (&[("cookie", "x=1;__Host-session=a; y=2")], one(Cookie)),
            (&[("cookie", "__Host-session=a"), ("cookie", "__Host-session=a")], one(Cookie)),
            (&[("cookie", "name=été; __Host-session=a")], one(Cookie)),
            (&[("cookie", "x=1, __Host-session=a")], PresentedToken::None),
            (&[("cookie", "\u{2003}__Host-session=a")], PresentedToken::None),
            (&[("authorization", "bearer a")], one(Bearer)),
            (&[("cookie", "__Host-session=a"), ("authorization", "Bearer a")], one(Bearer)),
            (&[("cookie", "__Host-session=a; __Host-session=b")], PresentedToken::Ambiguous),
            (&[("cookie", "__Host-session=a"), ("authorization", "Bearer b")], PresentedToken::Ambiguous),
        ] {
            assert_eq!(presented(lines), expected, "{lines:?}");
        }
    }
}
