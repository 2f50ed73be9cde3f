//! A session is made, read, listed and ended.

use std::time::Duration;

use session_authority::clock::{Clock, SystemClock};
use session_authority::domain::{EndReason, Ended, Record};
use session_authority::store::{CreateOutcome, Found, Loaded, StoreError, Tombstone};

use super::acts::revoke;
use super::fixture::Fixture;
use super::people::{LoginWith, NOW, User, after, cause};

pub async fn a_session_reads_back_as_it_was_made(f: Fixture) {
    let ann = User::new("ann");
    let creation = ann.login(1, NOW).on_device("phone");
    let session = creation.session.clone();

    let created = f.create(creation).await.expect("create");
    let expected = CreateOutcome::Created { session: Box::new(session.clone()), ended: Vec::new(), raised: Vec::new() };
    assert_eq!(created, expected);
    let found = Found { session: session.clone(), mass_revoked: None };
    assert_eq!(f.load(session.id).await.expect("load"), Loaded::Found(Box::new(found)));
    assert_eq!(f.list(&ann.owner, ann.handle, &[], NOW).await.expect("list"), [session]);
}

pub async fn what_was_never_made_is_missing(f: Fixture) {
    let ann = User::new("ann");
    assert_eq!(f.load(ann.session_id(1)).await.expect("load"), Loaded::Missing);
    assert!(f.live(&ann, NOW).await.is_empty());

    f.sign_in(ann.login(1, NOW)).await;
    assert_eq!(f.load(ann.session_id(2)).await.expect("load"), Loaded::Missing);
}

pub async fn an_ended_session_tells_why_when_and_by_whom(f: Fixture) {
    let ann = User::new("ann");
    let creation = ann.login(1, NOW).on_device("phone");
    let secret = creation.session.record.secret;
    f.sign_in(creation).await;
    let at = after(Duration::from_secs(5));

    let ended = f.revoke(revoke(ann.session_id(1), at)).await.expect("revoke");
    let expected = Ended {
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
    };
    assert_eq!(f.load(ann.session_id(1)).await.expect("load"), Loaded::Ended(tombstone));
    assert!(f.live(&ann, at).await.is_empty());
}

pub async fn a_list_begins_with_the_most_recently_active(f: Fixture) {
    let ann = User::new("ann");
    for (number, second) in [(1, 20), (2, 10), (3, 30)] {
        f.sign_in(ann.login(number, after(Duration::from_secs(second)))).await;
    }
    let expected = [3, 1, 2].map(|number| ann.session_id(number));
    assert_eq!(f.live(&ann, after(Duration::from_secs(30))).await, expected);
}

pub async fn users_of_one_bucket_have_sessions_of_their_own(f: Fixture) {
    let [ann, bob] = ["ann", "bob"].map(|name| User::new(name).in_bucket(9));
    f.sign_in(ann.login(1, NOW).limited_to(1)).await;
    f.sign_in(bob.login(1, NOW).limited_to(1)).await;

    assert_eq!(f.live(&ann, NOW).await, [ann.session_id(1)]);
    assert_eq!(f.live(&bob, NOW).await, [bob.session_id(1)]);
}

pub async fn users_of_one_handle_are_never_mixed(f: Fixture) {
    let ann = User::new("ann");
    let eve = User { owner: User::of("evil", "eve").owner, handle: ann.handle };
    f.sign_in(ann.login(1, NOW)).await;
    let before = f.keyspace().await;

    let error = f.create(eve.login(2, NOW)).await.expect_err("another owner");
    assert!(matches!(error, StoreError::Collision), "{error}");
    let error = f.list(&eve.owner, eve.handle, &[], NOW).await.expect_err("another owner");
    assert!(matches!(error, StoreError::Collision), "{error}");
    assert_eq!(f.keyspace().await, before);
    assert_eq!(f.live(&ann, NOW).await, [ann.session_id(1)]);
}

pub async fn a_session_over_8_kib_is_refused_and_nothing_is_written(f: Fixture) {
    let before = f.keyspace().await;
    let mut creation = User::new("ann").login(1, NOW);
    creation.session.record = Record { roles: vec!["r".repeat(128); 64], ..creation.session.record };

    let error = f.create(creation).await.expect_err("too large");
    assert!(matches!(error, StoreError::RecordTooLarge { limit: 8_192, .. }), "{error}");
    assert_eq!(f.keyspace().await, before);
}

pub async fn the_clock_of_the_store_tells_the_time(f: Fixture) {
    let before = SystemClock.now();
    let told = f.time().await.expect("time");
    let after = SystemClock.now();
    let tolerance = Duration::from_secs(1);
    assert!(before.minus(tolerance) <= told && told <= after.plus(tolerance), "{told}");
}

pub async fn a_probe_writes_and_changes_nothing(f: Fixture) {
    let ann = User::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    let backlog = f.backlog().await.expect("a backlog");
    for _ in 0..2 {
        f.probe_write(NOW).await.expect("it takes changes");
    }
    assert!(matches!(f.load(ann.session_id(1)).await, Ok(Loaded::Found(_))));
    assert_eq!(f.backlog().await.expect("a backlog"), backlog);
}
