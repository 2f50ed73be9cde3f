//! Recognition of requests from other sites.

use http::{HeaderMap, Method, header, request::Parts, uri::Authority};

/// Returns whether a request that a browser authenticated by cookie must be refused, because it changes something and
/// comes from another site, which is not among the origins `trusted`. One that opens a WebSocket counts as changing,
/// although its method is GET: the page could then send anything.
pub fn is_forged(request: &Parts, trusted: &[String]) -> bool {
    let is_safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&request.method)
        && !request.headers.contains_key(header::UPGRADE);
    let origin = request.headers.get(header::ORIGIN);
    let is_trusted = origin.is_some_and(|origin| trusted.iter().any(|trusted| trusted.as_bytes() == origin.as_bytes()));
    !is_safe && !is_trusted && comes_from_another_site(&request.headers, request.uri.authority())
}

/// Returns whether a page of another site sent the request. `authority` is that of an HTTP/2 request, which may have no
/// `Host`.
pub fn comes_from_another_site(headers: &HeaderMap, authority: Option<&Authority>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return !matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let origin_host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).or(authority.map(Authority::as_str));
    match (origin_host, host) {
        (Some(origin), Some(host)) => !origin.eq_ignore_ascii_case(host),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn forged(method: Method, headers: &[(&str, &str)]) -> bool {
        let trusted = ["https://app.example".to_owned()];
        let builder = Request::builder().method(method).uri("/transfer");
        let request = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        is_forged(&request.body(()).expect("a request").into_parts().0, &trusted)
    }

    #[test]
    fn a_change_from_another_site_is_recognised() {
        let host = ("host", "shop.example:8443");
        for (is_forged, headers) in [
            (true, &[("sec-fetch-site", "cross-site"), host][..]),
            (true, &[("sec-fetch-site", "same-site"), host]),
            (true, &[("sec-fetch-site", "cross-site"), host, ("origin", "https://shop.example:8443")]),
            (false, &[("sec-fetch-site", "same-origin"), host]),
            (false, &[("sec-fetch-site", "none"), host]),
            (true, &[("origin", "https://evil.example"), host]),
            (true, &[("origin", "https://shop.example"), host]),
            (true, &[("origin", "null"), host]),
            (false, &[("sec-fetch-site", "cross-site"), host, ("origin", "https://app.example")]),
            (false, &[("origin", "https://app.example"), host]),
            (true, &[("origin", "http://app.example"), host]),
            (true, &[("origin", "https://shop.example:8443")]),
            (false, &[("origin", "https://shop.example:8443"), host]),
            (false, &[host]),
        ] {
            assert_eq!(forged(Method::POST, headers), is_forged, "{headers:?}");
            assert!(!forged(Method::GET, headers), "reading is allowed: {headers:?}");
            let upgrade = [headers, &[("upgrade", "websocket")]].concat();
            assert_eq!(forged(Method::GET, &upgrade), is_forged, "a WebSocket: {headers:?}");
        }
    }
}
