//! Sessions, with their devices and locations.

use prost_types::{Duration, Timestamp};
use serde::Serialize;

use crate::api;

use super::{
    protobuf_struct::from_struct,
    scalar::{EnumValue, as_text, as_text_if_set},
};

#[derive(Serialize)]
pub struct SessionJson<'a> {
    session_id: &'a str,
    tenant_id: &'a str,
    user_id: &'a str,
    email: &'a str,
    roles: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<DeviceJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<LocationJson<'a>>,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    authenticated_at: Option<Timestamp>,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    last_active_at: Option<Timestamp>,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    idle_expires_at: Option<Timestamp>,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    assurance_level: u32,
    #[serde(serialize_with = "as_text")]
    revision: u64,
    auth_methods: &'a [String],
    policy: &'a str,
    remembered: bool,
    current: bool,
}

impl<'a> From<&'a api::Session> for SessionJson<'a> {
    fn from(session: &'a api::Session) -> Self {
        Self {
            session_id: &session.session_id,
            tenant_id: &session.tenant_id,
            user_id: &session.user_id,
            email: &session.email,
            roles: &session.roles,
            data: session.data.as_ref().map(from_struct),
            device: session.device.as_ref().map(DeviceJson::from),
            location: session.location.as_ref().map(LocationJson::from),
            created_at: session.created_at,
            authenticated_at: session.authenticated_at,
            last_active_at: session.last_active_at,
            idle_expires_at: session.idle_expires_at,
            expires_at: session.expires_at,
            assurance_level: session.assurance_level,
            revision: session.revision,
            auth_methods: &session.auth_methods,
            policy: &session.policy,
            remembered: session.remembered,
            current: session.current,
        }
    }
}

#[derive(Serialize)]
pub struct DeviceJson<'a> {
    device_id: &'a str,
    name: &'a str,
    r#type: EnumValue,
    browser: &'a str,
    os: &'a str,
    user_agent: &'a str,
    first_seen: bool,
}

impl<'a> From<&'a api::Device> for DeviceJson<'a> {
    fn from(device: &'a api::Device) -> Self {
        Self {
            device_id: &device.device_id,
            name: &device.name,
            r#type: EnumValue::new(device.r#type, api::DeviceType::as_str_name),
            browser: &device.browser,
            os: &device.os,
            user_agent: &device.user_agent,
            first_seen: device.first_seen,
        }
    }
}

#[derive(Serialize)]
pub struct LocationJson<'a> {
    ip: &'a str,
    country: &'a str,
    region: &'a str,
    city: &'a str,
    latitude: f64,
    longitude: f64,
    accuracy_radius_km: u32,
    asn: u32,
    network: &'a str,
}

impl<'a> From<&'a api::Location> for LocationJson<'a> {
    fn from(location: &'a api::Location) -> Self {
        Self {
            ip: &location.ip,
            country: &location.country,
            region: &location.region,
            city: &location.city,
            latitude: location.latitude,
            longitude: location.longitude,
            accuracy_radius_km: location.accuracy_radius_km,
            asn: location.asn,
            network: &location.network,
        }
    }
}

#[derive(Serialize)]
pub struct EndedSessionJson<'a> {
    session_id: &'a str,
    reason: EnumValue,
    device_name: &'a str,
}

impl<'a> From<&'a api::EndedSession> for EndedSessionJson<'a> {
    fn from(ended: &'a api::EndedSession) -> Self {
        Self {
            session_id: &ended.session_id,
            reason: EnumValue::new(ended.reason, api::EndReason::as_str_name),
            device_name: &ended.device_name,
        }
    }
}

#[derive(Serialize)]
pub struct RejectionJson<'a> {
    reason: EnumValue,
    message: &'a str,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    actor: &'a str,
    stated_reason: &'a str,
    session_id: &'a str,
    required_assurance_level: u32,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    required_max_auth_age: Option<Duration>,
}

impl<'a> From<&'a api::Rejection> for RejectionJson<'a> {
    fn from(rejection: &'a api::Rejection) -> Self {
        Self {
            reason: EnumValue::new(rejection.reason, api::RejectReason::as_str_name),
            message: &rejection.message,
            ended_at: rejection.ended_at,
            actor: &rejection.actor,
            stated_reason: &rejection.stated_reason,
            session_id: &rejection.session_id,
            required_assurance_level: rejection.required_assurance_level,
            required_max_auth_age: rejection.required_max_auth_age,
        }
    }
}
