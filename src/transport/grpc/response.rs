//! Conversion of domain types into messages of the contract.

use std::time::Duration;

use prost::Message;
use prost_types::Timestamp;

use crate::{
    api,
    domain::{
        Device, DeviceType, EndReason, LastSeenClient, Location, RejectReason, Session, SessionClock, SessionData,
        SessionEnding, SessionId, TokenRejection, UnixMillis, time::millis,
    },
};

pub(in crate::transport) fn timestamp(time: UnixMillis) -> Timestamp {
    let millis = time.get();
    Timestamp {
        seconds: i64::try_from(millis / 1000).unwrap_or(i64::MAX),
        nanos: i32::try_from(millis % 1000).unwrap_or_default() * 1_000_000,
    }
}

pub(super) fn duration(span: Duration) -> prost_types::Duration {
    let millis = millis(span);
    prost_types::Duration {
        seconds: i64::try_from(millis / 1000).unwrap_or(i64::MAX),
        nanos: i32::try_from(millis % 1000).unwrap_or_default() * 1_000_000,
    }
}

pub(in crate::transport) fn session(session: Session, current: Option<SessionId>) -> api::Session {
    let Session { id, owner, record, clock } = session;
    api::Session {
        session_id: id.to_string(),
        tenant_id: owner.tenant.as_str().to_owned(),
        user_id: owner.user.as_str().to_owned(),
        email: record.email,
        roles: record.roles,
        data: (record.data != SessionData::default()).then(|| record.data.to_struct()),
        device: Some(device(record.device)),
        location: known_location(record.location),
        created_at: Some(timestamp(record.created_at)),
        authenticated_at: Some(timestamp(record.authenticated_at)),
        last_active_at: Some(timestamp(clock.last_active)),
        idle_expires_at: Some(timestamp(clock.idle_expires_at())),
        expires_at: Some(timestamp(clock.expires_at)),
        remembered: record.remembered,
        current: current == Some(id),
        auth_methods: record.auth_methods,
        assurance_level: record.assurance_level,
        policy: record.policy,
        revision: record.revision.into(),
        last_seen: record.last_seen.map(|seen| last_seen(*seen)),
    }
}

pub(super) fn last_seen(seen: LastSeenClient) -> api::LastSeenClient {
    let LastSeenClient { at, location, device: client } = seen;
    api::LastSeenClient { since: Some(timestamp(at)), location: known_location(location), device: Some(device(client)) }
}

pub(super) fn device(device: Device) -> api::Device {
    api::Device {
        device_id: device.id,
        name: device.name,
        r#type: device_type(device.kind).into(),
        browser: device.browser,
        os: device.os,
        user_agent: device.user_agent,
        first_seen: device.first_seen,
    }
}

pub(super) const fn device_type(kind: DeviceType) -> api::DeviceType {
    match kind {
        DeviceType::Unknown => api::DeviceType::Unspecified,
        DeviceType::Mobile => api::DeviceType::Mobile,
        DeviceType::Tablet => api::DeviceType::Tablet,
        DeviceType::Desktop => api::DeviceType::Desktop,
        DeviceType::Other => api::DeviceType::Other,
    }
}

/// Converts a location. Returns `None` if neither an address nor a country was given.
pub(super) fn known_location(known: Location) -> Option<api::Location> {
    (known != Location::default()).then(|| location(known))
}

pub(super) fn location(location: Location) -> api::Location {
    let position = location.position;
    api::Location {
        ip: location.ip.map(|ip| ip.to_string()).unwrap_or_default(),
        country: location.country,
        region: location.region,
        city: location.city,
        latitude: position.map(|position| position.latitude).unwrap_or_default(),
        longitude: position.map(|position| position.longitude).unwrap_or_default(),
        accuracy_radius_km: position.map(|position| position.accuracy_radius_km).unwrap_or_default(),
        asn: location.asn,
        network: location.network,
    }
}

pub(super) fn touched(id: SessionId, clock: Option<SessionClock>) -> api::TouchedSession {
    api::TouchedSession {
        session_id: id.to_string(),
        active: clock.is_some(),
        last_active_at: clock.map(|clock| timestamp(clock.last_active)),
        idle_expires_at: clock.map(|clock| timestamp(clock.idle_expires_at())),
    }
}

pub(super) fn ended(ended: SessionEnding) -> api::EndedSession {
    api::EndedSession {
        session_id: ended.session_id.to_string(),
        reason: end_reason(ended.reason).into(),
        device_name: ended.device_name,
    }
}

pub(super) const fn end_reason(reason: EndReason) -> api::EndReason {
    match reason {
        EndReason::Revoked => api::EndReason::Revoked,
        EndReason::RevokedAll => api::EndReason::RevokedAll,
        EndReason::Evicted => api::EndReason::Evicted,
        EndReason::Replaced => api::EndReason::Replaced,
        EndReason::IdleTimeout => api::EndReason::IdleTimeout,
        EndReason::Expired => api::EndReason::Expired,
        EndReason::TokenReused => api::EndReason::TokenReused,
        EndReason::HijackSuspected => api::EndReason::HijackSuspected,
        EndReason::SignedOut => api::EndReason::SignedOut,
    }
}

/// Encodes a session as validations return it, without the timestamps that change while it is used.
#[must_use]
pub fn encode_cached_session(session: Session) -> Box<[u8]> {
    let mut message = self::session(session, None);
    message.last_active_at = None;
    message.idle_expires_at = None;
    message.last_seen = None;
    message.encode_to_vec().into()
}

pub(super) fn rejection(rejection: TokenRejection) -> api::Rejection {
    use api::RejectReason as Wire;
    let (reason, message) = match rejection.reason {
        RejectReason::Malformed => (Wire::Malformed, "This is not a session token."),
        RejectReason::Unknown => (Wire::Unknown, "There is no session for this token."),
        RejectReason::Ended(EndReason::Revoked) => (Wire::Revoked, "The session was revoked."),
        RejectReason::Ended(EndReason::RevokedAll) => (Wire::RevokedAll, "All sessions were revoked."),
        RejectReason::Ended(EndReason::Evicted) => {
            (Wire::Evicted, "The session limit was reached; a newer sign-in replaced this session.")
        }
        RejectReason::Ended(EndReason::Replaced) => (Wire::Replaced, "The same device signed in again."),
        RejectReason::Ended(EndReason::IdleTimeout) => (Wire::IdleTimeout, "The session was idle for too long."),
        RejectReason::Ended(EndReason::Expired) => (Wire::Expired, "The session has expired."),
        RejectReason::Ended(EndReason::TokenReused) => (Wire::TokenReused, "An outdated token was used again."),
        RejectReason::Ended(EndReason::HijackSuspected) => {
            (Wire::HijackSuspected, "The session was used in a suspicious way.")
        }
        RejectReason::Ended(EndReason::SignedOut) => (Wire::SignedOut, "The user signed out."),
        RejectReason::IpMismatch => (Wire::IpMismatch, "The session belongs to another network address."),
        RejectReason::DeviceMismatch => (Wire::DeviceMismatch, "The session belongs to another device."),
        RejectReason::StepUpRequired => (Wire::StepUpRequired, "This action requires a recent or stronger sign-in."),
        RejectReason::RotationRequired => (Wire::RotationRequired, "The token is too old; it must be rotated."),
        RejectReason::TokenRotated => (Wire::TokenRotated, "A newer token has replaced this one."),
    };
    api::Rejection {
        reason: reason.into(),
        message: message.to_owned(),
        ended_at: rejection.ended_at.map(timestamp),
        actor: rejection.actor,
        stated_reason: rejection.stated_reason,
        session_id: rejection.session_id.map(|id| id.to_string()).unwrap_or_default(),
        required_assurance_level: rejection.required_assurance_level,
        required_max_auth_age: rejection.required_max_auth_age.map(duration),
    }
}
