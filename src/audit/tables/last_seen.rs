//! The column of the client that was seen last with a session.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::stored_columns::decode_error;
use crate::domain::{Device, DeviceType, LastSeenClient, Location, UnixMillis};

/// The client as the column has it. It has no position and no user agent.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct StoredLastSeen {
    at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<IpAddr>,
    #[serde(skip_serializing_if = "String::is_empty")]
    country: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    region: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    city: String,
    #[serde(skip_serializing_if = "is_zero")]
    asn: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    network: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    device_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    device_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    device_type: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    browser: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    os: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Encodes a client as a JSON object.
pub(in crate::audit) fn encode_last_seen(client: &LastSeenClient) -> sqlx::Result<String> {
    let LastSeenClient { at, location, device } = client.clone();
    let stored = StoredLastSeen {
        at: at.get(),
        ip: location.ip,
        country: location.country,
        region: location.region,
        city: location.city,
        asn: location.asn,
        network: location.network,
        device_id: device.id,
        device_name: device.name,
        device_type: device.kind.name().to_owned(),
        browser: device.browser,
        os: device.os,
    };
    serde_json::to_string(&stored).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// The inverse of [`encode_last_seen`], without what the column does not have.
pub(in crate::audit) fn decode_last_seen(text: &str) -> sqlx::Result<LastSeenClient> {
    let stored: StoredLastSeen = serde_json::from_str(text).map_err(|error| decode_error("last_seen", error))?;
    Ok(LastSeenClient {
        at: UnixMillis::new(stored.at),
        location: Location {
            ip: stored.ip,
            country: stored.country,
            region: stored.region,
            city: stored.city,
            position: None,
            asn: stored.asn,
            network: stored.network,
        },
        device: Device {
            id: stored.device_id,
            name: stored.device_name,
            kind: DeviceType::from_name(&stored.device_type).unwrap_or_default(),
            browser: stored.browser,
            os: stored.os,
            ..Device::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_reads_back_and_unknown_parts_are_absent() {
        let location =
            Location { ip: "2001:db8::7".parse().ok(), country: "BR".to_owned(), asn: 7, ..Location::default() };
        let device = Device { name: "curl".to_owned(), kind: DeviceType::Other, ..Device::default() };
        let client = LastSeenClient { at: UnixMillis::new(1_700_000_000_000), location, device };
        let text = encode_last_seen(&client).expect("encoded");
        assert_eq!(decode_last_seen(&text).expect("decoded"), client);
        assert!(!text.contains("city"), "{text}");
        assert!(decode_last_seen(r#"{"at":1,"added_by_a_later_release":true}"#).is_ok());
    }
}
