//! Mass revocation of a tenant or of everyone.

use std::time::Duration;

use session_authority::domain::event::RevocationScope;
use session_authority::domain::{Cause, EndReason, EventId, EventKind, EventSubject, TenantId, UnixMillis, limits};
use session_authority::store::{CreateOutcome, LoadOutcome, Touch, UpdateOutcome};

use super::fixture::{StoreFixture, end_summaries, session_of};
use super::operations::{rename, revoke, revoke_mass};
use super::users::{CreationExt, IDLE, LIFETIME, NOW, TestUser, after, cause};

const LATER: Duration = Duration::from_mins(1);

fn tenant(name: &str) -> RevocationScope {
    RevocationScope::Tenant(TenantId::new(name).expect("a tenant"))
}

/// Returns the time and the cause of the mass revocation that ended the session.
async fn mass_revoked(f: &StoreFixture, user: &TestUser, number: u64) -> Option<(UnixMillis, Cause)> {
    match f.load(user.session_id(number)).await.expect("load") {
        LoadOutcome::Found(found) => found.mass_revoked,
        other => panic!("not found: {other:?}"),
    }
}

pub async fn a_tenant_is_signed_out_and_no_other(f: StoreFixture) {
    let ann = TestUser::with_tenant("acme", "ann").in_bucket(9);
    let bob = TestUser::with_tenant("acme", "bob").in_bucket(200);
    let cy = TestUser::with_tenant("zeta", "cy").in_bucket(9);
    for user in [&ann, &bob, &cy] {
        f.sign_in(user.login(1, NOW)).await;
    }
    f.revoke_mass(revoke_mass(tenant("acme"), after(LATER), 1)).await.expect("revoke a tenant");

    assert!(f.live_sessions(&ann, after(LATER)).await.is_empty());
    assert!(f.live_sessions(&bob, after(LATER)).await.is_empty());
    assert_eq!(f.live_sessions(&cy, after(LATER)).await, [cy.session_id(1)]);
    assert_eq!(mass_revoked(&f, &cy, 1).await, None);
}

pub async fn everyone_is_signed_out(f: StoreFixture) {
    let users = [("acme", 0), ("acme", 128), ("zeta", 255)]
        .map(|(tenant, bucket)| TestUser::with_tenant(tenant, "ann").in_bucket(bucket));
    for user in &users {
        f.sign_in(user.login(1, NOW)).await;
    }
    f.revoke_mass(revoke_mass(RevocationScope::Everyone, after(LATER), 1)).await.expect("revoke everyone");
    for user in &users {
        assert!(f.live_sessions(user, after(LATER)).await.is_empty(), "{user:?}");
    }
}

pub async fn the_next_read_sees_it_with_its_cause(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.revoke_mass(revoke_mass(tenant("acme"), after(LATER), 1)).await.expect("revoke a tenant");
    assert_eq!(mass_revoked(&f, &ann, 1).await, Some((after(LATER), cause("incident 1"))));
}

pub async fn what_it_ended_takes_no_room(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW).on_device("phone")).await;
    f.revoke_mass(revoke_mass(RevocationScope::Everyone, after(LATER), 1)).await.expect("revoke everyone");

    let now = after(LATER * 2);
    f.sign_in(ann.login(2, now).on_device("phone").refused_over(1)).await;
    assert_eq!(f.expect_tombstone(ann.session_id(1)).await, (EndReason::RevokedAll, after(LATER)));
    assert_eq!(f.live_sessions(&ann, now).await, [ann.session_id(2)]);
}

pub async fn a_later_login_stays_signed_in(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.revoke_mass(revoke_mass(tenant("acme"), NOW, 1)).await.expect("revoke a tenant");
    f.revoke_mass(revoke_mass(RevocationScope::Everyone, NOW, 2)).await.expect("revoke everyone");
    f.sign_in(ann.login(1, after(LATER))).await;

    assert_eq!(f.live_sessions(&ann, after(LATER)).await, [ann.session_id(1)]);
    assert_eq!(mass_revoked(&f, &ann, 1).await, None);
    assert_eq!(f.sweep_all(after(LATER)).await, []);
}

pub async fn a_repeated_operation_does_nothing(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for (scope, operation) in [(tenant("acme"), 1), (RevocationScope::Everyone, 2)] {
        f.revoke_mass(revoke_mass(scope, NOW, operation)).await.expect("revoke");
    }
    f.sign_in(ann.login(1, after(LATER))).await;
    let before = f.keyspace().await;

    for (scope, operation) in [(tenant("acme"), 1), (RevocationScope::Everyone, 2)] {
        f.revoke_mass(revoke_mass(scope, after(LATER * 2), operation)).await.expect("again");
    }
    assert_eq!(f.keyspace().await, before);
    assert_eq!(f.live_sessions(&ann, after(LATER * 2)).await, [ann.session_id(1)]);
}

pub async fn each_further_operation_is_another_act(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for operation in 1..=3 {
        let number = operation.into();
        let signed_in = after(LATER * 2 * operation.into());
        let revoked = signed_in.plus(LATER);
        f.sign_in(ann.login(number, signed_in)).await;
        f.revoke_mass(revoke_mass(tenant("acme"), revoked, operation)).await.expect("revoke a tenant");
        assert!(f.live_sessions(&ann, revoked).await.is_empty());
        let remembered = f.expect_tombstone(ann.session_id(number)).await;
        assert_eq!(remembered, (EndReason::RevokedAll, revoked));
    }
}

pub async fn a_mass_operation_is_remembered_for_a_day_and_no_longer(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.revoke_mass(revoke_mass(tenant("acme"), NOW, 1)).await.expect("revoke a tenant");
    let soon = after(limits::REQUEST_ID_RETENTION).minus(LATER);
    f.sign_in(ann.login(1, soon)).await;

    f.revoke_mass(revoke_mass(tenant("acme"), soon, 1)).await.expect("again");
    assert_eq!(f.live_sessions(&ann, soon).await, [ann.session_id(1)]);
    let late = after(limits::REQUEST_ID_RETENTION + LATER);
    f.revoke_mass(revoke_mass(tenant("acme"), late, 1)).await.expect("revoke a tenant");
    assert!(f.live_sessions(&ann, late).await.is_empty(), "a day later it is another operation");

    let later = late.plus(LATER);
    f.sign_in(ann.login(2, later)).await;
    f.revoke_mass(revoke_mass(tenant("acme"), later, 1)).await.expect("again");
    assert_eq!(f.live_sessions(&ann, later).await, [ann.session_id(2)], "which is remembered, too");
}

pub async fn it_is_one_event_however_many_buckets_take_part(f: StoreFixture) {
    f.revoke_mass(revoke_mass(tenant("acme"), NOW, 1)).await.expect("revoke a tenant");
    f.revoke_mass(revoke_mass(tenant("acme"), NOW, 1)).await.expect("again");

    let [event] = &f.drain().await[..] else { panic!("not one event") };
    assert_eq!((event.id, event.kind), (EventId([1; 16]), EventKind::RevokedAll));
    assert_eq!((event.at, &event.cause), (NOW, &cause("incident 1")));
    assert_eq!(event.subject, EventSubject::Scope(tenant("acme")));
}

/// The audit database ends every session that was stored before the event's time, so each further event must be later.
pub async fn the_times_of_a_scope_grow(f: StoreFixture) {
    for operation in 1..=3 {
        f.revoke_mass(revoke_mass(tenant("acme"), NOW, operation)).await.expect("revoke a tenant");
    }
    f.revoke_mass(revoke_mass(RevocationScope::Everyone, NOW, 4)).await.expect("revoke everyone");
    let mut times: Vec<_> = f.drain().await.into_iter().map(|event| (event.id.0[0], event.at)).collect();
    times.sort_unstable();
    let later = |millis| after(Duration::from_millis(millis));
    assert_eq!(times, [(1, NOW), (2, later(1)), (3, later(2)), (4, NOW)]);
}

pub async fn a_sweep_ends_the_sessions_with_its_time_and_cause(f: StoreFixture) {
    let users = [9, 9, 77].map(|bucket| TestUser::with_tenant("acme", "ann").in_bucket(bucket));
    let users: Vec<_> = users
        .into_iter()
        .enumerate()
        .map(|(n, mut user)| {
            user.handle.0[1] = u8::try_from(n).expect("a small number");
            user
        })
        .collect();
    for user in &users {
        f.sign_in(user.login(1, NOW)).await;
    }
    f.revoke_mass(revoke_mass(tenant("acme"), after(LATER), 1)).await.expect("revoke a tenant");
    f.drain().await;

    let mut ended = end_summaries(&f.sweep_all(after(LATER * 2)).await);
    ended.sort_unstable_by_key(|(id, ..)| *id);
    let mut expected: Vec<_> =
        users.iter().map(|user| (user.session_id(1), EndReason::RevokedAll, after(LATER))).collect();
    expected.sort_unstable_by_key(|(id, ..)| *id);
    assert_eq!(ended, expected);
    assert_eq!(f.drain().await, [], "the revocation event covers them");
    let LoadOutcome::Ended(tombstone) = f.load(users[0].session_id(1)).await.expect("load") else {
        panic!("not remembered");
    };
    assert_eq!((tombstone.at, tombstone.cause), (after(LATER), cause("incident 1")));
}

/// A session with later activity may have been stored after the revocation, so its end has a separate event.
pub async fn a_session_that_may_be_of_after_its_time_ends_with_an_event_of_its_own(f: StoreFixture) {
    let [ann, bob] = ["ann", "bob"].map(|name| TestUser::new(name).in_bucket(9));
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(bob.login(1, after(LATER))).await;
    f.revoke_mass(revoke_mass(tenant("acme"), after(LATER), 1)).await.expect("revoke a tenant");
    f.drain().await;

    let swept = f.sweep(ann.bucket(), after(LATER), 100).await.expect("sweep");
    assert_eq!((swept.ended.len(), swept.events), (2, 1));
    let [event] = &f.drain().await[..] else { panic!("not one event") };
    assert_eq!(event.kind, EventKind::Ended(EndReason::RevokedAll));
    assert_eq!((session_of(event), event.at), (Some(bob.session_id(1)), after(LATER)));
    assert_eq!(event.cause, cause("incident 1"));
}

/// A session that another operation ends before the sweep has an event with the cause of the revocation.
pub async fn a_session_that_is_ended_on_the_way_has_an_event_with_its_cause(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.revoke_mass(revoke_mass(RevocationScope::Everyone, after(LATER), 1)).await.expect("revoke everyone");
    f.drain().await;
    assert!(f.live_sessions(&ann, after(LATER * 2)).await.is_empty());
    let [event] = &f.drain().await[..] else { panic!("not one event") };
    assert_eq!((event.kind, event.at), (EventKind::Ended(EndReason::RevokedAll), after(LATER)));
    assert_eq!(event.cause, cause("incident 1"));
}

/// This also holds if the time of the revocation is that of a server whose clock is ahead.
pub async fn a_session_of_after_is_never_stored_before_its_time(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.revoke_mass(revoke_mass(tenant("acme"), after(LATER), 1)).await.expect("revoke a tenant");
    f.drain().await;
    let mut login = ann.login(1, NOW);
    login.authenticated_at = None;
    let created = f.create(login).await.expect("create");
    assert!(matches!(created, CreateOutcome::Created { .. }), "{created:?}");
    let [event] = &f.drain().await[..] else { panic!("not one event") };
    assert_eq!((event.kind, event.at), (EventKind::Created, after(LATER + Duration::from_millis(1))));
    assert_eq!(f.live_sessions(&ann, after(LATER)).await, [ann.session_id(1)]);
}

/// A pass through the users of a bucket finishes however often a mass revocation is requested meanwhile.
pub async fn a_walk_ends_though_its_scope_is_revoked_again_and_again(f: StoreFixture) {
    // With this many users, Redis does not store them in one compact object, which it would return as a whole.
    let users: Vec<_> = (0..150).map(|n| TestUser::new(&format!("user {n}")).in_bucket(9)).collect();
    for user in &users {
        f.sign_in(user.login(1, NOW)).await;
    }
    let (mut ended, mut walks) = (0, 0);
    for operation in 0..40 {
        let now = after(LATER * (u32::from(operation) + 1));
        f.revoke_mass(revoke_mass(tenant("acme"), now, operation)).await.expect("revoke a tenant");
        let swept = f.sweep(users[0].bucket(), now, 10).await.expect("sweep");
        ended += swept.ended.len();
        walks += usize::from(swept.complete_until.is_some());
    }
    assert_eq!(ended, users.len());
    assert!(walks > 0, "no pass finished");
}

/// The time up to which every end has an event is unknown during a pass, and at its end it is the start of the pass.
pub async fn a_bucket_is_complete_as_of_the_start_of_a_walk(f: StoreFixture) {
    let users: Vec<_> = (0..200).map(|n| TestUser::new(&format!("user {n}")).in_bucket(9)).collect();
    for user in &users {
        f.sign_in(user.login(1, NOW)).await;
    }
    let begun = after(LATER);
    f.revoke_mass(revoke_mass(tenant("acme"), begun, 1)).await.expect("revoke a tenant");
    let mut steps = 0;
    loop {
        let now = begun.plus(Duration::from_secs(steps));
        let swept = f.sweep(users[0].bucket(), now, 10).await.expect("sweep");
        if !swept.has_more {
            assert_eq!(swept.complete_until, Some(begun));
            break;
        }
        assert_eq!(swept.complete_until, None);
        steps += 1;
    }
    assert!(steps > 1, "the pass must take several steps");
}

pub async fn nothing_acts_on_what_it_ended(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let creation = ann.login(1, NOW).requested_as(1);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    f.revoke_mass(revoke_mass(tenant("acme"), after(LATER), 1)).await.expect("revoke a tenant");
    let now = after(LATER * 2);

    let touch = Touch { session_id: ann.session_id(1), at: now };
    f.touch(&[touch]).await.expect("touch");
    assert_eq!(f.update(rename(&session, now)).await.expect("update"), UpdateOutcome::NotFound);
    assert_eq!(f.revoke(revoke(ann.session_id(1), now)).await.expect("revoke"), []);
    let repeat = f.create(ann.login(2, now).requested_as(1)).await.expect("create");
    assert_eq!(repeat, CreateOutcome::RepeatedEnded);
    assert!(f.live_sessions(&ann, now).await.is_empty());
    assert_eq!(f.expect_tombstone(ann.session_id(1)).await, (EndReason::RevokedAll, after(LATER)));
}

pub async fn what_was_over_before_keeps_its_own_reason(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.revoke_mass(revoke_mass(RevocationScope::Everyone, after(LIFETIME + LATER), 1)).await.expect("revoke everyone");
    f.sweep_all(after(LIFETIME + LATER)).await;
    assert_eq!(f.expect_tombstone(ann.session_id(1)).await, (EndReason::IdleTimeout, after(IDLE)));
}

pub async fn of_two_since_the_login_the_latest_is_reported(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.revoke_mass(revoke_mass(tenant("acme"), after(LATER), 1)).await.expect("revoke a tenant");
    f.revoke_mass(revoke_mass(RevocationScope::Everyone, after(LATER * 2), 2)).await.expect("revoke everyone");

    assert_eq!(mass_revoked(&f, &ann, 1).await, Some((after(LATER * 2), cause("incident 2"))));
    f.sweep_all(after(LATER * 3)).await;
    assert_eq!(f.expect_tombstone(ann.session_id(1)).await, (EndReason::RevokedAll, after(LATER * 2)));
}

pub async fn an_updated_session_is_ended_too(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let creation = ann.login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    f.update(rename(&session, NOW)).await.expect("update");
    f.revoke_mass(revoke_mass(tenant("acme"), after(LATER), 1)).await.expect("revoke a tenant");
    assert!(f.live_sessions(&ann, after(LATER)).await.is_empty());
}
