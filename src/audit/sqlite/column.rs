//! Conversion of values to and from columns of the audit.

use std::net::IpAddr;

use data_encoding::HEXLOWER;

use crate::domain::EventId;

/// Converts an address to 16 bytes, with IPv4 mapped into IPv6, so that a network is a range of values.
pub(super) fn address(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
    .octets()
    .to_vec()
}

/// Converts a column to an address: the inverse of [`address`].
pub(super) fn ip(column: &[u8]) -> sqlx::Result<IpAddr> {
    let octets: [u8; 16] = column.try_into().map_err(|_| decode_error("an address does not have 16 bytes"))?;
    Ok(IpAddr::from(octets).to_canonical())
}

/// Converts a list to a JSON array.
pub(super) fn list(texts: &[String]) -> sqlx::Result<String> {
    serde_json::to_string(texts).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// Converts a column to a list: the inverse of [`list`].
pub(super) fn texts(column: &str) -> sqlx::Result<Vec<String>> {
    serde_json::from_str(column).map_err(decode_error)
}

/// Converts a column to an event ID.
pub(super) fn event_id(column: &str) -> sqlx::Result<EventId> {
    let digits = column.replace('-', "");
    let bytes = HEXLOWER.decode(digits.as_bytes()).map_err(decode_error)?;
    let id = bytes.try_into().map_err(|_| decode_error("an event ID does not have 16 bytes"))?;
    Ok(EventId(id))
}

/// Converts a column to a number that is never negative and never large.
pub(super) fn number(column: i64) -> sqlx::Result<u32> {
    u32::try_from(column).map_err(decode_error)
}

/// Returns the error for a column that this release cannot decode.
pub(super) fn decode_error(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_both_families_sort_as_networks_do_and_read_back() {
        let bytes = |text: &str| address(text.parse().expect("an address"));
        assert!(bytes("192.0.2.9") < bytes("192.0.2.10"));
        assert!(bytes("192.0.2.255") < bytes("2001:db8::1"));
        for text in ["192.0.2.1", "2001:db8::1", "::"] {
            assert_eq!(ip(&bytes(text)).expect("an address").to_string(), text);
        }
        ip(&[1, 2, 3, 4]).expect_err("only four bytes");
    }

    #[test]
    fn event_ids_read_back() {
        let id = EventId([0xab; 16]);
        assert_eq!(event_id(&id.to_string()).expect("an id"), id);
        event_id("abab").expect_err("too short");
    }
}
