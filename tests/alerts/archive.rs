//! Alerts beyond the retention of the stream: archived alerts are delivered, and only alerts that exist nowhere are a
//! gap.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use session_authority::{
    alerts::{AlertFilter, GapReason, HistoryReadError, StartPosition, SubscriptionError},
    audit::{AlertArchive, LeaseRequest, QueueScope},
    domain::{
        TenantId, TenantScope,
        alert::{AlertId, Severity},
    },
    notifications::{FeederCounts, NotificationFeeder, NotificationSettings},
    store::{AlertPosition, AlertRetention, AlertStream, SessionStore},
};

use super::{
    archive_fixture::{ArchiveFixture, RunningArchiver},
    fixture::{AlertFixture, KEEP, RunningFeed, SETTINGS, bucket_of, login, raise, user},
};
use crate::conformance::users::{NOW, TestUser};

/// Makes each case a separate test on each engine with each database.
macro_rules! with_every_archive {
    ($($case:ident),+ $(,)?) => {
        crate::engines::on_each_single_store! { archive_cases! { : $($case)+ } }
    };
}

/// Runs the cases on one engine with each database.
macro_rules! archive_cases {
    ($engine:ident $start:ident: $($case:ident)+) => {
        mod $engine {
            use super::{AlertFixture, ArchiveFixture};
            archive_cases! { @on $engine postgres: $($case)+ }
            archive_cases! { @on $engine sqlite: $($case)+ }
        }
    };
    (@on $engine:ident $database:ident: $($case:ident)+) => {
        mod $database {
            use super::{AlertFixture, ArchiveFixture};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::super::$case(AlertFixture::$engine().await, ArchiveFixture::$database().await).await;
            })+
        }
    };
}

with_every_archive! {
    a_cursor_older_than_the_stream_goes_on_in_the_archive,
    from_the_start_the_archive_comes_first,
    an_alert_is_found_by_its_id_in_the_stream_and_then_in_the_archive,
    a_tenant_reads_its_own_alerts_and_not_those_of_others,
    only_alerts_cut_by_number_while_the_archive_was_unavailable_are_a_gap,
    a_cursor_that_needs_an_unavailable_archive_works_again_later,
    an_archiver_that_is_stopped_in_a_batch_leaves_nothing_out_and_doubles_nothing,
    two_archivers_keep_everything_once,
    of_a_forgotten_person_only_the_place_is_kept_and_is_no_gap,
    what_was_forgotten_before_it_was_archived_is_no_gap,
    nothing_goes_for_its_age_before_it_is_archived,
    mutant_what_goes_for_its_age_alone_would_be_lost,
    a_sign_in_whose_alerts_are_read_twice_is_notified_once,
}

const KEEP_TWO: AlertRetention = AlertRetention { alerts: 2, ..KEEP };

impl AlertFixture {
    async fn raise_with_retention(&self, keep: AlertRetention, number: u64) -> AlertId {
        let id = raise(self.store.as_ref(), number).await;
        self.store.forward(bucket_of(number), 100, keep).await.expect("forwarded");
        id
    }

    async fn newest(&self) -> AlertPosition {
        self.store.newest().await.expect("the newest")
    }

    fn archiver(&self, archive: &Arc<ArchiveFixture>) -> RunningArchiver {
        RunningArchiver::start(self.stream(), Arc::clone(archive) as _)
    }

    async fn feed_with_archive(&self, archive: &Arc<ArchiveFixture>) -> RunningFeed {
        RunningFeed::start_with_archive(self.stream(), Arc::clone(archive) as _, SETTINGS).await
    }

    /// Archives all alerts, then raises another one with a retention that leaves only one archived alert in the stream.
    async fn archive_and_trim(&self, archive: &Arc<ArchiveFixture>, number: u64) -> AlertId {
        let mut archiver = self.archiver(archive);
        archiver.wait_until_archived(self.newest().await).await;
        archiver.stop().await;
        self.raise_with_retention(KEEP_TWO, number).await
    }
}

fn expected_entries(ids: &[AlertId]) -> Vec<Option<AlertId>> {
    ids.iter().copied().map(Some).collect()
}

async fn a_cursor_older_than_the_stream_goes_on_in_the_archive(fixture: AlertFixture, archive: Arc<ArchiveFixture>) {
    let first = fixture.raise(0).await;
    let left_at = fixture.newest().await;
    // More than two pages of alerts.
    let mut raised = fixture.raise_all(1..230).await;
    raised.push(fixture.archive_and_trim(&archive, 230).await);
    assert!(!raised.contains(&first));
    let feed = fixture.feed_with_archive(&archive).await;
    let mut follower = feed.subscribe(StartPosition::After(left_at)).await;
    raised.push(fixture.raise(231).await);
    assert_eq!(follower.alerts(raised.len()).await, raised);
}

async fn from_the_start_the_archive_comes_first(fixture: AlertFixture, archive: Arc<ArchiveFixture>) {
    let mut raised = fixture.raise_all(0..5).await;
    raised.push(fixture.archive_and_trim(&archive, 5).await);
    let mut follower = fixture.feed_with_archive(&archive).await.subscribe(StartPosition::Oldest).await;
    assert_eq!(follower.alerts(6).await, raised);
}

async fn an_alert_is_found_by_its_id_in_the_stream_and_then_in_the_archive(
    fixture: AlertFixture,
    archive: Arc<ArchiveFixture>,
) {
    let ids = fixture.raise_all(0..5).await;
    for id in &ids {
        let found = fixture.store.find(*id).await.expect("a search").expect("an alert");
        assert_eq!(found.alert.expect("readable").id, *id);
    }
    fixture.archive_and_trim(&archive, 5).await;
    assert_eq!(fixture.store.find(ids[0]).await.expect("a search"), None, "it left the stream");
    let found = archive.find(ids[0]).await.expect("a search").expect("an alert");
    assert_eq!(found.alert.expect("readable").id, ids[0]);
    let unknown = AlertId([0; 16]);
    assert_eq!(fixture.store.find(unknown).await.expect("a search"), None);
    assert_eq!(archive.find(unknown).await.expect("a search"), None);
}

async fn a_tenant_reads_its_own_alerts_and_not_those_of_others(fixture: AlertFixture, archive: Arc<ArchiveFixture>) {
    let mut own = Vec::new();
    let mut left_at = AlertPosition::START;
    for number in 0..240 {
        if number % 60 == 7 {
            own.push(fixture.raise(number).await);
        } else {
            let other = TestUser::with_tenant("other", &format!("user-{number}"));
            let (login, _) = login(&other, number, "NEW_COUNTRY", Severity::Medium);
            fixture.store.create(login).await.expect("created");
            fixture.store.forward(other.bucket(), 100, KEEP).await.expect("forwarded");
        }
        if number == 100 {
            left_at = fixture.newest().await;
        }
    }
    own.push(fixture.archive_and_trim(&archive, 240).await);
    let feed = fixture.feed_with_archive(&archive).await;
    let (named, scoped) = (filter_of("acme"), AlertFilter::for_scope(TenantScope::Only(vec!["acme".to_owned()])));
    for filter in [named, scoped] {
        assert_eq!(feed.subscribe_with_filter(StartPosition::Oldest, filter.clone()).await.alerts(5).await, own);
        // The cursor is that of an alert of another tenant.
        assert_eq!(feed.subscribe_with_filter(StartPosition::After(left_at), filter).await.alerts(3).await, own[2..]);
    }
    assert_eq!(archive.reads.load(Ordering::SeqCst), 0);
    let rows = archive.tenant_rows.load(Ordering::SeqCst);
    assert!(rows < 40, "{rows} rows were read for a few alerts");

    // The comparison is meaningful: a subscriber of all tenants reads all alerts.
    feed.subscribe(StartPosition::Oldest).await.alerts(241).await;
    assert!(archive.reads.load(Ordering::SeqCst) > 2);
}

fn filter_of(tenant: &str) -> AlertFilter {
    AlertFilter { tenant: Some(TenantId::new(tenant).expect("a tenant")), ..AlertFilter::for_scope(TenantScope::All) }
}

async fn only_alerts_cut_by_number_while_the_archive_was_unavailable_are_a_gap(
    fixture: AlertFixture,
    archive: Arc<ArchiveFixture>,
) {
    let mut raised = fixture.raise_all(0..4).await;
    let mut archiver = fixture.archiver(&archive);
    archiver.wait_until_archived(fixture.newest().await).await;
    archive.set_unavailable(true);
    let last_archived = fixture.newest().await;
    raised.push(fixture.raise_with_retention(KEEP_TWO, 4).await);
    archiver.wait_for_failure().await;
    for number in 5..9 {
        raised.push(fixture.raise_with_retention(KEEP_TWO, number).await);
    }
    archive.set_unavailable(false);
    archiver.wait_until_archived(fixture.newest().await).await;
    assert_eq!(archiver.status.borrow().losses, 1);
    assert_eq!(archive.all().await, expected_entries(&[&raised[..4], &raised[7..]].concat()));
    // The gap stays the same when the stream no longer has any of these alerts.
    for number in 9..12 {
        raised.push(fixture.raise(number).await);
    }
    archiver.wait_until_archived(fixture.newest().await).await;
    raised.push(fixture.raise_with_retention(KEEP_TWO, 12).await);
    let feed = fixture.feed_with_archive(&archive).await;
    for filter in [AlertFilter::for_scope(TenantScope::All), filter_of("acme")] {
        let mut follower = feed.subscribe_with_filter(StartPosition::Oldest, filter).await;
        assert_eq!(follower.alerts(4).await, raised[..4]);
        let gap = follower.gap().await;
        assert_eq!((gap.from, gap.reason), (last_archived, GapReason::Expired));
        assert_eq!(follower.alerts(6).await, raised[7..]);
    }
    // The lost alerts may have belonged to any tenant.
    let gap = feed.subscribe_with_filter(StartPosition::Oldest, filter_of("other")).await.gap().await;
    assert_eq!((gap.from, gap.reason), (last_archived, GapReason::Expired));
    archiver.stop().await;
}

async fn a_cursor_that_needs_an_unavailable_archive_works_again_later(
    fixture: AlertFixture,
    archive: Arc<ArchiveFixture>,
) {
    fixture.raise(0).await;
    let left_at = fixture.newest().await;
    let mut raised = fixture.raise_all(1..5).await;
    raised.push(fixture.archive_and_trim(&archive, 5).await);
    let feed = fixture.feed_with_archive(&archive).await;
    archive.set_unavailable(true);
    let mut follower = feed.subscribe(StartPosition::After(left_at)).await;
    assert!(matches!(follower.next().await, Err(SubscriptionError::ReadFailed(HistoryReadError::Archive(_)))));
    assert_eq!(follower.position(), left_at);
    let mut live = feed.subscribe(StartPosition::Now).await;
    raised.push(fixture.raise(6).await);
    assert_eq!(live.alert().await, raised[5], "subscribers that do not need the archive are not affected");
    archive.set_unavailable(false);
    assert_eq!(feed.subscribe(StartPosition::After(left_at)).await.alerts(6).await, raised);
}

async fn an_archiver_that_is_stopped_in_a_batch_leaves_nothing_out_and_doubles_nothing(
    fixture: AlertFixture,
    archive: Arc<ArchiveFixture>,
) {
    let mut raised = fixture.raise_all(0..5).await;
    archive.loses_replies.store(true, Ordering::SeqCst);
    let mut archiver = fixture.archiver(&archive);
    archiver.wait_for_failure().await;
    assert_eq!(
        archiver.status.borrow().archived_up_to,
        Some(AlertPosition::START),
        "no response confirmed that they are archived"
    );
    archiver.stop().await;
    archive.loses_replies.store(false, Ordering::SeqCst);
    raised.extend(fixture.raise_all(5..10).await);
    let mut archiver = fixture.archiver(&archive);
    archiver.wait_until_archived(fixture.newest().await).await;
    archiver.stop().await;
    assert_eq!(archive.all().await, expected_entries(&raised));
}

async fn two_archivers_keep_everything_once(fixture: AlertFixture, archive: Arc<ArchiveFixture>) {
    let mut archivers = [fixture.archiver(&archive), fixture.archiver(&archive)];
    let raised = fixture.raise_all(0..30).await;
    for archiver in &mut archivers {
        archiver.wait_until_archived(fixture.newest().await).await;
    }
    for archiver in archivers {
        archiver.stop().await;
    }
    assert_eq!(archive.all().await, expected_entries(&raised));
}

async fn of_a_forgotten_person_only_the_place_is_kept_and_is_no_gap(
    fixture: AlertFixture,
    archive: Arc<ArchiveFixture>,
) {
    // An alert before it and one after it are archived.
    archive.forget(&user(2).owner).await;
    let mut raised = fixture.raise_all(0..6).await;
    raised.push(fixture.archive_and_trim(&archive, 6).await);
    archive.forget(&user(4).owner).await;
    let mut expected = expected_entries(&raised[..6]);
    (expected[2], expected[4]) = (None, None);
    assert_eq!(archive.all().await, expected);
    let mut follower = fixture.feed_with_archive(&archive).await.subscribe(StartPosition::Oldest).await;
    assert_eq!(follower.alerts(5).await, [raised[0], raised[1], raised[3], raised[5], raised[6]]);
}

async fn what_was_forgotten_before_it_was_archived_is_no_gap(fixture: AlertFixture, archive: Arc<ArchiveFixture>) {
    let raised = fixture.raise_all(0..6).await;
    for number in [3, 2] {
        AlertStream::delete_user_alerts(&*fixture.store, &user(number).owner).await.expect("forgotten");
    }
    let new = fixture.archive_and_trim(&archive, 6).await;
    let mut follower = fixture.feed_with_archive(&archive).await.subscribe(StartPosition::Oldest).await;
    assert_eq!(follower.alerts(5).await, [raised[0], raised[1], raised[4], raised[5], new]);
}

/// Raises alerts that exceed the maximum age at once, until the engine's clock has moved on by a millisecond, while
/// nothing is archived. Then archives the remaining ones.
async fn archive_late(
    fixture: &AlertFixture,
    archive: &Arc<ArchiveFixture>,
    keep: AlertRetention,
) -> (AlertPosition, Vec<AlertId>) {
    fixture.raise(0).await;
    let first = fixture.newest().await;
    let mut raised = Vec::new();
    for number in 1..6 {
        tokio::time::sleep(Duration::from_millis(2)).await;
        raised.push(fixture.raise_with_retention(keep, number).await);
    }
    let mut archiver = fixture.archiver(archive);
    archiver.wait_until_archived(fixture.newest().await).await;
    let reached = archiver.status.borrow().archived_up_to;
    archiver.stop().await;
    raised.push(fixture.raise_with_retention(AlertRetention { archived: reached, ..keep }, 6).await);
    (first, raised)
}

const NO_AGE: AlertRetention = AlertRetention { age: Duration::ZERO, ..KEEP };

async fn nothing_goes_for_its_age_before_it_is_archived(fixture: AlertFixture, archive: Arc<ArchiveFixture>) {
    let keep = AlertRetention { archived: Some(AlertPosition::START), ..NO_AGE };
    let (first, raised) = archive_late(&fixture, &archive, keep).await;
    let left = fixture.store.read(AlertPosition::START, 100).await.expect("a page").alerts.len();
    assert!(left <= 2, "{left} alerts are still in the stream although they are archived");
    let mut follower = fixture.feed_with_archive(&archive).await.subscribe(StartPosition::After(first)).await;
    assert_eq!(follower.alerts(raised.len()).await, raised);
}

async fn mutant_what_goes_for_its_age_alone_would_be_lost(fixture: AlertFixture, archive: Arc<ArchiveFixture>) {
    let (first, _) = archive_late(&fixture, &archive, NO_AGE).await;
    let mut follower = fixture.feed_with_archive(&archive).await.subscribe(StartPosition::After(first)).await;
    assert_eq!(follower.gap().await.reason, GapReason::Expired);
}

async fn a_sign_in_whose_alerts_are_read_twice_is_notified_once(fixture: AlertFixture, archive: Arc<ArchiveFixture>) {
    let (mut creation, _) = login(&user(1), 1, "NEW_COUNTRY", Severity::Medium);
    creation.findings[0].alert.reason_user = "for the user".to_owned();
    let mut second = creation.findings[0].clone();
    second.alert.rule = "NEW_DEVICE".to_owned();
    second.alert.id = AlertId([9; 16]);
    second.alert.dedup_key = "NEW_DEVICE:1".to_owned();
    creation.findings.push(second);
    SessionStore::create(fixture.store.as_ref(), creation).await.expect("created");
    fixture.forward(1).await;

    let settings = NotificationSettings {
        enabled: true,
        tenants: Vec::new(),
        rules: Vec::new(),
        min_severity: Severity::Low,
        retention: Duration::from_hours(24),
        capacity: 100,
        max_attempts: 3,
    };
    let feeder = || Arc::new(NotificationFeeder::new(archive.notifications(), settings.clone()));
    let start = |feeder: &Arc<NotificationFeeder>| {
        RunningArchiver::start_with_notifications(fixture.stream(), Arc::clone(&archive) as _, Arc::clone(feeder))
    };
    // The batch is archived, the archiver does not know it, and reads the batch again.
    archive.loses_replies.store(true, Ordering::SeqCst);
    let first = feeder();
    let mut archiver = start(&first);
    archiver.wait_for_failure().await;
    archive.loses_replies.store(false, Ordering::SeqCst);
    archiver.wait_until_archived(fixture.newest().await).await;
    archiver.stop().await;
    assert_eq!(first.counts(), FeederCounts { queued: 1, dropped: 0 });
    // So does one that starts later.
    let again = feeder();
    let mut archiver = start(&again);
    archiver.wait_until_archived(fixture.newest().await).await;
    archiver.stop().await;
    assert_eq!(again.counts(), FeederCounts::default());

    let scope = QueueScope { tenants: None, now: NOW, max_attempts: 3 };
    let request = LeaseRequest { lease: "l".to_owned(), scope, limit: 10, until: NOW.plus(Duration::from_mins(1)) };
    let leased = archive.notifications().lease(&request).await.expect("a lease");
    assert_eq!(leased.iter().map(|leased| leased.findings.len()).collect::<Vec<_>>(), [2], "one names both");
}
