use std::time::Duration;

use super::*;
use crate::domain::{
    AuthEventKind,
    search::{SessionStats, StatsQuery, stats::QUANTILES},
};

fn query(start: u64, end: u64, step: u64) -> StatsQuery {
    StatsQuery {
        tenants: None,
        user: None,
        start: UnixMillis::new(start),
        end: UnixMillis::new(end),
        step: Duration::from_millis(step),
    }
}

async fn stats(log: &SqliteEventLog, query: &StatsQuery) -> SessionStats {
    log.stats(query).await.expect("stats")
}

fn series(stats: &SessionStats) -> Vec<(u64, u64, u64, u64, u64)> {
    let point = |point: &crate::domain::search::StatsPoint| {
        (point.start.get(), point.active_sessions, point.logins, point.endings, point.failed_logins)
    };
    stats.series.iter().map(point).collect()
}

/// Returns a log with sessions created at 5, 12, 25 and 45; the first ended at 28, the second at 50. Logins failed at
/// 13 and 27.
async fn log_with_four_sessions() -> SqliteEventLog {
    let mut sessions =
        [("ann", 1, 5), ("bob", 2, 12), ("ann", 3, 25), ("eve", 4, 45)].map(|(user, n, at)| made("acme", user, n, at));
    sessions[1].record.location = Location::default();
    sessions[1].record.device.kind = DeviceType::Desktop;
    sessions[2].record.device.browser.clear();
    sessions[3].owner = Owner::new("other", "eve").expect("an owner");
    let mut events: Vec<_> = sessions.iter().map(created).collect();
    events.push(ended(&sessions[0], EndReason::Revoked, 28));
    events.push(ended(&sessions[1], EndReason::Expired, 50));
    let log = log_with_events(&events).await;
    let failed = "INSERT INTO session_events (event_id, at, kind, auth_event_kind, tenant, user_id)
                  VALUES ('a', 13, 'auth_failed', 'mfa_denied', 'acme', 'ann'),
                         ('b', 27, 'auth_failed', 'password_failed', 'acme', 'bob')";
    sqlx::query(failed).execute(&log.pool).await.expect("events");
    log
}

#[tokio::test]
async fn everything_is_counted_in_its_step_and_the_living_at_each_start() {
    let stats = stats(&log_with_four_sessions().await, &query(10, 35, 10)).await;

    assert_eq!((stats.active_sessions, stats.active_users), (2, 2));
    assert_eq!((stats.logins, stats.endings, stats.failed_logins), (2, 1, 2));
    assert_eq!(series(&stats), [(10, 1, 1, 0, 1), (20, 2, 1, 1, 1), (30, 2, 0, 0, 0)]);
    assert_eq!(stats.logins_by_country, [(String::new(), 1), ("BR".to_owned(), 1)]);
    assert_eq!(stats.logins_by_browser, [(String::new(), 1), ("Safari".to_owned(), 1)]);
    assert_eq!(stats.logins_by_device_type, [(DeviceType::Desktop, 1), (DeviceType::Mobile, 1)]);
    assert_eq!(stats.endings_by_reason, [(EndReason::Revoked, 1)]);
    assert_eq!(
        stats.failed_logins_by_kind,
        [(AuthEventKind::MfaDenied, 1), (AuthEventKind::PasswordFailed, 1)],
        "by name among equals"
    );
    assert_eq!(stats.durations, QUANTILES.map(|quantile| (quantile, Duration::from_millis(23))));
}

#[tokio::test]
async fn a_tenant_and_a_user_are_counted_for_themselves() {
    let log = log_with_four_sessions().await;
    let acme = stats(&log, &StatsQuery { tenants: tenants(&["acme"]), ..query(0, 60, 60) }).await;
    assert_eq!(series(&acme), [(0, 0, 3, 2, 2)]);
    assert_eq!((acme.active_sessions, acme.active_users), (1, 1));
    assert_eq!(acme.logins_by_country, [("BR".to_owned(), 2), (String::new(), 1)], "highest first");

    for tenants in [None, tenants(&["acme"])] {
        let ann = stats(&log, &StatsQuery { user: user("ann"), tenants, ..query(0, 60, 60) }).await;
        assert_eq!(series(&ann), [(0, 0, 2, 1, 1)]);
        assert_eq!((ann.active_sessions, ann.active_users), (1, 1));
        assert_eq!(ann.logins_by_country, [("BR".to_owned(), 2)]);
        assert_eq!(ann.durations[0].1, Duration::from_millis(23));
    }
    let nobody = stats(&log, &StatsQuery { tenants: tenants(&[]), ..query(0, 60, 30) }).await;
    assert_eq!(series(&nobody), [(0, 0, 0, 0, 0), (30, 0, 0, 0, 0)]);
    assert!(nobody.durations.is_empty() && nobody.logins_by_country.is_empty());
}

#[tokio::test]
async fn quantiles_are_the_nearest_ranks() {
    // Durations of 1 to n, in no order, and the ranks of 0.5, 0.9 and 0.99 of n.
    for (n, expected) in [(1, [1, 1, 1]), (2, [1, 2, 2]), (10, [5, 9, 10]), (11, [6, 10, 11]), (100, [50, 90, 99])] {
        let events = (1..=n).rev().map(|n: u8| {
            let session = made("acme", "ann", n, 1000);
            ended(&session, EndReason::Revoked, 1000 + u64::from(n))
        });
        let log = log_with_events(&events.collect::<Vec<_>>()).await;
        let durations = stats(&log, &query(0, 5000, 5000)).await.durations;
        let expected = [0, 1, 2].map(|index| (QUANTILES[index], Duration::from_millis(expected[index])));
        assert_eq!(durations, expected, "{n} durations");
    }
}

#[tokio::test]
async fn the_first_fifty_names_are_listed_and_unknown_ones_are_counted() {
    let log = log_with_events(&[]).await;
    let logins = "WITH RECURSIVE n (n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM n WHERE n < 69)
                  INSERT INTO login_events (event_id, at, tenant, session_id, policy, remembered, expires_at,
                      authenticated_at, auth_methods, assurance_level, device_first_seen, browser, device_type)
                  SELECT n, n, 'acme', n, '', 0, 0, 0, '[]', 0, 0, 'browser-' || n, 'of a newer release' FROM n";
    sqlx::query(logins).execute(&log.pool).await.expect("logins");
    let stats = stats(&log, &query(0, 100, 100)).await;
    assert_eq!(stats.logins_by_browser.len(), 50);
    assert_eq!(stats.logins_by_browser[49].0, "browser-59");
    assert_eq!(stats.logins_by_country, [(String::new(), 60)]);
    assert_eq!(stats.logins_by_device_type, [(DeviceType::Unknown, 60)]);
    assert_eq!(stats.series[0].active_sessions, 0, "without sessions the count is not negative");
}
