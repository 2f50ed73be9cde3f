//! Statistics of the audit.

use prost_types::{Duration, Timestamp};
use session_authority::api::{
    DeviceType, EndReason, GetStatsRequest, GetStatsResponse, ListAlertsRequest, Severity, TimeWindow,
};

use super::{alerts, sign_in, sign_out, wait_until_complete};
use crate::service::fixture::{START, TestService, login_of};

super::on_every_audit![
    what_happened_is_counted,
    the_series_has_a_point_for_every_step,
    alerts_are_counted_by_severity_and_rule,
];

async fn stats(service: &TestService, request: GetStatsRequest) -> GetStatsResponse {
    service.admin().get_stats(request).await.expect("counts").into_inner()
}

async fn what_happened_is_counted(service: TestService) {
    let ann = sign_in(&service, login_of("ann")).await;
    for user in ["ann", "bob"] {
        sign_in(&service, login_of(user)).await;
    }
    sign_out(&service, &ann).await;
    wait_until_complete(&service).await;

    let all = stats(&service, GetStatsRequest::default()).await;
    assert_eq!((all.active_sessions, all.active_users, all.logins, all.endings, all.failed_logins), (2, 2, 3, 1, 0));
    assert_eq!(all.logins_by_device_type.len(), 1);
    assert_eq!((all.logins_by_device_type[0].r#type(), all.logins_by_device_type[0].count), (DeviceType::Desktop, 3));
    assert_eq!((all.logins_by_browser[0].key.as_str(), all.logins_by_browser[0].count), ("Chrome", 3));
    assert_eq!((all.endings_by_reason[0].reason(), all.endings_by_reason[0].count), (EndReason::Revoked, 1));
    let lasted: Vec<_> = all.session_durations.iter().map(|one| (one.quantile, one.value)).collect();
    let three = Some(Duration { seconds: 3, nanos: 0 });
    assert_eq!(lasted, [(0.5, three), (0.9, three), (0.99, three)]);
    assert!(all.complete_until.is_some());

    let of_bob = stats(&service, GetStatsRequest { user_id: "bob".to_owned(), ..Default::default() }).await;
    assert_eq!((of_bob.active_sessions, of_bob.logins, of_bob.endings), (1, 1, 0));
    let elsewhere = stats(&service, GetStatsRequest { tenant_id: "acme".to_owned(), ..Default::default() }).await;
    assert_eq!((elsewhere.active_sessions, elsewhere.logins, elsewhere.series.len()), (0, 0, 30));
}

async fn the_series_has_a_point_for_every_step(service: TestService) {
    let ann = sign_in(&service, login_of("ann")).await;
    sign_out(&service, &ann).await;
    service.clock.advance(std::time::Duration::from_mins(3));
    sign_in(&service, login_of("bob")).await;
    wait_until_complete(&service).await;

    let began = START.get().cast_signed() / 1_000;
    let at = |seconds| Some(Timestamp { seconds: began + seconds, nanos: 0 });
    let request = GetStatsRequest {
        window: Some(TimeWindow { start: at(0), end: at(210) }),
        step: Some(Duration { seconds: 60, nanos: 0 }),
        ..Default::default()
    };
    let series = stats(&service, request).await.series;
    let starts: Vec<_> = series.iter().map(|point| point.start).collect();
    assert_eq!(starts, [at(0), at(60), at(120), at(180)]);
    assert_eq!(series.iter().map(|point| point.logins).collect::<Vec<_>>(), [1, 0, 0, 1]);
    assert_eq!(series.iter().map(|point| point.endings).collect::<Vec<_>>(), [1, 0, 0, 0]);
    assert!(series.iter().all(|point| point.active_sessions == 0), "no session was active at the start of each step");
}

async fn alerts_are_counted_by_severity_and_rule(service: TestService) {
    alerts::raise_alerts(&service, &[("", "ann"), ("acme", "ann"), ("acme", "bob")]).await;
    let all = stats(&service, GetStatsRequest::default()).await;
    let listed = alerts::list(&service, ListAlertsRequest::default()).await.alerts;
    let severities = || listed.iter().filter_map(|entry| Some(entry.alert.as_ref()?.severity()));
    assert_eq!(all.alerts, listed.len() as u64, "one for each in the list");
    let by_severity: Vec<_> = all.alerts_by_severity.iter().map(|by| (by.severity(), by.count)).collect();
    let count = |severity| severities().filter(|known| *known == severity).count() as u64;
    let expected = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info]
        .into_iter()
        .map(|severity| (severity, count(severity)));
    assert_eq!(by_severity, expected.filter(|(_, count)| *count > 0).collect::<Vec<_>>());
    let rule = all.alerts_by_rule.iter().find(|by| by.rule == "NEW_COUNTRY").expect("the rule");
    assert_eq!(rule.count, 3);
    assert_eq!(all.series.iter().map(|point| point.alerts).sum::<u64>(), all.alerts);
    let severe = count(Severity::High) + count(Severity::Critical);
    assert_eq!(all.series.iter().map(|point| point.severe_alerts).sum::<u64>(), severe);

    for (tenant, user, expected) in [("acme", "", 2), ("", "ann", 2), ("acme", "bob", 1), ("globex", "", 0)] {
        let request = GetStatsRequest { tenant_id: tenant.to_owned(), user_id: user.to_owned(), ..Default::default() };
        let found = stats(&service, request).await.alerts_by_rule;
        let count = found.iter().find(|by| by.rule == "NEW_COUNTRY").map_or(0, |by| by.count);
        assert_eq!(count, expected, "{tenant} {user}");
    }
}
