//! Conversion of values to and from columns of the audit.

use std::net::IpAddr;

use data_encoding::HEXLOWER;
use sqlx::{
    Decode, Sqlite, Type,
    error::BoxDynError,
    sqlite::{SqliteTypeInfo, SqliteValueRef},
};

use crate::{
    audit::tables::stored_columns::{StoredAddress, TextList},
    domain::EventId,
};

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
fn ip(column: &[u8]) -> Result<IpAddr, BoxDynError> {
    let octets: [u8; 16] = column.try_into().map_err(|_| "an address does not have 16 bytes")?;
    Ok(IpAddr::from(octets).to_canonical())
}

/// Converts a list to a JSON array.
pub(super) fn list(texts: &[String]) -> sqlx::Result<String> {
    serde_json::to_string(texts).map_err(|error| sqlx::Error::Encode(error.into()))
}

impl Type<Sqlite> for StoredAddress {
    fn type_info() -> SqliteTypeInfo {
        <[u8] as Type<Sqlite>>::type_info()
    }

    fn compatible(info: &SqliteTypeInfo) -> bool {
        <[u8] as Type<Sqlite>>::compatible(info)
    }
}

impl Decode<'_, Sqlite> for StoredAddress {
    fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
        ip(<&[u8] as Decode<Sqlite>>::decode(value)?).map(Self)
    }
}

impl Type<Sqlite> for TextList {
    fn type_info() -> SqliteTypeInfo {
        <str as Type<Sqlite>>::type_info()
    }

    fn compatible(info: &SqliteTypeInfo) -> bool {
        <str as Type<Sqlite>>::compatible(info)
    }
}

impl Decode<'_, Sqlite> for TextList {
    fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(Self(serde_json::from_str(<&str as Decode<Sqlite>>::decode(value)?)?))
    }
}

impl Type<Sqlite> for EventId {
    fn type_info() -> SqliteTypeInfo {
        <str as Type<Sqlite>>::type_info()
    }

    fn compatible(info: &SqliteTypeInfo) -> bool {
        <str as Type<Sqlite>>::compatible(info)
    }
}

impl Decode<'_, Sqlite> for EventId {
    fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
        event_id(<&str as Decode<Sqlite>>::decode(value)?)
    }
}

fn event_id(column: &str) -> Result<EventId, BoxDynError> {
    let bytes = HEXLOWER.decode(column.replace('-', "").as_bytes())?;
    Ok(EventId(bytes.try_into().map_err(|_| "an event ID does not have 16 bytes")?))
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
