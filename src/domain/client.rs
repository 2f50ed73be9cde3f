//! The client of a caller, as stated in a request and checked.

use std::net::IpAddr;

use super::{
    country,
    error::{FieldViolation, FieldViolations},
    limits::{MAX_ACCEPT_HEADER_BYTES, MAX_DEVICE_ID_BYTES, MAX_USER_AGENT_BYTES, check_optional_text, truncate_text},
};

/// The client for which the caller makes the call. Every part may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientContext {
    /// Never an IPv4-mapped IPv6 address.
    pub ip: Option<IpAddr>,
    pub user_agent: String,
    pub accept_language: String,
    pub accept_encoding: String,
    /// The caller's own ID for the device; empty if it has none, or an unusable one.
    pub device_id: String,
    /// The country according to the caller's edge network (ISO 3166-1 alpha-2, upper case); empty if unknown.
    pub country: String,
}

/// A client of which nothing is known.
pub static UNKNOWN_CLIENT: ClientContext = ClientContext {
    ip: None,
    user_agent: String::new(),
    accept_language: String::new(),
    accept_encoding: String::new(),
    device_id: String::new(),
    country: String::new(),
};

impl ClientContext {
    /// Checks and normalises a client. Values that a browser decides are never refused: header values are truncated to
    /// their limits and stripped of control characters, and an unusable device ID counts as none. A wrong value that
    /// the caller itself determines is a violation of its field.
    pub fn new(
        ip: &str,
        user_agent: &str,
        accept_language: &str,
        accept_encoding: &str,
        device_id: &str,
        country: &str,
    ) -> Result<Self, FieldViolations> {
        let mut violations = FieldViolations::default();
        let ip = violations.check(parse_ip("client.ip", ip)).flatten();
        let country = violations.check(parse_country("client.country", country)).unwrap_or_default();
        violations.into_result()?;
        Ok(Self {
            ip,
            user_agent: truncate_text(user_agent, MAX_USER_AGENT_BYTES),
            accept_language: truncate_text(accept_language, MAX_ACCEPT_HEADER_BYTES),
            accept_encoding: truncate_text(accept_encoding, MAX_ACCEPT_HEADER_BYTES),
            device_id: usable_device_id(device_id).to_owned(),
            country,
        })
    }
}

/// Parses an IPv4 or IPv6 address. Returns `None` if `text` is empty. Any other text is a violation of `field`.
pub fn parse_ip(field: &'static str, text: &str) -> Result<Option<IpAddr>, FieldViolation> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse::<IpAddr>()
        .map(|ip| Some(ip.to_canonical()))
        .map_err(|_| FieldViolation::new(field, "is not an IPv4 or IPv6 address"))
}

/// Returns the country that `text` names, or an empty text if it names none; see [`country::normalise`].
fn parse_country(field: &'static str, text: &str) -> Result<String, FieldViolation> {
    country::normalise(text)
        .ok_or_else(|| FieldViolation::new(field, "is not a two-letter country code (ISO 3166-1 alpha-2)"))
}

/// Returns `text`, or an empty text if it is too long or contains a control character. The ID is a cookie, so it may be
/// anything. It is not truncated, because a part of it would stand for another device.
fn usable_device_id(text: &str) -> &str {
    if check_optional_text("client.device_id", text, MAX_DEVICE_ID_BYTES).is_ok() { text } else { "" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mapped_address_is_the_ipv4_address_it_maps() {
        let client = ClientContext::new("::ffff:192.0.2.7", "", "", "", "", "br").expect("client");
        assert_eq!(client.ip, Some("192.0.2.7".parse().expect("ip")));
        assert_eq!(client.country, "BR");
    }

    #[test]
    fn every_wrong_field_is_named() {
        let violations = ClientContext::new("1.2.3", "", "", "", "", "Brazil").expect_err("wrong");
        let fields: Vec<_> = violations.iter().map(|v| v.field.as_ref()).collect();
        assert_eq!(fields, ["client.ip", "client.country"]);
    }

    #[test]
    fn a_device_id_that_cannot_be_used_counts_as_none() {
        let id = |device_id: &str| ClientContext::new("", "", "", "", device_id, "").expect("a client").device_id;
        assert_eq!(id(&"d".repeat(MAX_DEVICE_ID_BYTES)), "d".repeat(MAX_DEVICE_ID_BYTES));
        assert_eq!(id(&"d".repeat(MAX_DEVICE_ID_BYTES + 1)), "");
        assert_eq!(id("phone\u{7}"), "");
    }

    #[test]
    fn a_country_that_is_none_is_left_out() {
        for code in ["T1", "XX", ""] {
            assert_eq!(ClientContext::new("", "", "", "", "", code).expect("a client").country, "", "{code}");
        }
    }

    #[test]
    fn headers_are_cut_and_stripped_instead_of_refused() {
        let agent = format!("a\r\nb{}", "c".repeat(5000));
        let client = ClientContext::new("", &agent, "", "", "", "").expect("client");
        assert!(client.user_agent.starts_with("abc"));
        assert_eq!(client.user_agent.len(), MAX_USER_AGENT_BYTES);
    }

    proptest! {
        #[test]
        fn every_address_reads_back_in_its_canonical_form(ip: std::net::IpAddr) {
            prop_assert_eq!(parse_ip("client.ip", &ip.to_string()), Ok(Some(ip.to_canonical())));
        }

        #[test]
        fn a_text_that_is_no_address_is_a_violation_of_its_field(text in "\\PC{1,24}|[0-9a-f:.%/]{1,24}") {
            match parse_ip("client.ip", &text) {
                Ok(ip) => prop_assert_eq!(ip, text.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())),
                Err(violation) => prop_assert!(violation.field == "client.ip" && text.parse::<IpAddr>().is_err()),
            }
        }

        #[test]
        fn any_client_context_is_bounded_or_refused(
            ip in "[0-9.:]{0,12}", user_agent in "(?s).{0,2000}", accept in "(?s).{0,600}", device in "(?s).{0,300}",
            country in "\\PC{0,3}|[A-Za-z]{2}",
        ) {
            if let Ok(client) = ClientContext::new(&ip, &user_agent, &accept, &accept, &device, &country) {
                prop_assert!(client.user_agent.len() <= MAX_USER_AGENT_BYTES);
                prop_assert!(client.accept_language.len() <= MAX_ACCEPT_HEADER_BYTES);
                prop_assert!(client.device_id.is_empty() || client.device_id == device);
                prop_assert!(matches!(client.country.len(), 0 | 2));
            }
        }
    }
}
