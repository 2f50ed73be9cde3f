//! Concurrent operations have the same effect as sequential ones.

use std::sync::Arc;
use std::time::Duration;

use session_authority::domain::{EndReason, Event, EventKind, UnixMillis};
use session_authority::store::{CreateOutcome, PresentationOutcome, SessionEngine, Touch, UpdateOutcome};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::fixture::{StoreFixture, event_kinds, session_of};
use super::operations::{rename, revoke, revoke_all};
use super::rotation::{presentation, rotation};
use super::users::{CreationExt, NOW, TestUser, after};

/// Number of races between two parties.
const ROUNDS: u64 = 200;
const LATER: Duration = Duration::from_mins(1);

/// Runs `act` and revokes all sessions of `user` at the same time. Returns the result of `act`.
async fn race_revoke_all<T, F>(f: &StoreFixture, user: &TestUser, act: impl FnOnce(Arc<dyn SessionEngine>) -> F) -> T
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let start = Arc::new(Barrier::new(2));
    let mut revoking = JoinSet::new();
    let (store, revocation, ready) = (f.store(), revoke_all(user, after(LATER), 1), Arc::clone(&start));
    revoking.spawn(async move {
        ready.wait().await;
        store.revoke_all(revocation).await.expect("revoke all")
    });
    let acting = act(f.store());
    let mut racing = JoinSet::new();
    racing.spawn(async move {
        start.wait().await;
        acting.await
    });
    revoking.join_all().await;
    racing.join_all().await.pop().expect("an outcome")
}

/// Asserts that no session is active and that every session has ended once.
async fn assert_all_ended(f: &StoreFixture, user: &TestUser, events: &[Event]) {
    assert!(f.live_sessions(user, after(LATER)).await.is_empty());
    let begun = events.iter().filter(|event| event.kind == EventKind::Created);
    for id in begun.filter_map(session_of) {
        let story = event_kinds(events, id);
        assert_eq!(story.last(), Some(&EventKind::Ended(EndReason::RevokedAll)), "{story:?}");
        assert_eq!(story.iter().filter(|kind| matches!(kind, EventKind::Ended(_))).count(), 1);
    }
}

pub async fn a_login_proven_before_does_not_survive_revoking_all(f: StoreFixture) {
    for round in 0..ROUNDS {
        let ann = TestUser::new(&format!("ann {round}"));
        f.sign_in(ann.login(1, NOW)).await;
        let mut login = ann.login(2, after(LATER));
        login.authenticated_at = Some(NOW);
        let outcome = race_revoke_all(&f, &ann, |store| async move { store.create(login).await }).await;
        match outcome.expect("create") {
            CreateOutcome::Created { .. } => {}
            CreateOutcome::AuthenticatedBeforeRevocation { floor } => assert_eq!(floor, after(LATER)),
            other => panic!("{other:?}"),
        }
        let events = f.drain().await;
        assert_all_ended(&f, &ann, &events).await;
    }
}

pub async fn an_update_brings_nothing_back_that_was_revoked(f: StoreFixture) {
    for round in 0..ROUNDS {
        let ann = TestUser::new(&format!("ann {round}"));
        let creation = ann.login(1, NOW);
        let update = rename(&creation.session, after(LATER));
        f.sign_in(creation).await;
        let outcome = race_revoke_all(&f, &ann, |store| async move { store.update(update).await }).await;
        let events = f.drain().await;
        let updated = event_kinds(&events, ann.session_id(1)).contains(&EventKind::Updated);
        match outcome.expect("update") {
            UpdateOutcome::Updated => assert!(updated),
            UpdateOutcome::NotFound => assert!(!updated),
            other @ UpdateOutcome::Conflict { .. } => panic!("{other:?}"),
        }
        assert_all_ended(&f, &ann, &events).await;
    }
}

pub async fn a_touch_brings_nothing_back_that_was_revoked(f: StoreFixture) {
    for round in 0..ROUNDS {
        let ann = TestUser::new(&format!("ann {round}"));
        f.sign_in(ann.login(1, NOW)).await;
        let touch = Touch { session_id: ann.session_id(1), at: after(LATER) };
        let answers = race_revoke_all(&f, &ann, |store| async move {
            let touched = store.touch(&[touch]).await.expect("touch");
            (touched, store.touch(&[touch]).await.expect("touch"))
        })
        .await;
        let gone_between = answers.0 == [None];
        assert!(!gone_between || answers.1 == [None], "{answers:?}");
        let events = f.drain().await;
        assert_all_ended(&f, &ann, &events).await;
        assert_eq!(f.touch(&[touch]).await.expect("touch"), [None]);
    }
}

pub async fn a_rotation_brings_nothing_back_that_was_revoked(f: StoreFixture) {
    for round in 0..ROUNDS {
        let ann = TestUser::new(&format!("ann {round}"));
        let creation = ann.login(1, NOW);
        let rotation = rotation(&creation.session, 0, after(LATER));
        f.sign_in(creation).await;
        let outcome = race_revoke_all(&f, &ann, |store| async move { store.present_token(rotation).await }).await;
        let events = f.drain().await;
        let rotated = event_kinds(&events, ann.session_id(1)).contains(&EventKind::Rotated);
        match outcome.expect("rotate") {
            PresentationOutcome::Rotated { is_new: true, .. } => assert!(rotated),
            PresentationOutcome::NotFound => assert!(!rotated),
            other => panic!("{other:?}"),
        }
        assert_all_ended(&f, &ann, &events).await;
    }
}

/// One client rotates the current token, while another presents a token that was rotated out long ago.
pub async fn of_rotation_and_reuse_at_once_one_comes_first(f: StoreFixture) {
    for round in 0..ROUNDS {
        let ann = TestUser::new(&format!("ann {round}"));
        let creation = ann.login(1, NOW);
        let session = creation.session.clone();
        f.sign_in(creation).await;
        for number in 0..2 {
            f.present_token(rotation(&session, number, NOW)).await.expect("rotate");
        }
        let mut racing = JoinSet::new();
        for presentation in [rotation(&session, 2, after(LATER)), presentation(&session, 0, after(LATER))] {
            let store = f.store();
            racing.spawn(async move { store.present_token(presentation).await.expect("present") });
        }
        let outcomes = racing.join_all().await;
        let ended = |outcome: &PresentationOutcome| matches!(outcome, PresentationOutcome::Reused(Some(_)));
        assert_eq!(outcomes.iter().filter(|outcome| ended(outcome)).count(), 1, "{outcomes:?}");
        let events = f.drain().await;
        let story = event_kinds(&events, session.id);
        assert_eq!(story.last(), Some(&EventKind::Ended(EndReason::TokenReused)), "{story:?}");
        assert_eq!(f.expect_tombstone(session.id).await.0, EndReason::TokenReused);
    }
}

pub async fn a_login_proven_afterwards_survives_revoking_all_or_is_revoked_by_it(f: StoreFixture) {
    for round in 0..ROUNDS {
        let ann = TestUser::new(&format!("ann {round}"));
        let login = ann.login(1, after(LATER + Duration::from_millis(1)));
        let outcome = race_revoke_all(&f, &ann, |store| async move { store.create(login).await }).await;
        assert!(matches!(outcome.expect("create"), CreateOutcome::Created { .. }));
        let events = f.drain().await;
        let ended = event_kinds(&events, ann.session_id(1)).len() > 1;
        assert_eq!(f.live_sessions(&ann, after(LATER)).await.is_empty(), ended);
    }
}

pub async fn of_two_parallel_updates_one_is_a_conflict(f: StoreFixture) {
    for round in 0..ROUNDS {
        let ann = TestUser::new(&format!("ann {round}"));
        let creation = ann.login(1, NOW);
        let update = rename(&creation.session, after(LATER));
        f.sign_in(creation).await;
        let mut updates = JoinSet::new();
        for _ in 0..2 {
            let (store, update) = (f.store(), update.clone());
            updates.spawn(async move { store.update(update).await.expect("update") });
        }
        let outcomes = updates.join_all().await;
        assert!(outcomes.contains(&UpdateOutcome::Updated), "{outcomes:?}");
        assert!(outcomes.contains(&UpdateOutcome::Conflict { current: 2 }), "{outcomes:?}");
    }
}

pub async fn of_many_parallel_revocations_one_ends_the_session(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for number in 0..20 {
        f.sign_in(ann.login(number, NOW)).await;
        f.drain().await;
        let mut revocations = JoinSet::new();
        for _ in 0..10 {
            let (store, revocation) = (f.store(), revoke(ann.session_id(number), NOW));
            revocations.spawn(async move { store.revoke(revocation).await.expect("revoke").len() });
        }
        assert_eq!(revocations.join_all().await.iter().sum::<usize>(), 1);
        assert_eq!(f.drain().await.len(), 1);
    }
}

pub async fn a_repeated_operation_acts_once_however_parallel(f: StoreFixture) {
    for round in 0..20 {
        let ann = TestUser::new(&format!("ann {round}"));
        f.sign_in(ann.login(1, NOW)).await;
        f.drain().await;
        let mut revocations = JoinSet::new();
        for _ in 0..10 {
            let (store, revocation) = (f.store(), revoke_all(&ann, after(LATER), 1));
            revocations.spawn(async move { store.revoke_all(revocation).await.expect("revoke") });
        }
        for revoked in revocations.join_all().await {
            assert_eq!(revoked.session_ids, [ann.session_id(1)]);
        }
        assert_eq!(f.drain().await.len(), 2);
    }
}

pub async fn sweeping_and_signing_in_do_not_disturb_each_other(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let mut acts = JoinSet::new();
    for number in 0..100 {
        let (store, ann) = (f.store(), ann.clone());
        acts.spawn(async move {
            let now = step(number);
            let bucket = ann.bucket();
            if number % 2 == 0 {
                let mut login = ann.login(number, now).limited_to(256);
                login.session.clock.expires_at = now.plus(Duration::from_secs(5));
                store.create(login).await.map(|_| ())
            } else {
                store.sweep(bucket, now, 10).await.map(|_| ())
            }
        });
    }
    for outcome in acts.join_all().await {
        outcome.expect("create or sweep");
    }
    f.sweep_all(step(1_000)).await;
    let events = f.drain().await;
    assert_eq!(events.len(), 100);
    for number in (0..100).step_by(2) {
        let expected = [EventKind::Created, EventKind::Ended(EndReason::Expired)];
        assert_eq!(event_kinds(&events, ann.session_id(number)), expected);
    }
}

fn step(number: u64) -> UnixMillis {
    after(Duration::from_secs(number))
}
