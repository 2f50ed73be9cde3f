//! A client's request, as its gateway describes it.

use std::net::IpAddr;

/// The parts of a client's request that matter. The client decides every one of them, except `peer`.
#[derive(Clone, Debug, Default)]
pub struct GatewayRequest<'a> {
    pub method: &'a str,
    /// The path with the query. It only serves to return to after a login; no decision depends on it.
    pub path: &'a str,
    /// The client's address as the gateway sees it, if the protocol states it.
    pub peer: Option<IpAddr>,
    pub cookies: Vec<&'a [u8]>,
    pub authorization: Vec<&'a [u8]>,
    pub forwarded_for: Vec<&'a [u8]>,
    pub accept: &'a [u8],
    pub accept_language: &'a [u8],
    pub accept_encoding: &'a [u8],
    pub content_type: &'a [u8],
    pub sec_fetch_mode: &'a [u8],
    pub user_agent: &'a [u8],
}

impl<'a> GatewayRequest<'a> {
    /// Adds a header; of most headers, the last value counts. `name` is in lower case.
    pub fn add_header(&mut self, name: &str, value: &'a [u8]) {
        match name {
            "cookie" => self.cookies.push(value),
            "authorization" => self.authorization.push(value),
            "x-forwarded-for" => self.forwarded_for.push(value),
            "accept" => self.accept = value,
            "accept-language" => self.accept_language = value,
            "accept-encoding" => self.accept_encoding = value,
            "content-type" => self.content_type = value,
            "sec-fetch-mode" => self.sec_fetch_mode = value,
            "user-agent" => self.user_agent = value,
            _ => {}
        }
    }

    /// Returns whether a browser loads a page with this request, so that it follows a redirect. The requests of
    /// scripts do not count, even if they accept HTML (Fetch Metadata: `sec-fetch-mode`).
    pub(super) fn is_navigation(&self) -> bool {
        if self.method != "GET" && self.method != "HEAD" {
            return false;
        }
        if self.sec_fetch_mode.is_empty() {
            return contains(self.accept, b"text/html");
        }
        self.sec_fetch_mode.eq_ignore_ascii_case(b"navigate")
    }

    /// Returns whether the client expects responses of gRPC.
    #[must_use]
    pub fn is_grpc(&self) -> bool {
        self.content_type.starts_with(b"application/grpc") && !self.content_type.starts_with(b"application/grpc-web")
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_browser_that_loads_a_page_navigates() {
        for (method, mode, accept, expected) in [
            ("GET", "navigate", "", true),
            ("HEAD", "navigate", "", true),
            ("POST", "navigate", "text/html", false),
            ("GET", "cors", "text/html", false),
            ("GET", "", "text/html,application/xhtml+xml", true),
            ("GET", "", "application/json", false),
            ("GET", "", "", false),
        ] {
            let mut request = GatewayRequest { method, ..GatewayRequest::default() };
            request.add_header("sec-fetch-mode", mode.as_bytes());
            request.add_header("accept", accept.as_bytes());
            assert_eq!(request.is_navigation(), expected, "{method} {mode} {accept}");
        }
    }

    #[test]
    fn grpc_web_is_not_grpc() {
        for (content_type, expected) in
            [("application/grpc", true), ("application/grpc+proto", true), ("application/grpc-web", false), ("", false)]
        {
            let request = GatewayRequest { content_type: content_type.as_bytes(), ..GatewayRequest::default() };
            assert_eq!(request.is_grpc(), expected, "{content_type}");
        }
    }
}
