//! The guarantees of the relay while everything works.

use std::{sync::Arc, time::Duration};

use session_authority::{
    audit::{self, NoEventLog},
    domain::{Bucket, Cause, Event, EventId, TenantId, event::RevocationScope},
    store::MassRevocation,
};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    AuditFixture,
    fixture::{assert_complete, drain, event_kinds_by_user, eventually, open, row_counts},
    logins::NOW,
};
use crate::support::postgres::PostgresServer;

pub async fn everything_is_in_the_audit_once_and_in_order(fixture: AuditFixture) {
    let url = PostgresServer::shared().await.database().await;
    let relay = fixture.relay(open(&url).await);
    fixture.generate_traffic(0..40).await;

    assert_eq!(drain(&relay).await, 120);

    assert_complete(&url, 0..40).await;
    assert_eq!(fixture.backlog().await, 0);
    assert_eq!(drain(&relay).await, 0);
}

pub async fn what_one_look_does_not_exhaust_is_moved_in_order_by_the_same_pass(fixture: AuditFixture) {
    let url = PostgresServer::shared().await.database().await;
    let relay = fixture.relay(open(&url).await);
    for number in 1_000..1_100 {
        fixture.sign_in("ann", number).await;
        fixture.sign_out("ann", number).await;
    }
    fixture.generate_traffic(0..40).await;

    let drained = relay.drain_once().await.expect("a pass");

    assert_eq!((drained.entries, drained.added, drained.has_more), (320, 320, false));
    assert_eq!(fixture.backlog().await, 0);
    let mut stories = event_kinds_by_user(&url).await;
    assert_eq!(stories.remove("ann").expect("a story"), ["created", "ended"].repeat(100));
    assert!(stories.values().all(|story| *story == ["created", "ended", "created"]), "{stories:?}");
}

pub async fn what_was_appended_but_not_deleted_is_recognised(fixture: AuditFixture) {
    let url = PostgresServer::shared().await.database().await;
    let log = open(&url).await;
    fixture.generate_traffic(0..5).await;

    // The progress of a relay that was killed in between.
    let pending = fixture.store.read_outbox(Bucket::ALL, 100).await.expect("events");
    let events: Vec<Event> = pending.into_iter().take(9).map(|pending| pending.event.expect("an event")).collect();
    log.append(&events).await.expect("appended");

    assert_eq!(drain(&fixture.relay(log)).await, 6);
    assert_complete(&url, 0..5).await;
    assert_eq!(fixture.backlog().await, 0);
}

pub async fn two_relays_at_a_time_append_everything_once(fixture: AuditFixture) {
    let url = PostgresServer::shared().await.database().await;
    let (one, other) = (fixture.relay(open(&url).await), fixture.relay(open(&url).await));

    let busy = async {
        for part in 0..4 {
            fixture.generate_traffic(part * 25..part * 25 + 25).await;
        }
    };
    let relays = async {
        let mut added = 0;
        while added < 300 {
            let (one, other) = tokio::join!(drain(&one), drain(&other));
            added += one + other;
        }
        added
    };
    let ((), added) = tokio::join!(busy, relays);

    assert_eq!(added, 300);
    assert_complete(&url, 0..100).await;
    assert_eq!(fixture.backlog().await, 0);
}

pub async fn a_mass_revocation_is_one_event(fixture: AuditFixture) {
    let url = PostgresServer::shared().await.database().await;
    let relay = fixture.relay(open(&url).await);
    let scope = RevocationScope::Tenant(TenantId::new("acme").expect("a tenant"));
    let revoke = |operation: [u8; 16]| MassRevocation {
        now: NOW,
        scope: scope.clone(),
        operation,
        event: EventId(operation),
        cause: Cause::default(),
    };

    for operation in [1, 1, 2] {
        fixture.store.revoke_mass(revoke([operation; 16])).await.expect("revoked");
    }
    drain(&relay).await;

    assert_eq!(row_counts(&url).await, [2, 0, 0]);
    assert_eq!(fixture.backlog().await, 0);
}

pub async fn a_wake_up_is_followed_at_once_and_a_stop_leaves_nothing_behind(fixture: AuditFixture) {
    let url = PostgresServer::shared().await.database().await;
    let relay = fixture.relay(open(&url).await);
    let (wake, stop) = (Arc::new(Notify::new()), CancellationToken::new());
    let status = relay.status();
    let running = TaskTracker::new();
    running.spawn(relay.run(Arc::clone(&wake), stop.clone()));
    running.close();

    fixture.sign_in("ann", 1).await;
    wake.notify_one();
    eventually("a login is in the audit", async || status.borrow().appended == 1).await;
    fixture.sign_in("bob", 2).await;
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(20), running.wait()).await.expect("an end");

    assert_eq!(event_kinds_by_user(&url).await.keys().collect::<Vec<_>>(), ["ann", "bob"]);
    assert_eq!(fixture.backlog().await, 0);
}

pub async fn without_an_audit_events_are_dropped(fixture: AuditFixture) {
    let relay = fixture.relay(audit::open("none", false).await.expect("no audit").log);
    fixture.generate_traffic(0..3).await;

    assert_eq!(drain(&relay).await, 0);
    assert_eq!(fixture.backlog().await, 0);
    drain(&fixture.relay(Arc::new(NoEventLog))).await;
}
