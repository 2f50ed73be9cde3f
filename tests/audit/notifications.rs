//! The queue of notifications in the audit database.

use std::{collections::BTreeSet, time::Duration};

use session_authority::{
    audit::{EnqueueReport, EnqueueRun, HeldNotifications, LeaseRequest, QueueScope},
    domain::{
        Owner, TenantId, UnixMillis,
        alert::AlertId,
        notification::{LeasedNotification, NotificationDraft, NotificationId, NotificationQueueStats},
        search::TenantFilter,
    },
};
use tokio::task::JoinSet;

use super::mass_endings::AuditTestDatabase;

const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);
const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
const MAX_ATTEMPTS: u32 = 3;

fn after(span: Duration) -> UnixMillis {
    NOW.plus(span)
}

fn draft(number: u8) -> NotificationDraft {
    draft_of("acme", number)
}

/// Returns a complete notification of a user with that number, with one finding.
fn draft_of(tenant: &str, number: u8) -> NotificationDraft {
    let tenant_id = TenantId::new(tenant).expect("a tenant");
    NotificationDraft {
        id: NotificationId::new(&tenant_id, &format!("group-{number}")),
        owner: Owner::new(tenant, &format!("user-{number}")).expect("an owner"),
        event_time: NOW,
        expires_at: after(7 * DAY),
        is_complete: true,
        findings: vec![(AlertId([number; 16]), vec![number, 1])],
    }
}

fn scope(tenants: TenantFilter, now: UnixMillis) -> QueueScope {
    QueueScope { tenants, now, max_attempts: MAX_ATTEMPTS }
}

impl AuditTestDatabase {
    async fn enqueue(&self, drafts: &[NotificationDraft]) -> EnqueueReport {
        let run = EnqueueRun { now: NOW, available_at: after(Duration::from_secs(5)), capacity: 1_000 };
        self.audit.notifications.enqueue(drafts, run).await.expect("queued")
    }

    /// Leases notifications of all tenants for a minute.
    async fn lease(&self, lease: &str, limit: u32, now: UnixMillis) -> Vec<LeasedNotification> {
        self.lease_of(None, lease, limit, now).await
    }

    async fn lease_of(
        &self,
        tenants: TenantFilter,
        lease: &str,
        limit: u32,
        now: UnixMillis,
    ) -> Vec<LeasedNotification> {
        let (lease, scope) = (lease.to_owned(), scope(tenants, now));
        let request = LeaseRequest { lease, scope, limit, until: now.plus(MINUTE) };
        self.audit.notifications.lease(&request).await.expect("a lease")
    }

    async fn acknowledge(&self, lease: &str, ids: &[NotificationId], now: UnixMillis) -> Vec<NotificationId> {
        let held = HeldNotifications { lease: lease.to_owned(), ids: ids.to_vec(), now };
        self.audit.notifications.acknowledge(&held).await.expect("acknowledged")
    }

    async fn count(&self, now: UnixMillis) -> NotificationQueueStats {
        self.audit.notifications.count(&scope(None, now)).await.expect("counts")
    }
}

fn ids(leased: &[LeasedNotification]) -> Vec<NotificationId> {
    leased.iter().map(|leased| leased.id).collect()
}

pub async fn findings_of_a_sign_in_are_one_notification_that_is_queued_once(database: AuditTestDatabase) {
    let first = NotificationDraft { is_complete: false, ..draft(1) };
    let findings = vec![(AlertId([8; 16]), vec![8]), (AlertId([1; 16]), vec![1, 1])];
    let rest = NotificationDraft { findings, ..draft(1) };
    assert_eq!(database.enqueue(std::slice::from_ref(&first)).await, EnqueueReport { queued: 1, dropped: 0 });
    assert_eq!(database.lease("l1", 10, NOW).await, [], "it waits for further findings");
    assert_eq!(database.enqueue(std::slice::from_ref(&rest)).await, EnqueueReport::default());
    let leased = database.lease("l1", 10, NOW).await;
    assert_eq!((leased.len(), leased[0].attempts), (1, 1));
    assert_eq!(leased[0].findings, [vec![1, 1], vec![8]], "each finding once");
    assert_eq!((leased[0].tenant.as_str(), leased[0].user.as_str()), ("acme", "user-1"));
    assert_eq!(database.acknowledge("l1", &ids(&leased), NOW).await, ids(&leased));
    // An archiver that starts again reads the same alerts.
    assert_eq!(database.enqueue(&[first, rest]).await, EnqueueReport::default());
    assert_eq!(database.lease("l2", 10, after(DAY)).await, []);
}

pub async fn an_incomplete_notification_does_not_wait_for_ever(database: AuditTestDatabase) {
    database.enqueue(&[NotificationDraft { is_complete: false, ..draft(1) }]).await;
    assert_eq!(database.lease("l1", 10, after(Duration::from_secs(4))).await, []);
    assert_eq!(database.lease("l1", 10, after(Duration::from_secs(5))).await.len(), 1);
}

pub async fn consumers_that_race_never_hold_the_same_notification(database: AuditTestDatabase) {
    let drafts: Vec<_> = (0..60).map(draft).collect();
    database.enqueue(&drafts).await;
    let mut consumers = JoinSet::new();
    for consumer in 0..6 {
        let queue = database.audit.notifications.clone();
        consumers.spawn(async move {
            let mut held = Vec::new();
            loop {
                let lease = format!("consumer-{consumer}-{}", held.len());
                let request = LeaseRequest { lease, scope: scope(None, NOW), limit: 3, until: after(MINUTE) };
                let leased = queue.lease(&request).await.expect("a lease");
                if leased.is_empty() {
                    return held;
                }
                held.extend(leased.into_iter().map(|leased| leased.id));
            }
        });
    }
    let held: Vec<_> = consumers.join_all().await.into_iter().flatten().collect();
    let distinct: BTreeSet<_> = held.iter().copied().collect();
    assert_eq!(held.len(), distinct.len(), "nobody holds what another one holds");
    assert_eq!(distinct, drafts.iter().map(|draft| draft.id).collect());
}

/// The counterpart: a reader without a lease gets the notifications of others.
pub async fn mutant_readers_without_leases_get_the_same_notifications(database: AuditTestDatabase) {
    database.enqueue(&[draft(1)]).await;
    let without = || async {
        let request = LeaseRequest { lease: "reader".to_owned(), scope: scope(None, NOW), limit: 10, until: NOW };
        ids(&database.audit.notifications.lease(&request).await.expect("a lease"))
    };
    assert_eq!(without().await, without().await);
}

pub async fn a_lease_that_ends_is_delivered_again_and_cannot_be_acknowledged_by_its_first_holder(
    database: AuditTestDatabase,
) {
    database.enqueue(&[draft(1)]).await;
    let first = database.lease("l1", 10, NOW).await;
    assert_eq!(database.lease("l2", 10, after(MINUTE).minus(Duration::from_millis(1))).await, []);
    let second = database.lease("l2", 10, after(MINUTE)).await;
    assert_eq!((ids(&second), second[0].attempts), (ids(&first), 2));
    assert_eq!(database.acknowledge("l1", &ids(&first), after(MINUTE)).await, [], "a stale lease");
    assert_eq!(database.acknowledge("l3", &ids(&first), after(MINUTE)).await, [], "no lease");
    assert_eq!(database.acknowledge("l2", &ids(&first), after(MINUTE)).await, ids(&first));
    assert_eq!(database.acknowledge("l2", &ids(&first), after(MINUTE)).await, ids(&first), "a repeat");
    assert_eq!(database.count(after(MINUTE)).await, NotificationQueueStats::default());
}

pub async fn a_lease_is_extended_or_given_back(database: AuditTestDatabase) {
    database.enqueue(&[draft(1), draft(2)]).await;
    let leased = ids(&database.lease("l1", 10, NOW).await);
    let held = |lease: &str, id: NotificationId| HeldNotifications { lease: lease.to_owned(), ids: vec![id], now: NOW };
    let extend = |held: HeldNotifications, until: UnixMillis| {
        let queue = database.audit.notifications.clone();
        async move { queue.extend(&held, until).await.expect("extended") }
    };
    assert_eq!(extend(held("l1", leased[0]), after(2 * MINUTE)).await, [leased[0]]);
    assert_eq!(extend(held("l1", leased[1]), NOW).await, [leased[1]]);
    assert_eq!(extend(held("l2", leased[0]), NOW).await, [], "the lease of somebody else");
    assert_eq!(ids(&database.lease("l2", 10, NOW).await), [leased[1]], "the one that was given back");
    assert_eq!(database.lease("l3", 10, after(2 * MINUTE)).await.len(), 2);
}

pub async fn what_cannot_be_delivered_is_dead_and_counted(database: AuditTestDatabase) {
    database.enqueue(&[draft(1), draft(2)]).await;
    let waiting = database.count(NOW).await;
    assert_eq!(waiting, NotificationQueueStats { waiting: 2, leased: 0, dead: 0, oldest: Some(NOW) });
    let mut now = NOW;
    for attempt in 1..=MAX_ATTEMPTS {
        let leased = database.lease(&format!("l{attempt}"), 10, now).await;
        assert_eq!(leased.len(), 2);
        assert_eq!(database.count(now).await.leased, 2);
        now = now.plus(MINUTE);
    }
    assert_eq!(database.lease("another", 10, now).await, []);
    assert_eq!(database.count(now).await, NotificationQueueStats { dead: 2, ..NotificationQueueStats::default() });
    let dead = database.audit.notifications.dead(&scope(None, now), 1).await.expect("dead ones");
    assert_eq!((dead.len(), dead[0].attempts, dead[0].queued_at), (1, MAX_ATTEMPTS, NOW));
    // A consumer that delivered it late may still say so.
    assert_eq!(database.acknowledge("l3", &[draft(1).id], now).await, [draft(1).id]);
    assert_eq!(database.count(now).await.dead, 1);
}

pub async fn dead_notifications_are_requeued_by_id_or_all_oldest_first(database: AuditTestDatabase) {
    database.enqueue(&[draft_of("acme", 1), draft_of("acme", 2), draft_of("globex", 3), draft_of("acme", 4)]).await;
    let mut now = NOW;
    for attempt in 1..=MAX_ATTEMPTS {
        assert_eq!(database.lease(&format!("l{attempt}"), 10, now).await.len(), 4);
        now = now.plus(MINUTE);
    }
    database.acknowledge("l3", &[draft(4).id], now).await;
    let globex = draft_of("globex", 3);
    // One that is not dead is left alone.
    let late =
        NotificationDraft { id: NotificationId::new(&TenantId::new("acme").expect("a tenant"), "late"), ..draft(5) };
    database.enqueue(std::slice::from_ref(&late)).await;
    let requeue = |tenants: TenantFilter, ids: Option<Vec<NotificationId>>, limit| {
        let (queue, scope) = (database.audit.notifications.clone(), scope(tenants, now));
        async move { queue.requeue(&scope, ids.as_deref(), limit).await.expect("requeued") }
    };
    let acme = || Some(vec![TenantId::new("acme").expect("a tenant")]);
    assert_eq!(requeue(acme(), Some(vec![globex.id]), 10).await, 0, "another tenant");
    assert_eq!(requeue(None, Some(vec![late.id, draft(4).id, globex.id]), 10).await, 1, "only one is dead");
    assert_eq!(requeue(None, Some(vec![globex.id]), 10).await, 0, "a repeat");
    assert_eq!(requeue(acme(), None, 1).await, 1, "at most as many as asked");
    let counts = database.count(now).await;
    assert_eq!((counts.waiting, counts.dead), (3, 1));
    assert_eq!(requeue(acme(), None, 10).await, 1);
    assert_eq!(requeue(None, None, 10).await, 0);

    // A consumer that delivered it late may still say so; the others are leased as often as new ones.
    assert_eq!(database.acknowledge("l3", &[draft(1).id], now).await, [draft(1).id]);
    let leased = database.lease("again", 10, now).await;
    let again: BTreeSet<_> = ids(&leased).into_iter().collect();
    assert_eq!(again, BTreeSet::from([draft(2).id, globex.id, late.id]));
    assert!(leased.iter().all(|leased| leased.attempts == 1 && !leased.findings.is_empty()));
    assert_eq!(requeue(None, None, 10).await, 0, "they are under a lease");
    // What has expired stays dead.
    assert_eq!(database.count(after(7 * DAY)).await, NotificationQueueStats::default());
}

pub async fn what_expires_is_removed_and_neither_leased_nor_queued_again(database: AuditTestDatabase) {
    database.enqueue(&[draft(1), draft(2)]).await;
    let leased = database.lease("l1", 1, NOW).await;
    database.acknowledge("l1", &ids(&leased), NOW).await;
    let end = after(7 * DAY);
    assert_eq!(database.lease("l2", 10, end).await, []);
    assert_eq!(database.count(end).await, NotificationQueueStats::default());
    let remove = || async { database.audit.notifications.remove_expired(end, 100).await.expect("removed") };
    assert_eq!(remove().await, 1, "one was not acknowledged");
    assert_eq!(remove().await, 0);
}

pub async fn the_queue_is_bounded(database: AuditTestDatabase) {
    let run = EnqueueRun { now: NOW, available_at: NOW, capacity: 2 };
    let queue = &database.audit.notifications;
    let drafts = [draft(1), draft(2), draft(3)];
    let queued = queue.enqueue(&drafts, run).await.expect("queued");
    assert_eq!(queued, EnqueueReport { queued: 2, dropped: 1 });
    let leased = database.lease("l1", 1, NOW).await;
    database.acknowledge("l1", &ids(&leased), NOW).await;
    let queued = queue.enqueue(&drafts, run).await.expect("queued");
    assert_eq!(queued, EnqueueReport { queued: 1, dropped: 0 }, "one that is acknowledged takes no room");
}

pub async fn a_consumer_of_a_tenant_gets_no_others(database: AuditTestDatabase) {
    database.enqueue(&[draft_of("acme", 1), draft_of("globex", 2)]).await;
    let globex = || Some(vec![TenantId::new("globex").expect("a tenant")]);
    let leased = database.lease_of(globex(), "l1", 10, NOW).await;
    assert_eq!(ids(&leased), [draft_of("globex", 2).id]);
    let counts = database.audit.notifications.count(&scope(globex(), NOW)).await.expect("counts");
    assert_eq!((counts.waiting, counts.leased), (0, 1));
    assert_eq!(database.lease_of(Some(Vec::new()), "l2", 10, NOW).await, []);
    assert_eq!(ids(&database.lease("l3", 10, NOW).await), [draft_of("acme", 1).id]);
}

pub async fn an_erased_user_is_not_notified(database: AuditTestDatabase) {
    database.enqueue(&[draft(1), draft(2)]).await;
    let later = NotificationDraft { event_time: after(MINUTE), ..draft(3) };
    let later = NotificationDraft { owner: draft(1).owner, ..later };
    database.enqueue(std::slice::from_ref(&later)).await;
    database.audit.log.erase_user(&draft(1).owner, NOW).await.expect("erased");
    // The alert is read again from the stream.
    database.enqueue(&[draft(1)]).await;
    let leased: BTreeSet<_> = ids(&database.lease("l1", 10, after(MINUTE)).await).into_iter().collect();
    assert_eq!(leased, BTreeSet::from([draft(2).id, later.id]), "a sign-in after the erasure is another one");
}
