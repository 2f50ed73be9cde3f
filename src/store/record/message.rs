//! Between the domain and the stored protobuf messages.

use std::net::IpAddr;

use prost::{DecodeError, Message};

use super::user_agent;
use crate::domain::{
    Cause, Data, Device, DeviceType, Location, Policies, Record, SecretHash, UnixMillis, location::Position,
};

mod stored {
    #![allow(
        clippy::all,
        clippy::pedantic,
        clippy::allow_attributes_without_reason,
        missing_docs,
        reason = "generated code"
    )]
    tonic::include_proto!("session.record.v1");
}

/// Appends everything of `record` that the header does not hold.
pub(super) fn encode(record: &Record, bytes: &mut Vec<u8>) {
    let device = &record.device;
    let location = &record.location;
    let message = stored::Record {
        email: record.email.clone(),
        roles: record.roles.clone(),
        data: record.data.as_bytes().to_vec(),
        device: Some(stored::Device {
            id: device.id.clone(),
            name: if device.name == usual_name(&device.browser, &device.os) {
                String::new()
            } else {
                device.name.clone()
            },
            kind: device_code(device.kind),
            browser: device.browser.clone(),
            os: device.os.clone(),
            user_agent: user_agent::compact(&device.user_agent),
            first_seen: device.first_seen,
            named_by_caller: device.named_by_caller,
        }),
        location: Some(stored::Location {
            ip: location.ip.map(ip_bytes).unwrap_or_default(),
            country: location.country.clone(),
            region: location.region.clone(),
            city: location.city.clone(),
            latitude: location.position.map(|p| p.latitude),
            longitude: location.position.map(|p| p.longitude),
            accuracy_radius_km: location.position.map(|p| p.accuracy_radius_km).unwrap_or_default(),
            asn: location.asn,
            network: location.network.clone(),
        }),
        created_at: record.created_at.get(),
        authenticated_before: signed(record.created_at) - signed(record.authenticated_at),
        remembered: record.remembered,
        auth_methods: record.auth_methods.clone(),
        assurance_level: record.assurance_level,
        policy: if record.policy == Policies::DEFAULT { String::new() } else { record.policy.clone() },
    };
    bytes.reserve(message.encoded_len());
    // Encoding fails only where a buffer cannot grow, and a vector can.
    let _ = message.encode(bytes);
}

/// The inverse of [`encode`]; what the header holds is left at zero.
pub(super) fn decode(bytes: &[u8]) -> Result<Record, DecodeError> {
    let message = stored::Record::decode(bytes)?;
    let device = message.device.unwrap_or_default();
    let location = message.location.unwrap_or_default();
    let authenticated_at = signed(UnixMillis::new(message.created_at)).saturating_sub(message.authenticated_before);
    Ok(Record {
        revision: 0,
        secret: SecretHash([0; 32]),
        email: message.email,
        roles: message.roles,
        data: Data::from_stored(message.data),
        device: Device {
            id: device.id,
            name: if device.name.is_empty() { usual_name(&device.browser, &device.os) } else { device.name },
            kind: device_kind(device.kind),
            browser: device.browser,
            os: device.os,
            user_agent: user_agent::expand(&device.user_agent),
            first_seen: device.first_seen,
            named_by_caller: device.named_by_caller,
        },
        location: Location {
            ip: ip_from(&location.ip),
            country: location.country,
            region: location.region,
            city: location.city,
            position: location.latitude.zip(location.longitude).map(|(latitude, longitude)| Position {
                latitude,
                longitude,
                accuracy_radius_km: location.accuracy_radius_km,
            }),
            asn: location.asn,
            network: location.network,
        },
        created_at: UnixMillis::new(message.created_at),
        authenticated_at: UnixMillis::new(u64::try_from(authenticated_at).unwrap_or_default()),
        remembered: message.remembered,
        auth_methods: message.auth_methods,
        assurance_level: message.assurance_level,
        policy: if message.policy.is_empty() { Policies::DEFAULT.to_owned() } else { message.policy },
    })
}

/// `cause` as it is stored.
#[must_use]
pub fn encode_cause(cause: &Cause) -> Vec<u8> {
    let Cause { reason, actor, caller, request_id } = cause.clone();
    stored::Cause { reason, actor, caller, request_id }.encode_to_vec()
}

/// The inverse of [`encode_cause`].
pub fn decode_cause(bytes: &[u8]) -> Result<Cause, DecodeError> {
    let stored::Cause { reason, actor, caller, request_id } = stored::Cause::decode(bytes)?;
    Ok(Cause { reason, actor, caller, request_id })
}

/// What a device is called unless more is known; not stored.
fn usual_name(browser: &str, os: &str) -> String {
    if browser.is_empty() || os.is_empty() { String::new() } else { format!("{browser} on {os}") }
}

/// 48 bits always fit.
fn signed(time: UnixMillis) -> i64 {
    i64::try_from(time.get()).unwrap_or(i64::MAX)
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
