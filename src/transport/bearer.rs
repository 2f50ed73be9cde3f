//! The credential that a caller presents, over gRPC or HTTP.

use http::HeaderMap;

/// Returns the credential in `authorization: Bearer …` (RFC 6750 §2.1), or `None` without such a header. The scheme is
/// case-insensitive (RFC 9110 §11.1).
pub(super) fn credential(headers: &HeaderMap) -> Option<&str> {
    let (scheme, credential) = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(authorization: &'static str) -> HeaderMap {
        [(http::header::AUTHORIZATION, HeaderValue::from_static(authorization))].into_iter().collect()
    }

    #[test]
    fn a_bearer_credential_is_found_whatever_the_case_of_its_scheme() {
        assert_eq!(credential(&headers("bearer k")), Some("k"));
        assert_eq!(credential(&headers("Basic k")), None);
        assert_eq!(credential(&HeaderMap::new()), None);
    }
}
