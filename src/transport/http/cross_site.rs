//! Protection against pages of other sites that send requests with the user's credentials (CSRF).
//!
//! Browsers state where a request comes from in `sec-fetch-site`, older ones in `origin`. No page can change either.

use axum::http::{HeaderMap, HeaderName, Method, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The credential of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestCredential {
    /// A header that only a program sets.
    Header,
    /// A cookie, which a browser sends by itself.
    Cookie,
    /// A client certificate, which a browser may send by itself, or none.
    Connection,
}

/// Returns whether a page of another site may have sent a request that changes something. `trusted_origins` are other
/// sites that may.
pub(super) fn is_cross_site(
    method: &Method,
    headers: &HeaderMap,
    credential: RequestCredential,
    trusted_origins: &[String],
) -> bool {
    if method.is_safe() || credential == RequestCredential::Header {
        return false;
    }
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("invalid"));
    let origin = text(header::ORIGIN);
    let is_trusted = || origin.is_some_and(|origin| trusted_origins.iter().any(|trusted| trusted == origin));
    match (text(SEC_FETCH_SITE), origin) {
        (Some("same-origin" | "none"), _) => false,
        (Some(_), _) => !is_trusted(),
        (None, Some(origin)) => {
            let host = text(header::HOST).unwrap_or_default();
            let is_same = origin.split_once("://").is_some_and(|(_, own)| own.eq_ignore_ascii_case(host));
            !is_same && !is_trusted()
        }
        // No browser: it has no cookies.
        (None, None) => credential == RequestCredential::Cookie,
    }
}

#[cfg(test)]
mod tests {
    use super::{RequestCredential::*, *};

    #[test]
    fn a_request_of_another_site_is_found_by_what_its_browser_states() {
        let trusted = ["https://www.example.com".to_owned()];
        for (method, headers, credential, expected) in [
            ("POST", "sec-fetch-site: same-origin", Cookie, false),
            ("POST", "sec-fetch-site: none", Cookie, false),
            ("POST", "sec-fetch-site: same-site", Cookie, true),
            ("POST", "sec-fetch-site: cross-site", Cookie, true),
            ("DELETE", "sec-fetch-site: cross-site", Cookie, true),
            ("POST", "sec-fetch-site: cross-site|origin: https://app.example", Cookie, true),
            ("POST", "sec-fetch-site: same-site|origin: https://www.example.com", Cookie, false),
            ("POST", "sec-fetch-site: cross-site|origin: https://www.example.com", Cookie, false),
            ("POST", "sec-fetch-site: other", Cookie, true),
            ("POST", "origin: https://app.example", Cookie, false),
            ("POST", "origin: https://APP.example", Cookie, false),
            ("POST", "origin: http://app.example:8080", Cookie, true),
            ("POST", "origin: https://evil.example", Cookie, true),
            ("POST", "origin: https://app.example.evil.example", Cookie, true),
            ("POST", "origin: null", Cookie, true),
            ("POST", "origin: https://www.example.com", Cookie, false),
            ("POST", "", Cookie, true),
            ("POST", "", Connection, false),
            ("POST", "sec-fetch-site: cross-site", Connection, true),
            ("POST", "origin: https://evil.example", Connection, true),
            ("POST", "sec-fetch-site: cross-site", Header, false),
            ("GET", "sec-fetch-site: cross-site", Cookie, false),
            ("HEAD", "sec-fetch-site: cross-site", Cookie, false),
            ("OPTIONS", "origin: https://evil.example", Cookie, false),
        ] {
            let mut map = HeaderMap::new();
            map.insert(header::HOST, "app.example".parse().expect("a value"));
            for pair in headers.split('|').filter(|pair| !pair.is_empty()) {
                let (name, value) = pair.split_once(": ").expect("a header");
                map.insert(HeaderName::try_from(name).expect("a name"), value.parse().expect("a value"));
            }
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            assert_eq!(
                is_cross_site(&method, &map, credential, &trusted),
                expected,
                "{method} {headers} {credential:?}"
            );
        }
    }
}
