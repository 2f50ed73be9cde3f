//! `GetStats`.

use tonic::Request;

use super::{event::auth_event_kind, filter};
use crate::{
    api,
    authority::{
        Authority, CountedStats, GetStats,
        permissions::{Method, permit, permit_among},
    },
    domain::{
        Error, Violations,
        search::{Stats, StatsPoint},
    },
    transport::grpc::{
        answer::{device_type, duration, end_reason, timestamp},
        call::Call,
        request::span,
    },
};

pub(super) async fn answer(
    authority: &Authority,
    request: Request<api::GetStatsRequest>,
) -> Result<api::GetStatsResponse, Error> {
    let call = Call::of(&request)?;
    permit(&call.caller, Method::GetStats)?;
    let request = request.into_inner();
    let mut violations = Violations::default();
    let tenant = violations.take(filter::tenant(&request.tenant_id)).flatten();
    let user = violations.take(filter::user(&request.user_id)).flatten();
    let window = violations.take_all(filter::window("window", request.window)).unwrap_or_default();
    let step = violations.take(span("step", request.step)).flatten();
    violations.take_all(authority.check_stats(window, step));
    violations.into_result()?;
    let tenants = permit_among(&call.caller, Method::GetStats, tenant)?;
    authority.stats(GetStats { tenants, user, window, step }).await.map(counted)
}

fn counted(counted: CountedStats) -> api::GetStatsResponse {
    let CountedStats { stats, complete_until } = counted;
    let Stats { active_sessions, active_users, logins, endings, failed_logins, .. } = stats;
    let names = |counts: Vec<(String, u64)>| {
        counts.into_iter().map(|(key, count)| api::StatsCount { key, count }).collect::<Vec<_>>()
    };
    let device_types = stats.logins_by_device_type.into_iter();
    let durations = stats.durations.into_iter();
    let reasons = stats.endings_by_reason.into_iter();
    let kinds = stats.failed_logins_by_kind.into_iter();
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
    }
}

fn point(point: StatsPoint) -> api::StatsPoint {
    let StatsPoint { start, active_sessions, logins, endings, failed_logins } = point;
    api::StatsPoint { start: Some(timestamp(start)), active_sessions, logins, endings, failed_logins }
}
