//! The stored form of devices and locations, which sessions and alerts share.

use std::net::IpAddr;

use super::{stored, user_agent};
use crate::domain::{Device, DeviceType, Location, location::GeoPosition};

pub(super) fn encode_device(device: &Device) -> stored::Device {
    let usual = default_device_name(&device.browser, &device.os);
    stored::Device {
        id: device.id.clone(),
        name: if device.name == usual { String::new() } else { device.name.clone() },
        kind: device_code(device.kind),
        browser: device.browser.clone(),
        os: device.os.clone(),
        user_agent: user_agent::compact(&device.user_agent),
        first_seen: device.first_seen,
        named_by_caller: device.named_by_caller,
    }
}

pub(super) fn decode_device(device: stored::Device) -> Device {
    Device {
        id: device.id,
        name: if device.name.is_empty() { default_device_name(&device.browser, &device.os) } else { device.name },
        kind: device_kind(device.kind),
        browser: device.browser,
        os: device.os,
        user_agent: user_agent::expand(&device.user_agent),
        first_seen: device.first_seen,
        named_by_caller: device.named_by_caller,
    }
}

pub(super) fn encode_location(location: &Location) -> stored::Location {
    stored::Location {
        ip: location.ip.map(ip_bytes).unwrap_or_default(),
        country: location.country.clone(),
        region: location.region.clone(),
        city: location.city.clone(),
        latitude: location.position.map(|p| p.latitude),
        longitude: location.position.map(|p| p.longitude),
        accuracy_radius_km: location.position.map(|p| p.accuracy_radius_km).unwrap_or_default(),
        asn: location.asn,
        network: location.network.clone(),
    }
}

pub(super) fn decode_location(location: stored::Location) -> Location {
    Location {
        ip: ip_from(&location.ip),
        country: location.country,
        region: location.region,
        city: location.city,
        position: location.latitude.zip(location.longitude).map(|(latitude, longitude)| GeoPosition {
            latitude,
            longitude,
            accuracy_radius_km: location.accuracy_radius_km,
        }),
        asn: location.asn,
        network: location.network,
    }
}

/// Returns the default name of a device, which is not stored.
fn default_device_name(browser: &str, os: &str) -> String {
    if browser.is_empty() || os.is_empty() { String::new() } else { format!("{browser} on {os}") }
}

fn ip_bytes(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

fn ip_from(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

const fn device_code(kind: DeviceType) -> u32 {
    match kind {
        DeviceType::Unknown => 0,
        DeviceType::Mobile => 1,
        DeviceType::Tablet => 2,
        DeviceType::Desktop => 3,
        DeviceType::Other => 4,
    }
}

const fn device_kind(code: u32) -> DeviceType {
    match code {
        1 => DeviceType::Mobile,
        2 => DeviceType::Tablet,
        3 => DeviceType::Desktop,
        4 => DeviceType::Other,
        _ => DeviceType::Unknown,
    }
}
