//! Creation, read, list and end of a session.

use std::time::Duration;

use session_authority::clock::{Clock, SystemClock};
use session_authority::domain::{EndReason, FormerClient, Record, SessionEnding};
use session_authority::store::{CreateOutcome, LoadOutcome, LoadedSession, StoreError, Tombstone};

use super::fixture::StoreFixture;
use super::operations::revoke;
use super::users::{CreationExt, NOW, TestUser, after, cause};

pub async fn a_session_reads_back_as_it_was_made(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let creation = ann.login(1, NOW).on_device("phone");
    let session = creation.session.clone();

    let created = f.create(creation).await.expect("create");
    let expected = CreateOutcome::Created { session: Box::new(session.clone()), ended: Vec::new(), alerts: Vec::new() };
    assert_eq!(created, expected);
    let found = LoadedSession { session: session.clone(), mass_revoked: None };
    assert_eq!(f.load(session.id).await.expect("load"), LoadOutcome::Found(Box::new(found)));
    assert_eq!(f.list(&ann.owner, ann.handle, &[], NOW).await.expect("list"), [session]);
}

pub async fn what_was_never_made_is_missing(f: StoreFixture) {
    let ann = TestUser::new("ann");
    assert_eq!(f.load(ann.session_id(1)).await.expect("load"), LoadOutcome::NotFound);
    assert!(f.live_sessions(&ann, NOW).await.is_empty());

    f.sign_in(ann.login(1, NOW)).await;
    assert_eq!(f.load(ann.session_id(2)).await.expect("load"), LoadOutcome::NotFound);
}

pub async fn an_ended_session_has_reason_time_and_actor(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let creation = ann.login(1, NOW).on_device("phone");
    let secret = creation.session.record.secret;
    let former_client = FormerClient::new(ann.owner.user.clone(), &creation.session.record.location);
    assert_ne!((former_client.asn, former_client.country.as_str()), (0, ""));
    f.sign_in(creation).await;
    let at = after(Duration::from_secs(5));

    let ended = f.revoke(revoke(ann.session_id(1), at)).await.expect("revoke");
    let expected = SessionEnding {
        session_id: ann.session_id(1),
        reason: EndReason::Revoked,
        at,
        device_name: "Firefox on phone".to_owned(),
    };
    assert_eq!(ended, [expected]);
    let tombstone = Tombstone {
        tenant: ann.owner.tenant.clone(),
        reason: EndReason::Revoked,
        at,
        secret,
        cause: cause("signed out"),
        former_client: Some(Box::new(former_client)),
    };
    assert_eq!(f.load(ann.session_id(1)).await.expect("load"), LoadOutcome::Ended(tombstone));
    assert!(f.live_sessions(&ann, at).await.is_empty());
}

pub async fn a_list_begins_with_the_most_recently_active(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for (number, second) in [(1, 20), (2, 10), (3, 30)] {
        f.sign_in(ann.login(number, after(Duration::from_secs(second)))).await;
    }
    let expected = [3, 1, 2].map(|number| ann.session_id(number));
    assert_eq!(f.live_sessions(&ann, after(Duration::from_secs(30))).await, expected);
}

pub async fn users_of_one_bucket_have_sessions_of_their_own(f: StoreFixture) {
    let [ann, bob] = ["ann", "bob"].map(|name| TestUser::new(name).in_bucket(9));
    f.sign_in(ann.login(1, NOW).limited_to(1)).await;
    f.sign_in(bob.login(1, NOW).limited_to(1)).await;

    assert_eq!(f.live_sessions(&ann, NOW).await, [ann.session_id(1)]);
    assert_eq!(f.live_sessions(&bob, NOW).await, [bob.session_id(1)]);
}

pub async fn users_of_one_handle_are_never_mixed(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let eve = TestUser { owner: TestUser::with_tenant("evil", "eve").owner, handle: ann.handle };
    f.sign_in(ann.login(1, NOW)).await;
    let before = f.keyspace().await;

    let error = f.create(eve.login(2, NOW)).await.expect_err("another owner");
    assert!(matches!(error, StoreError::HandleCollision), "{error}");
    let error = f.list(&eve.owner, eve.handle, &[], NOW).await.expect_err("another owner");
    assert!(matches!(error, StoreError::HandleCollision), "{error}");
    assert_eq!(f.keyspace().await, before);
    assert_eq!(f.live_sessions(&ann, NOW).await, [ann.session_id(1)]);
}

pub async fn a_session_over_8_kib_is_refused_and_nothing_is_written(f: StoreFixture) {
    let before = f.keyspace().await;
    let mut creation = TestUser::new("ann").login(1, NOW);
    creation.session.record = Record { roles: vec!["r".repeat(128); 64], ..creation.session.record };

    let error = f.create(creation).await.expect_err("too large");
    assert!(matches!(error, StoreError::RecordTooLarge { limit: 8_192, .. }), "{error}");
    assert_eq!(f.keyspace().await, before);
}

pub async fn the_clock_of_the_store_shows_the_time(f: StoreFixture) {
    let before = SystemClock.now();
    let store_time = f.time().await.expect("time");
    let after = SystemClock.now();
    let tolerance = Duration::from_secs(1);
    assert!(before.minus(tolerance) <= store_time && store_time <= after.plus(tolerance), "{store_time}");
}

pub async fn a_probe_writes_and_changes_nothing(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    let backlog = f.backlog().await.expect("a backlog");
    for _ in 0..2 {
        f.probe_write(NOW).await.expect("writes are accepted");
    }
    assert!(matches!(f.load(ann.session_id(1)).await, Ok(LoadOutcome::Found(_))));
    assert_eq!(f.backlog().await.expect("a backlog"), backlog);
}
