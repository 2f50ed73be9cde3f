//! Alerts.

use prost_types::{Duration, Timestamp};
use serde::Serialize;

use crate::api::{self, alert::Detail, stream_alerts_response::Event};

use super::{
    scalar::{EnumValue, as_text, as_text_if_set},
    session::DeviceJson,
};

/// A message of the alert stream, under its name.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertStreamEventJson<'a> {
    Alert(Box<AlertJson<'a>>),
    Heartbeat(HeartbeatJson<'a>),
    Gap(GapJson<'a>),
}

impl<'a> From<&'a Event> for AlertStreamEventJson<'a> {
    fn from(event: &'a Event) -> Self {
        match event {
            Event::Alert(alert) => Self::Alert(Box::new(alert.into())),
            Event::Heartbeat(api::Heartbeat { cursor, at }) => Self::Heartbeat(HeartbeatJson { cursor, at: *at }),
            Event::Gap(api::Gap { from_cursor, to_cursor, reason }) => {
                Self::Gap(GapJson { from_cursor, to_cursor, reason })
            }
        }
    }
}

#[derive(Serialize)]
pub struct HeartbeatJson<'a> {
    cursor: &'a str,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
}

#[derive(Serialize)]
pub struct GapJson<'a> {
    from_cursor: &'a str,
    to_cursor: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
pub struct AlertJson<'a> {
    alert_id: &'a str,
    cursor: &'a str,
    tenant_id: &'a str,
    rule: &'a str,
    rule_version: u32,
    severity: EnumValue,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    event_time: Option<Timestamp>,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    detected_time: Option<Timestamp>,
    user_id: &'a str,
    session_id: &'a str,
    device_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<ObservationJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<ObservationJson<'a>>,
    action_taken: EnumValue,
    action_recommended: EnumValue,
    #[serde(flatten)]
    detail: Option<AlertDetailJson<'a>>,
    audit_only: bool,
    reason_admin: &'a str,
    reason_user: &'a str,
    mitre_techniques: &'a [String],
    dedup_key: &'a str,
    #[serde(serialize_with = "as_text")]
    dedup_count: u64,
    audit_event_id: &'a str,
    group_id: &'a str,
    group_position: u32,
    group_size: u32,
    email: &'a str,
}

impl<'a> From<&'a api::Alert> for AlertJson<'a> {
    fn from(alert: &'a api::Alert) -> Self {
        Self {
            alert_id: &alert.alert_id,
            cursor: &alert.cursor,
            tenant_id: &alert.tenant_id,
            rule: &alert.rule,
            rule_version: alert.rule_version,
            severity: EnumValue::new(alert.severity, api::Severity::as_str_name),
            event_time: alert.event_time,
            detected_time: alert.detected_time,
            user_id: &alert.user_id,
            session_id: &alert.session_id,
            device_id: &alert.device_id,
            current: alert.current.as_ref().map(ObservationJson::from),
            previous: alert.previous.as_ref().map(ObservationJson::from),
            action_taken: EnumValue::new(alert.action_taken, api::AlertAction::as_str_name),
            action_recommended: EnumValue::new(alert.action_recommended, api::AlertAction::as_str_name),
            detail: alert.detail.as_ref().map(AlertDetailJson::from),
            audit_only: alert.audit_only,
            reason_admin: &alert.reason_admin,
            reason_user: &alert.reason_user,
            mitre_techniques: &alert.mitre_techniques,
            dedup_key: &alert.dedup_key,
            dedup_count: alert.dedup_count,
            audit_event_id: &alert.audit_event_id,
            group_id: &alert.group_id,
            group_position: alert.group_position,
            group_size: alert.group_size,
            email: &alert.email,
        }
    }
}

#[derive(Serialize)]
struct ObservationJson<'a> {
    ip: &'a str,
    network: &'a str,
    asn: u32,
    country: &'a str,
    city: &'a str,
    latitude: f64,
    longitude: f64,
    accuracy_radius_km: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<DeviceJson<'a>>,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    observed_at: Option<Timestamp>,
}

impl<'a> From<&'a api::Observation> for ObservationJson<'a> {
    fn from(seen: &'a api::Observation) -> Self {
        Self {
            ip: &seen.ip,
            network: &seen.network,
            asn: seen.asn,
            country: &seen.country,
            city: &seen.city,
            latitude: seen.latitude,
            longitude: seen.longitude,
            accuracy_radius_km: seen.accuracy_radius_km,
            device: seen.device.as_ref().map(DeviceJson::from),
            observed_at: seen.observed_at,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum AlertDetailJson<'a> {
    Travel {
        distance_km: f64,
        effective_distance_km: f64,
        #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
        elapsed: Option<Duration>,
        speed_kmh: f64,
        max_speed_kmh: f64,
        min_distance_km: f64,
    },
    Novelty {
        kind: EnumValue,
        value: &'a str,
        known_values: &'a [String],
        known_logins: u32,
        #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
        previous_login_at: Option<Timestamp>,
    },
    Volume {
        #[serde(serialize_with = "as_text")]
        count: u64,
        #[serde(serialize_with = "as_text")]
        threshold: u64,
        #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
        window: Option<Duration>,
        distinct_users: u32,
        distinct_networks: u32,
        distinct_devices: u32,
    },
    Replay {
        reason: EnumValue,
        #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
        invalid_since: Option<Timestamp>,
        #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
        presented_at: Option<Timestamp>,
        #[serde(serialize_with = "as_text")]
        presented_count: u64,
    },
}

impl<'a> From<&'a Detail> for AlertDetailJson<'a> {
    fn from(detail: &'a Detail) -> Self {
        match detail {
            Detail::Travel(travel) => Self::Travel {
                distance_km: travel.distance_km,
                effective_distance_km: travel.effective_distance_km,
                elapsed: travel.elapsed,
                speed_kmh: travel.speed_kmh,
                max_speed_kmh: travel.max_speed_kmh,
                min_distance_km: travel.min_distance_km,
            },
            Detail::Novelty(novelty) => Self::Novelty {
                kind: EnumValue::new(novelty.kind, api::NoveltyKind::as_str_name),
                value: &novelty.value,
                known_values: &novelty.known_values,
                known_logins: novelty.known_logins,
                previous_login_at: novelty.previous_login_at,
            },
            Detail::Volume(volume) => Self::Volume {
                count: volume.count,
                threshold: volume.threshold,
                window: volume.window,
                distinct_users: volume.distinct_users,
                distinct_networks: volume.distinct_networks,
                distinct_devices: volume.distinct_devices,
            },
            Detail::Replay(replay) => Self::Replay {
                reason: EnumValue::new(replay.reason, api::EndReason::as_str_name),
                invalid_since: replay.invalid_since,
                presented_at: replay.presented_at,
                presented_count: replay.presented_count,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_detail_stands_in_the_alert_under_the_name_of_its_field() {
        let travel = api::TravelDetail {
            distance_km: 9_400.0,
            elapsed: Some(Duration { seconds: 3600, nanos: 0 }),
            ..api::TravelDetail::default()
        };
        let alert = api::Alert {
            rule: "IMPOSSIBLE_TRAVEL".to_owned(),
            severity: api::Severity::High.into(),
            detail: Some(Detail::Travel(travel)),
            dedup_count: 1,
            ..api::Alert::default()
        };
        let json = serde_json::to_value(AlertJson::from(&alert)).expect("JSON");
        assert_eq!((&json["severity"], &json["dedup_count"]), (&json!("SEVERITY_HIGH"), &json!("1")));
        assert_eq!(json["travel"]["elapsed"], "3600s");
        assert_eq!(json["travel"]["distance_km"], 9_400.0);
    }
}
