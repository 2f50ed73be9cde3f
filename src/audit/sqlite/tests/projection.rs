use std::time::Duration;

use super::*;
use crate::{
    audit::AuditHistory,
    domain::{
        Session,
        search::{AuditedEnding, AuditedSession, PageRequest, SessionSearch},
    },
};

async fn entries(log: &SqliteEventLog) -> Vec<AuditedSession> {
    let page = PageRequest { size: 10, after: None };
    log.search_sessions(&SessionSearch::default(), page).await.expect("sessions")
}

fn revision(number: u32, last_active: u64) -> Session {
    let mut session = session("ann", 1);
    session.record.revision = number;
    session.record.roles = vec![format!("role-{number}")];
    session.clock.last_active = UnixMillis::new(last_active);
    session
}

#[tokio::test]
async fn a_session_is_kept_with_all_that_a_search_shows() {
    let log = log().await;
    let mut ann = session("ann", 1);
    ann.record.location.position =
        Some(crate::domain::location::GeoPosition { latitude: -23.5, longitude: -46.6, accuracy_radius_km: 20 });
    log.append(&[event(EventKind::Created, &ann, 1_700_000_000_123)]).await.expect("appended");

    let entries = entries(&log).await;

    let [entry] = &entries[..] else { panic!("one session") };
    let Session { id, owner, record, clock } = ann;
    let expected = AuditedSession {
        last_seen: None,
        id,
        owner,
        revision: 1,
        email: record.email,
        roles: record.roles,
        policy: record.policy,
        remembered: true,
        created_at: record.created_at,
        authenticated_at: record.authenticated_at,
        auth_methods: record.auth_methods,
        assurance_level: 2,
        last_active: clock.last_active,
        idle_timeout: Duration::from_hours(4),
        expires_at: clock.expires_at,
        // The audit does not store who named the device.
        device: crate::domain::Device { named_by_caller: false, ..record.device },
        location: record.location,
        end: None,
    };
    assert!(*entry == expected);
}

#[tokio::test]
async fn a_session_is_the_same_in_whatever_order_its_events_come() {
    let mut ended = event(EventKind::Ended(EndReason::Revoked), &revision(2, 20), 40);
    ended.cause.reason = "lost".into();
    let events =
        [event(EventKind::Created, &revision(1, 30), 1), event(EventKind::Updated, &revision(2, 20), 2), ended];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let log = log().await;
        for index in order {
            log.append(from_ref(&events[index])).await.expect("appended");
        }
        let entries = entries(&log).await;
        let [entry] = &entries[..] else { panic!("one session") };
        assert_eq!((entry.revision, entry.last_active.get()), (2, 30), "{order:?}");
        assert_eq!(entry.roles, ["role-2"], "{order:?}");
        let end = AuditedEnding {
            at: UnixMillis::new(40),
            reason: EndReason::Revoked,
            stated_reason: "lost".into(),
            actor: "admin:eve".into(),
        };
        assert_eq!(entry.end, Some(end), "{order:?}");
    }
}

#[tokio::test]
async fn an_event_that_is_known_brings_no_session_back() {
    let log = log().await;
    let created = event(EventKind::Created, &session("ann", 1), 10);
    log.append(from_ref(&created)).await.expect("appended");
    sqlx::query("DELETE FROM sessions").execute(&log.pool).await.expect("deleted");

    log.append(&[created]).await.expect("appended");
    assert_eq!(count(&log, "sessions").await, 0);
}

#[tokio::test]
async fn activity_goes_forward_and_only_of_live_sessions() {
    let log = log().await;
    let (ann, bob) = (revision(1, 100), Session { id: session("bob", 2).id, ..revision(1, 100) });
    let ended = event(EventKind::Ended(EndReason::Expired), &bob, 101);
    log.append(&[event(EventKind::Created, &ann, 1), ended]).await.expect("appended");
    let touch = |session: &Session, at| Touch { session_id: session.id, at: UnixMillis::new(at) };

    let unknown = session("eve", 9);
    log.refresh(&[touch(&ann, 150), touch(&bob, 150), touch(&unknown, 150)]).await.expect("refreshed");
    log.refresh(&[touch(&ann, 120)]).await.expect("refreshed");

    let active: Vec<_> = entries(&log).await.iter().map(|entry| (entry.id, entry.last_active.get())).collect();
    assert_eq!(active, [(bob.id, 100), (ann.id, 150)]);
}
