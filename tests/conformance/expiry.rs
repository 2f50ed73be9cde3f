//! Sessions end when their time is up, whether or not anything has processed it.

use std::time::Duration;

use session_authority::domain::{EndReason, EventKind};
use session_authority::store::{SessionCreation, Touch, UpdateOutcome};

use super::fixture::{StoreFixture, count_endings, event_kinds, session_of};
use super::operations::{rename, revoke, revoke_all};
use super::users::{CreationExt, IDLE, LIFETIME, MARGIN, NOW, TestUser, after};

const MS: Duration = Duration::from_millis(1);

/// Makes activity of the session be written at once, so that it has no idle margin.
fn strict(creation: SessionCreation) -> SessionCreation {
    let mut strict = creation;
    strict.session.clock.idle_margin = Duration::ZERO;
    strict
}

/// Makes the session be used until shortly before its deadline.
fn busy(creation: SessionCreation) -> SessionCreation {
    let mut busy = creation;
    busy.session.clock.last_active = busy.session.clock.expires_at.minus(Duration::from_mins(1));
    busy
}

pub async fn an_idle_session_lives_until_timeout_and_margin_have_passed(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;

    assert_eq!(f.live_sessions(&ann, after(IDLE + MARGIN)).await, [ann.session_id(1)]);
    assert!(f.live_sessions(&ann, after(IDLE + MARGIN + MS)).await.is_empty());
    assert_eq!(f.expect_tombstone(ann.session_id(1)).await, (EndReason::IdleTimeout, after(IDLE)));
}

pub async fn without_a_margin_an_idle_session_lives_until_its_timeout_has_passed(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(strict(ann.login(1, NOW))).await;

    assert_eq!(f.live_sessions(&ann, after(IDLE)).await, [ann.session_id(1)]);
    assert!(f.live_sessions(&ann, after(IDLE + MS)).await.is_empty());
    assert_eq!(f.expect_tombstone(ann.session_id(1)).await, (EndReason::IdleTimeout, after(IDLE)));
}

pub async fn however_busy_a_session_is_over_at_its_deadline(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(busy(ann.login(1, NOW))).await;

    assert_eq!(f.live_sessions(&ann, after(LIFETIME).minus(MS)).await, [ann.session_id(1)]);
    assert!(f.live_sessions(&ann, after(LIFETIME)).await.is_empty());
    assert_eq!(f.expect_tombstone(ann.session_id(1)).await, (EndReason::Expired, after(LIFETIME)));
}

pub async fn without_an_idle_timeout_only_the_deadline_counts(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let mut creation = ann.login(1, NOW);
    creation.session.clock.idle_timeout = Duration::ZERO;
    f.sign_in(creation).await;

    assert_eq!(f.live_sessions(&ann, after(LIFETIME).minus(MS)).await, [ann.session_id(1)]);
    assert!(f.live_sessions(&ann, after(LIFETIME)).await.is_empty());
}

pub async fn a_list_ends_what_is_over_with_one_event_each(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(busy(ann.login(2, NOW))).await;
    f.drain().await;

    let now = after(LIFETIME).minus(MS);
    assert_eq!(f.live_sessions(&ann, now).await, [ann.session_id(2)]);
    assert_eq!(f.live_sessions(&ann, now).await, [ann.session_id(2)]);
    let events = f.drain().await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(session_of(&events[0]), Some(ann.session_id(1)));
    assert_eq!(events[0].kind, EventKind::Ended(EndReason::IdleTimeout));
    assert_eq!(events[0].at, after(IDLE));
}

pub async fn what_is_over_takes_no_room_and_is_ended_for_its_own_reason(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.drain().await;

    let now = after(IDLE + MARGIN + MS);
    f.sign_in(ann.login(2, now).refused_over(1)).await;
    let events = f.drain().await;
    assert_eq!(event_kinds(&events, ann.session_id(1)), [EventKind::Ended(EndReason::IdleTimeout)]);
    assert_eq!(f.expect_tombstone(ann.session_id(1)).await, (EndReason::IdleTimeout, after(IDLE)));
    assert_eq!(f.live_sessions(&ann, now).await, [ann.session_id(2)]);
}

pub async fn what_is_over_is_not_replaced_by_a_login_on_its_device(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW).on_device("phone")).await;

    f.sign_in(ann.login(2, after(LIFETIME)).on_device("phone")).await;
    assert_eq!(f.expect_tombstone(ann.session_id(1)).await.0, EndReason::IdleTimeout);
}

pub async fn what_is_over_cannot_be_revoked(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW).on_device("phone")).await;
    f.sign_in(ann.login(2, NOW).on_device("phone of old")).await;
    f.drain().await;

    let now = after(LIFETIME);
    assert_eq!(f.revoke(revoke(ann.session_id(1), now)).await.expect("revoke"), []);
    assert!(f.revoke_all(revoke_all(&ann, now, 1)).await.expect("revoke all").session_ids.is_empty());
    assert_eq!(f.expect_tombstone(ann.session_id(1)).await, (EndReason::IdleTimeout, after(IDLE)));
    assert_eq!(count_endings(&f.drain().await, EndReason::IdleTimeout), 2);
}

pub async fn what_is_over_cannot_be_updated(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let creation = ann.login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;

    assert_eq!(f.update(rename(&session, after(LIFETIME))).await.expect("update"), UpdateOutcome::NotFound);
}

pub async fn a_touch_that_was_on_its_way_keeps_the_session(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    let last = after(IDLE + MARGIN);

    let touch = Touch { session_id: ann.session_id(1), at: last };
    let now = after(IDLE + MARGIN + MS);
    let sessions = f.list(&ann.owner, ann.handle, &[touch], now).await.expect("list");
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].clock.last_active, last);
}

pub async fn a_touch_after_the_end_brings_nothing_back(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(busy(ann.login(2, NOW))).await;
    let late = after(IDLE + MARGIN + MS);

    let touch = Touch { session_id: ann.session_id(1), at: late };
    assert_eq!(f.touch(&[touch]).await.expect("touch"), [None]);
    assert_eq!(f.live_sessions(&ann, late).await, [ann.session_id(2)]);
    let touch = Touch { session_id: ann.session_id(2), at: after(LIFETIME) };
    assert_eq!(f.touch(&[touch]).await.expect("touch"), [None]);
}

pub async fn a_late_touch_with_a_list_or_a_create_brings_nothing_back(f: StoreFixture) {
    let [ann, bob] = ["ann", "bob"].map(TestUser::new);
    let late = after(IDLE + MARGIN + MS);
    let touch = |user: &TestUser| Touch { session_id: user.session_id(1), at: late };

    f.sign_in(ann.login(1, NOW)).await;
    assert_eq!(f.list(&ann.owner, ann.handle, &[touch(&ann)], late).await.expect("list"), []);
    f.sign_in(bob.login(1, NOW)).await;
    let mut creation = bob.login(2, late);
    creation.touches = vec![touch(&bob)];
    f.sign_in(creation).await;
    assert_eq!(f.live_sessions(&bob, late).await, [bob.session_id(2)]);
}
