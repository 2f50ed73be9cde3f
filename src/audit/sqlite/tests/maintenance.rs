use std::time::Duration;

use super::*;
use crate::{audit::maintenance::LOST_END_GRACE, domain::Session};

fn made(unique: u8, at: u64) -> Session {
    let mut session = session("ann", unique);
    session.record.created_at = UnixMillis::new(at);
    session
}

#[tokio::test]
async fn what_happened_before_is_removed_and_live_sessions_stay() {
    let log = log().await;
    let (old, live, new) = (made(1, 10), made(2, 20), made(3, 200));
    let ended = |session, at| event(EventKind::Ended(EndReason::Revoked), session, at);
    let events = [
        event(EventKind::Created, &old, 10),
        ended(&old, 99),
        event(EventKind::Created, &live, 20),
        event(EventKind::Created, &new, 200),
        ended(&new, 201),
    ];
    log.append(&events).await.expect("appended");
    let alerts = "INSERT INTO alerts
                  SELECT 1, value, 0, 0, 'a', 'acme', null, null, null, 'r', 1, 1, value, 5, null, null, '', null, x'', 0,
                         null
                  FROM json_each('[99, 100]')";
    sqlx::query(alerts).execute(&log.pool).await.expect("alerts");

    let kept = log
        .run_maintenance(MaintenanceRun::new(UnixMillis::new(300), UnixMillis::new(100)).with_accepted_clock())
        .await
        .expect("maintenance");

    assert_eq!(kept, MaintenanceReport { partitions_created: 0, removed: 3 + 2 + 1 + 1, has_more: false });
    assert_eq!(count(&log, "session_events").await, 2);
    assert_eq!(count(&log, "login_events").await, 1);
    assert_eq!(count(&log, "alerts").await, 1);
    let left: Vec<String> =
        sqlx::query_scalar("SELECT session_id FROM sessions ORDER BY 1").fetch_all(&log.pool).await.expect("ids");
    assert_eq!(left, [live.id.to_string(), new.id.to_string()]);
    let again = log
        .run_maintenance(MaintenanceRun::new(UnixMillis::new(300), UnixMillis::new(100)).with_accepted_clock())
        .await
        .expect("maintenance");
    assert_eq!(again, MaintenanceReport::default());
}

#[tokio::test]
async fn much_is_removed_a_part_at_a_time() {
    let log = log().await;
    let refused = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1500)
                   INSERT INTO refused_events SELECT n, n, '', 0, '', 0, 0, 0, x'', x'', x'', x'', x'' FROM n";
    sqlx::query(refused).execute(&log.pool).await.expect("entries");

    let first = log
        .run_maintenance(MaintenanceRun::new(UnixMillis::new(0), UnixMillis::MAX).with_accepted_clock())
        .await
        .expect("maintenance");
    assert_eq!((first.removed, first.has_more), (1000, true));
    let second = log
        .run_maintenance(MaintenanceRun::new(UnixMillis::new(0), UnixMillis::MAX).with_accepted_clock())
        .await
        .expect("maintenance");
    assert_eq!((second.removed, second.has_more), (500, false));
}

#[tokio::test]
async fn long_expired_sessions_without_an_end_event_are_ended() {
    let log = log().await;
    let now = UnixMillis::new(1_800_000_000_000);
    let [mut lost, mut late] = [made(1, 10), made(2, 20)];
    lost.clock.expires_at = now.minus(LOST_END_GRACE).minus(Duration::from_millis(1));
    late.clock.expires_at = now.minus(LOST_END_GRACE);
    let events = [event(EventKind::Created, &lost, 10), event(EventKind::Created, &late, 20)];
    log.append(&events).await.expect("appended");

    log.run_maintenance(MaintenanceRun::new(now, UnixMillis::new(0)).with_accepted_clock()).await.expect("maintenance");

    let ended = "SELECT session_id FROM sessions WHERE end_reason = 'expired' AND ended_at = expires_at";
    let ended: Vec<String> = sqlx::query_scalar(ended).fetch_all(&log.pool).await.expect("ids");
    assert_eq!(ended, [lost.id.to_string()]);
}
