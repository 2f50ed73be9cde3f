//! The network endpoint and the device of a session.

use serde_json::{Value, json};

use crate::api::{Device, DeviceType, Location};

/// Returns `network_endpoint`, or `None` without an address.
pub fn network_endpoint(location: Option<&Location>) -> Option<Value> {
    let location = location.filter(|location| !location.ip.is_empty())?;
    Some(json!({
        "ip": location.ip,
        "location": place(location),
        "autonomous_system": {
            "number": (location.asn > 0).then_some(location.asn),
            "name": location.network,
        },
    }))
}

/// Returns `location`, or `None` without a country, region or city.
fn place(location: &Location) -> Option<Value> {
    if [&location.country, &location.region, &location.city].iter().all(|name| name.is_empty()) {
        return None;
    }
    // Both are 0 if the position is unknown.
    let is_known = location.latitude != 0.0 || location.longitude != 0.0;
    Some(json!({
        "country": location.country,
        "region": location.region,
        "city": location.city,
        "lat": is_known.then_some(location.latitude),
        "long": is_known.then_some(location.longitude),
    }))
}

/// Returns `device`, with the address at which it was seen, or `None` without an ID or a name.
pub fn device(device: Option<&Device>, location: Option<&Location>) -> Option<Value> {
    let device = device.filter(|device| !device.device_id.is_empty() || !device.name.is_empty())?;
    let (type_id, type_name) = match device.r#type() {
        DeviceType::Unspecified => (0, "Unknown"),
        DeviceType::Desktop => (2, "Desktop"),
        DeviceType::Tablet => (4, "Tablet"),
        DeviceType::Mobile => (5, "Mobile"),
        DeviceType::Other => (99, "Other"),
    };
    Some(json!({
        "uid": device.device_id,
        "name": device.name,
        "type_id": type_id,
        "type": type_name,
        "os": os(&device.os),
        "ip": location.map(|location| &location.ip),
    }))
}

fn os(name: &str) -> Option<Value> {
    let (type_id, type_name) = match name {
        "" => return None,
        "Windows" => (100, "Windows"),
        "Linux" | "Ubuntu" | "Fedora" | "Debian" => (200, "Linux"),
        "Android" => (201, "Android"),
        "macOS" => (300, "macOS"),
        "iOS" => (301, "iOS"),
        "iPadOS" => (302, "iPadOS"),
        other => (99, other),
    };
    Some(json!({ "name": name, "type_id": type_id, "type": type_name }))
}
