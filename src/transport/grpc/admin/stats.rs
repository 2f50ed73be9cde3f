//! `GetStats`.

use tonic::Request;

use super::{event::auth_event_kind, filter};
use crate::{
    api,
    authority::{AuditQueries, StatsRequest, StatsResult, permissions::permit_tenants},
    domain::{
        CallError, FieldViolations,
        search::{SessionStats, StatsPoint},
    },
    transport::grpc::{
        alert::severity,
        call::CallContext,
        request::parse_duration,
        response::{device_type, duration, end_reason, timestamp},
    },
};

pub(super) async fn handle(
    queries: &AuditQueries,
    request: Request<api::GetStatsRequest>,
) -> Result<api::GetStatsResponse, CallError> {
    let call = CallContext::from_request(&request)?;
    let request = request.into_inner();
    let mut violations = FieldViolations::default();
    let tenant = violations.check(filter::tenant(&request.tenant_id)).flatten();
    let user = violations.check(filter::user(&request.user_id)).flatten();
    let window = violations.check_all(filter::parse_window("window", request.window)).unwrap_or_default();
    let step = violations.check(parse_duration("step", request.step)).flatten();
    violations.check_all(queries.check_stats(window, step));
    violations.into_result()?;
    let tenants = permit_tenants(&call.caller, tenant)?;
    queries.stats(StatsRequest { tenants, user, window, step }).await.map(stats_response)
}

fn stats_response(counted: StatsResult) -> api::GetStatsResponse {
    let StatsResult { stats, complete_until } = counted;
    let SessionStats { active_sessions, active_users, logins, endings, failed_logins, .. } = stats;
    let names = |counts: Vec<(String, u64)>| {
        counts.into_iter().map(|(key, count)| api::StatsCount { key, count }).collect::<Vec<_>>()
    };
    let device_types = stats.logins_by_device_type.into_iter();
    let durations = stats.durations.into_iter();
    let reasons = stats.endings_by_reason.into_iter();
    let kinds = stats.failed_logins_by_kind.into_iter();
    let severities = stats.alerts_by_severity.into_iter();
    let rules = stats.alerts_by_rule.into_iter();
    api::GetStatsResponse {
        active_sessions,
        active_users,
        logins,
        endings,
        failed_logins,
        series: stats.series.into_iter().map(point).collect(),
        logins_by_country: names(stats.logins_by_country),
        logins_by_device_type: device_types
            .map(|(kind, count)| api::DeviceTypeCount { r#type: device_type(kind).into(), count })
            .collect(),
        logins_by_browser: names(stats.logins_by_browser),
        session_durations: durations
            .map(|(quantile, value)| api::DurationQuantile { quantile, value: Some(duration(value)) })
            .collect(),
        endings_by_reason: reasons
            .map(|(reason, count)| api::EndReasonCount { reason: end_reason(reason).into(), count })
            .collect(),
        failed_logins_by_kind: kinds
            .map(|(kind, count)| api::AuthEventCount { kind: auth_event_kind(kind).into(), count })
            .collect(),
        complete_until: complete_until.map(timestamp),
        refused_call_events: stats.refused_call_events,
        token_denials: stats.token_denials,
        alerts: stats.alerts,
        alerts_by_severity: severities
            .map(|(kind, count)| api::SeverityCount { severity: severity(kind).into(), count })
            .collect(),
        alerts_by_rule: rules.map(|(rule, count)| api::RuleCount { rule, count }).collect(),
    }
}

fn point(point: StatsPoint) -> api::StatsPoint {
    let StatsPoint { start, active_sessions, logins, endings, failed_logins, alerts, severe_alerts } = point;
    let start = Some(timestamp(start));
    api::StatsPoint { start, active_sessions, logins, endings, failed_logins, alerts, severe_alerts }
}
