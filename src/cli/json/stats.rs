//! Statistics.

use prost_types::{Duration, Timestamp};
use serde::Serialize;

use crate::api;

use super::scalar::{EnumValue, as_text, as_text_if_set};

#[derive(Serialize)]
pub struct GetStatsResponseJson<'a> {
    #[serde(serialize_with = "as_text")]
    active_sessions: u64,
    #[serde(serialize_with = "as_text")]
    active_users: u64,
    #[serde(serialize_with = "as_text")]
    logins: u64,
    #[serde(serialize_with = "as_text")]
    endings: u64,
    #[serde(serialize_with = "as_text")]
    failed_logins: u64,
    series: Vec<StatsPointJson>,
    logins_by_country: Vec<StatsCountJson<'a>>,
    logins_by_device_type: Vec<DeviceTypeCountJson>,
    logins_by_browser: Vec<StatsCountJson<'a>>,
    session_durations: Vec<DurationQuantileJson>,
    endings_by_reason: Vec<EndReasonCountJson>,
    failed_logins_by_kind: Vec<AuthEventCountJson>,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    complete_until: Option<Timestamp>,
}

impl<'a> From<&'a api::GetStatsResponse> for GetStatsResponseJson<'a> {
    fn from(answer: &'a api::GetStatsResponse) -> Self {
        Self {
            active_sessions: answer.active_sessions,
            active_users: answer.active_users,
            logins: answer.logins,
            endings: answer.endings,
            failed_logins: answer.failed_logins,
            series: answer.series.iter().map(StatsPointJson::from).collect(),
            logins_by_country: answer.logins_by_country.iter().map(StatsCountJson::from).collect(),
            logins_by_device_type: answer.logins_by_device_type.iter().map(DeviceTypeCountJson::from).collect(),
            logins_by_browser: answer.logins_by_browser.iter().map(StatsCountJson::from).collect(),
            session_durations: answer.session_durations.iter().map(DurationQuantileJson::from).collect(),
            endings_by_reason: answer.endings_by_reason.iter().map(EndReasonCountJson::from).collect(),
            failed_logins_by_kind: answer.failed_logins_by_kind.iter().map(AuthEventCountJson::from).collect(),
            complete_until: answer.complete_until,
        }
    }
}

#[derive(Serialize)]
struct StatsPointJson {
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
    #[serde(serialize_with = "as_text")]
    active_sessions: u64,
    #[serde(serialize_with = "as_text")]
    logins: u64,
    #[serde(serialize_with = "as_text")]
    endings: u64,
    #[serde(serialize_with = "as_text")]
    failed_logins: u64,
}

impl From<&api::StatsPoint> for StatsPointJson {
    fn from(point: &api::StatsPoint) -> Self {
        let &api::StatsPoint { start, active_sessions, logins, endings, failed_logins } = point;
        Self { start, active_sessions, logins, endings, failed_logins }
    }
}

#[derive(Serialize)]
struct StatsCountJson<'a> {
    key: &'a str,
    #[serde(serialize_with = "as_text")]
    count: u64,
}

impl<'a> From<&'a api::StatsCount> for StatsCountJson<'a> {
    fn from(counted: &'a api::StatsCount) -> Self {
        Self { key: &counted.key, count: counted.count }
    }
}

#[derive(Serialize)]
struct DeviceTypeCountJson {
    r#type: EnumValue,
    #[serde(serialize_with = "as_text")]
    count: u64,
}

impl From<&api::DeviceTypeCount> for DeviceTypeCountJson {
    fn from(counted: &api::DeviceTypeCount) -> Self {
        Self { r#type: EnumValue::new(counted.r#type, api::DeviceType::as_str_name), count: counted.count }
    }
}

#[derive(Serialize)]
struct DurationQuantileJson {
    quantile: f64,
    #[serde(serialize_with = "as_text_if_set", skip_serializing_if = "Option::is_none")]
    value: Option<Duration>,
}

impl From<&api::DurationQuantile> for DurationQuantileJson {
    fn from(&api::DurationQuantile { quantile, value }: &api::DurationQuantile) -> Self {
        Self { quantile, value }
    }
}

#[derive(Serialize)]
struct EndReasonCountJson {
    reason: EnumValue,
    #[serde(serialize_with = "as_text")]
    count: u64,
}

impl From<&api::EndReasonCount> for EndReasonCountJson {
    fn from(counted: &api::EndReasonCount) -> Self {
        Self { reason: EnumValue::new(counted.reason, api::EndReason::as_str_name), count: counted.count }
    }
}

#[derive(Serialize)]
struct AuthEventCountJson {
    kind: EnumValue,
    #[serde(serialize_with = "as_text")]
    count: u64,
}

impl From<&api::AuthEventCount> for AuthEventCountJson {
    fn from(counted: &api::AuthEventCount) -> Self {
        Self { kind: EnumValue::new(counted.kind, api::AuthEventKind::as_str_name), count: counted.count }
    }
}
