//! What a caller says of its client, checked.

use std::net::IpAddr;

use super::{
    error::{Violation, Violations},
    limits::{ACCEPT_HEADER_BYTES, DEVICE_ID_BYTES, USER_AGENT_BYTES, cut, optional_text},
};

/// The client that the caller answers to. Every part may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientContext {
    /// Never an IPv4-mapped IPv6 address.
    pub ip: Option<IpAddr>,
    pub user_agent: String,
    pub accept_language: String,
    pub accept_encoding: String,
    /// The caller's own name for the device; empty when it has none.
    pub device_id: String,
    /// ISO 3166-1 alpha-2, upper case; what the caller's edge knows of the place.
    pub country: String,
}

impl ClientContext {
    /// Checks and normalises what came in: header values are cut to their limits and stripped of
    /// control characters, as they come from strangers; the rest is refused by field when wrong.
    pub fn new(
        ip: &str,
        user_agent: &str,
        accept_language: &str,
        accept_encoding: &str,
        device_id: &str,
        country: &str,
    ) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let ip = violations.take(parse_ip("client.ip", ip)).flatten();
        violations.take(optional_text("client.device_id", device_id, DEVICE_ID_BYTES));
        let country = violations.take(parse_country("client.country", country)).unwrap_or_default();
        violations.into_result()?;
        Ok(Self {
            ip,
            user_agent: cut(user_agent, USER_AGENT_BYTES),
            accept_language: cut(accept_language, ACCEPT_HEADER_BYTES),
            accept_encoding: cut(accept_encoding, ACCEPT_HEADER_BYTES),
            device_id: device_id.to_owned(),
            country,
        })
    }
}

/// An IPv4 or IPv6 address, or `None` when `text` is empty.
pub fn parse_ip(field: &'static str, text: &str) -> Result<Option<IpAddr>, Violation> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse::<IpAddr>()
        .map(|ip| Some(ip.to_canonical()))
        .map_err(|_| Violation::new(field, "is not an IPv4 or IPv6 address"))
}

/// An ISO 3166-1 alpha-2 code in upper case, or nothing when `text` is empty.
pub fn parse_country(field: &'static str, text: &str) -> Result<String, Violation> {
    if text.is_empty() || (text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic())) {
        Ok(text.to_ascii_uppercase())
    } else {
        Err(Violation::new(field, "is not a two-letter country code (ISO 3166-1 alpha-2)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_address_is_the_ipv4_address_it_maps() {
        let client = ClientContext::new("::ffff:192.0.2.7", "", "", "", "", "br").expect("client");
        assert_eq!(client.ip, Some("192.0.2.7".parse().expect("ip")));
        assert_eq!(client.country, "BR");
    }

    #[test]
    fn every_wrong_field_is_named() {
        let long = "d".repeat(DEVICE_ID_BYTES + 1);
        let violations = ClientContext::new("1.2.3", "", "", "", &long, "Brazil").expect_err("wrong");
        let fields: Vec<_> = violations.iter().map(|v| v.field.as_ref()).collect();
        assert_eq!(fields, ["client.ip", "client.device_id", "client.country"]);
    }

    #[test]
    fn headers_are_cut_and_stripped_instead_of_refused() {
        let agent = format!("a\r\nb{}", "c".repeat(5000));
        let client = ClientContext::new("", &agent, "", "", "", "").expect("client");
        assert!(client.user_agent.starts_with("abc"));
        assert_eq!(client.user_agent.len(), USER_AGENT_BYTES);
    }
}
