//! Rotations of tokens, and tokens that are presented after their rotation.

use std::time::Duration;

use session_authority::domain::event::RevocationScope;
use session_authority::domain::{
    EndReason, EventKind, EventSubject, LostAnswer, PresentedToken, Record, RotationRules, SecretHash, Session,
    SessionId, UnixMillis,
};
use session_authority::store::{
    LoadOutcome, PresentationOutcome, ReuseEnding, SessionEngine, TokenPresentation, TokenReplacement, TokenRotation,
    Touch, UpdateOutcome,
};
use session_authority::{domain::Rotation, store::SessionUpdate};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use super::findings::finding;
use super::fixture::StoreFixture;
use super::operations::{rename, revoke, revoke_all, revoke_mass};
use super::users::{LIFETIME, NOW, TestUser, after, cause};

const GRACE: Duration = Duration::from_secs(10);
/// The last moment at which the grace has not passed.
const WITHIN_GRACE: Duration = Duration::from_millis(9_999);
const LATER: Duration = Duration::from_mins(1);

/// Returns the token `number` of a session. The first one is that of [`TestUser::login`].
pub fn token(session: SessionId, number: u32) -> PresentedToken {
    let id = session.to_bytes();
    let digest =
        if number == 0 { Sha256::digest(id) } else { Sha256::digest([&id[..], &number.to_be_bytes()].concat()) };
    PresentedToken { secret: SecretHash(digest.into()), number }
}

/// Presents token `number` of a session. If it was rotated out, the session ends.
pub fn presentation(session: &Session, number: u32, now: UnixMillis) -> TokenPresentation {
    let mut login = TestUser { owner: session.owner.clone(), handle: session.id.handle }.login(0, now);
    login.session = session.clone();
    let alert = finding(&login, "ROTATED_TOKEN_REUSE", "reuse").alert;
    TokenPresentation {
        now,
        session_id: session.id,
        token: token(session.id, number),
        rotation: None,
        on_reuse: Some(Box::new(ReuseEnding { alert, cause: cause("reused") })),
    }
}

/// Presents token `number` in order to rotate it.
pub fn rotation(session: &Session, number: u32, now: UnixMillis) -> TokenPresentation {
    let successor = token(session.id, number.saturating_add(1)).secret;
    let rules = RotationRules::default();
    TokenPresentation {
        rotation: Some(TokenRotation { successor, rules, cause: cause("rotated") }),
        ..presentation(session, number, now)
    }
}

fn with_rules(mut presentation: TokenPresentation, rules: RotationRules) -> TokenPresentation {
    if let Some(rotation) = &mut presentation.rotation {
        rotation.rules = rules;
    }
    presentation
}

/// Signs ann in at `NOW`. Returns her session.
async fn sign_in(f: &StoreFixture) -> Session {
    let creation = TestUser::new("ann").login(1, NOW);
    let session = creation.session.clone();
    f.sign_in(creation).await;
    f.drain().await;
    session
}

async fn present(f: &StoreFixture, presentation: TokenPresentation) -> PresentationOutcome {
    f.present_token(presentation).await.expect("present")
}

/// Rotates token `number`. Returns the new record.
async fn rotate(f: &StoreFixture, session: &Session, number: u32, now: UnixMillis) -> Record {
    match present(f, rotation(session, number, now)).await {
        PresentationOutcome::Rotated { record, is_new: true, .. } => *record,
        other => panic!("not rotated: {other:?}"),
    }
}

async fn stored_record(f: &dyn SessionEngine, session: &Session) -> Record {
    match f.load(session.id).await.expect("load") {
        LoadOutcome::Found(found) => found.session.record,
        other => panic!("not found: {other:?}"),
    }
}

/// Asserts that the presentation ends the session, with one event, one alert and a tombstone.
async fn assert_ends(f: &StoreFixture, session: &Session, presentation: TokenPresentation) {
    let now = presentation.now;
    f.drain().await;
    let PresentationOutcome::Reused(Some((ending, alerts))) = present(f, presentation.clone()).await else {
        panic!("the session did not end")
    };
    assert_eq!((ending.session_id, ending.reason, ending.at), (session.id, EndReason::TokenReused, now));
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0].rule.as_str(), alerts[0].dedup_count), ("ROTATED_TOKEN_REUSE", 1));
    assert_eq!(alerts[0].group.map(|group| (group.position, group.size)), Some((1, 1)));
    let events = f.drain().await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].kind, events[0].at), (EventKind::Ended(EndReason::TokenReused), now));
    assert_eq!(events[0].cause, cause("reused"));
    assert_eq!(f.expect_tombstone(session.id).await, (EndReason::TokenReused, now));
    assert_eq!(present(f, presentation).await, PresentationOutcome::NotFound);
}

pub async fn a_token_gives_way_to_its_successor_with_one_event(f: StoreFixture) {
    let session = sign_in(&f).await;
    let now = after(LATER);
    let record = rotate(&f, &session, 0, now).await;
    let expected = Record {
        revision: 2,
        secret: token(session.id, 1).secret,
        rotation: Some(Rotation {
            number: 1,
            at: now,
            grace: GRACE,
            is_presented: false,
            accepts_previous: true,
            repeats: true,
            previous: session.record.secret,
            first: session.record.secret,
        }),
        ..session.record.clone()
    };
    assert_eq!(record, expected);
    let LoadOutcome::Found(found) = f.load(session.id).await.expect("load") else { panic!("not found") };
    assert_eq!(found.session.record, expected);
    assert_eq!(found.session.clock.last_active, now, "it counts as activity");
    assert_eq!(found.session.clock.expires_at, session.clock.expires_at, "no deadline moves");
    let events = f.drain().await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].kind, events[0].at, &events[0].cause), (EventKind::Rotated, now, &cause("rotated")));
    assert_eq!(events[0].subject, EventSubject::Session(Box::new(found.session)));
    assert_eq!(f.list(&session.owner, session.id.handle, &[], now).await.expect("list")[0].record, expected);
}

pub async fn fifty_parallel_rotations_give_one_successor(f: StoreFixture) {
    let session = sign_in(&f).await;
    for number in 0..5 {
        let now = after(LATER * (number + 1));
        let mut rotations = JoinSet::new();
        for _ in 0..50 {
            let (store, rotation) = (f.store(), rotation(&session, number, now));
            rotations.spawn(async move { store.present_token(rotation).await.expect("rotate") });
        }
        let mut new = 0;
        for outcome in rotations.join_all().await {
            let PresentationOutcome::Rotated { record, is_new, .. } = outcome else { panic!("{outcome:?}") };
            assert_eq!(record.secret, token(session.id, number + 1).secret);
            new += u32::from(is_new);
        }
        assert_eq!(new, 1);
        assert_eq!(f.drain().await.len(), 1);
    }
    assert_eq!(stored_record(&*f, &session).await.revision, 6);
}

pub async fn a_repeat_changes_nothing(f: StoreFixture) {
    let session = sign_in(&f).await;
    let record = rotate(&f, &session, 0, NOW).await;
    let before = f.keyspace().await;
    for ago in [Duration::ZERO, WITHIN_GRACE, GRACE, LATER] {
        let outcome = present(&f, rotation(&session, 0, after(ago))).await;
        let PresentationOutcome::Rotated { record: repeated, is_new: false, .. } = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(*repeated, record);
    }
    assert_eq!(f.keyspace().await, before);
}

pub async fn the_previous_token_is_accepted_until_its_grace_has_passed(f: StoreFixture) {
    let session = sign_in(&f).await;
    rotate(&f, &session, 0, NOW).await;
    let last = after(WITHIN_GRACE);
    assert_eq!(present(&f, presentation(&session, 0, last)).await, PresentationOutcome::Accepted);
    assert_eq!(present(&f, presentation(&session, 0, after(GRACE))).await, PresentationOutcome::Superseded);
    assert_eq!(present(&f, presentation(&session, 1, NOW)).await, PresentationOutcome::Current);
    assert_eq!(present(&f, presentation(&session, 0, last)).await, PresentationOutcome::Accepted);
    assert_ends(&f, &session, presentation(&session, 0, after(GRACE))).await;
}

pub async fn without_a_grace_the_previous_token_is_reused_at_once(f: StoreFixture) {
    let session = sign_in(&f).await;
    let rules = RotationRules { grace: Duration::ZERO, ..RotationRules::default() };
    present(&f, with_rules(rotation(&session, 0, NOW), rules)).await;
    assert_eq!(present(&f, presentation(&session, 0, NOW)).await, PresentationOutcome::Superseded);
    let repeated = present(&f, with_rules(rotation(&session, 0, NOW), rules)).await;
    assert!(matches!(repeated, PresentationOutcome::Rotated { is_new: false, .. }), "{repeated:?}");
    assert_eq!(present(&f, presentation(&session, 1, NOW)).await, PresentationOutcome::Current);
    assert_ends(&f, &session, presentation(&session, 0, NOW)).await;
}

pub async fn a_lost_response_is_not_repeated_once_the_successor_is_in_use(f: StoreFixture) {
    let session = sign_in(&f).await;
    rotate(&f, &session, 0, NOW).await;
    let repeated = present(&f, rotation(&session, 0, after(LATER))).await;
    assert!(matches!(repeated, PresentationOutcome::Rotated { is_new: false, .. }), "{repeated:?}");
    assert_eq!(present(&f, presentation(&session, 1, after(LATER))).await, PresentationOutcome::Current);
    assert_ends(&f, &session, rotation(&session, 0, after(LATER))).await;
}

pub async fn a_policy_may_refuse_to_repeat_a_lost_response(f: StoreFixture) {
    let session = sign_in(&f).await;
    let rules = RotationRules { lost_answer: LostAnswer::Refuse, ..RotationRules::default() };
    present(&f, with_rules(rotation(&session, 0, NOW), rules)).await;
    let last = after(WITHIN_GRACE);
    let repeated = present(&f, with_rules(rotation(&session, 0, last), rules)).await;
    assert!(matches!(repeated, PresentationOutcome::Rotated { is_new: false, .. }), "{repeated:?}");
    let late = present(&f, with_rules(rotation(&session, 0, after(GRACE)), rules)).await;
    assert_eq!(late, PresentationOutcome::Superseded);
}

pub async fn a_rotation_of_the_successor_shows_that_it_is_in_use(f: StoreFixture) {
    let session = sign_in(&f).await;
    rotate(&f, &session, 0, NOW).await;
    rotate(&f, &session, 1, NOW).await;
    assert_ends(&f, &session, presentation(&session, 0, NOW)).await;
}

pub async fn a_token_of_any_depth_ends_the_session(f: StoreFixture) {
    const DEPTH: u32 = 6;
    for number in 0..DEPTH {
        let ann = TestUser::new(&format!("ann {number}"));
        let creation = ann.login(1, NOW);
        let session = creation.session.clone();
        f.sign_in(creation).await;
        for rotated in 0..DEPTH {
            rotate(&f, &session, rotated, NOW).await;
        }
        present(&f, presentation(&session, DEPTH, NOW)).await;
        assert_ends(&f, &session, presentation(&session, number, after(GRACE))).await;
    }
}

pub async fn what_is_not_provably_a_former_token_changes_nothing(f: StoreFixture) {
    let session = sign_in(&f).await;
    let stranger = SecretHash([9; 32]);
    let strange = |number| TokenPresentation {
        token: PresentedToken { secret: stranger, number },
        ..rotation(&session, number, after(LATER))
    };
    let before = f.keyspace().await;
    assert_eq!(present(&f, strange(0)).await, PresentationOutcome::Unknown);
    assert_eq!(f.keyspace().await, before);

    for number in 0..3 {
        rotate(&f, &session, number, NOW).await;
    }
    present(&f, presentation(&session, 3, NOW)).await;
    let before = f.keyspace().await;
    for number in [0, 2, 3, 4, u32::MAX] {
        assert_eq!(present(&f, strange(number)).await, PresentationOutcome::Unknown, "{number}");
    }
    assert_eq!(f.keyspace().await, before);
    assert_ends(&f, &session, strange(1)).await;
}

pub async fn nothing_ends_unless_the_presentation_says_so(f: StoreFixture) {
    let session = sign_in(&f).await;
    rotate(&f, &session, 0, NOW).await;
    present(&f, presentation(&session, 1, NOW)).await;
    let before = f.keyspace().await;
    let only_asked = TokenPresentation { on_reuse: None, ..presentation(&session, 0, after(LATER)) };
    assert_eq!(present(&f, only_asked).await, PresentationOutcome::Reused(None));
    assert_eq!(f.keyspace().await, before);
}

pub async fn a_first_use_is_stored_once_and_is_no_event(f: StoreFixture) {
    let session = sign_in(&f).await;
    let before = f.keyspace().await;
    assert_eq!(present(&f, presentation(&session, 0, NOW)).await, PresentationOutcome::Current);
    assert_eq!(f.keyspace().await, before, "a session that was never rotated has nothing to store");

    let record = rotate(&f, &session, 0, NOW).await;
    f.drain().await;
    assert_eq!(present(&f, presentation(&session, 1, NOW)).await, PresentationOutcome::Current);
    let used = stored_record(&*f, &session).await;
    let rotation = record.rotation.clone().map(|rotation| Rotation { is_presented: true, ..rotation });
    assert_eq!(used, Record { rotation, ..record });
    let before = f.keyspace().await;
    assert_eq!(present(&f, presentation(&session, 1, after(LATER))).await, PresentationOutcome::Current);
    assert_eq!(f.keyspace().await, before);
    assert!(f.drain().await.is_empty());
}

pub async fn an_update_keeps_token_and_rotation(f: StoreFixture) {
    let session = sign_in(&f).await;
    let read = Session { record: rotate(&f, &session, 0, NOW).await, ..session.clone() };
    present(&f, presentation(&session, 1, NOW)).await;
    let used = stored_record(&*f, &session).await;
    let update = rename(&read, NOW);
    assert_eq!(f.update(update.clone()).await.expect("update"), UpdateOutcome::Updated);
    let expected = Record { rotation: used.rotation, ..update.session.record };
    assert_eq!(stored_record(&*f, &session).await, expected, "what was read before the first use does not undo it");
}

/// Returns an update that replaces the token of `session`.
fn step_up(session: &Session, secret: SecretHash, now: UnixMillis) -> SessionUpdate {
    let before = session.record.rotation.clone();
    let rules = RotationRules::default();
    let rotation = Rotation::after_step_up(before.as_ref(), session.record.secret, now, &rules);
    let mut update = SessionUpdate { new_token: Some(TokenReplacement { before }), ..rename(session, now) };
    update.session.record.secret = secret;
    update.session.record.rotation = Some(rotation);
    update
}

pub async fn an_update_may_replace_the_token_in_the_same_step(f: StoreFixture) {
    let session = sign_in(&f).await;
    let update = step_up(&session, token(session.id, 1).secret, NOW);
    assert_eq!(f.update(update.clone()).await.expect("update"), UpdateOutcome::Updated);
    assert_eq!(stored_record(&*f, &session).await, update.session.record);
    let events = f.drain().await;
    assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [EventKind::Updated]);

    let before = f.keyspace().await;
    for now in [NOW, after(GRACE), after(LATER)] {
        assert_eq!(present(&f, presentation(&session, 0, now)).await, PresentationOutcome::Superseded);
        assert_eq!(
            present(&f, rotation(&session, 0, now)).await,
            PresentationOutcome::Superseded,
            "no way to the rights"
        );
    }
    assert_eq!(f.keyspace().await, before);
    present(&f, presentation(&session, 1, NOW)).await;
    assert_eq!(present(&f, rotation(&session, 0, NOW)).await, PresentationOutcome::Superseded, "on its way");
    assert_ends(&f, &session, rotation(&session, 0, after(GRACE))).await;
}

pub async fn a_replacement_depends_on_the_rotation_that_was_read(f: StoreFixture) {
    let session = sign_in(&f).await;
    let read = Session { record: rotate(&f, &session, 0, NOW).await, ..session.clone() };
    present(&f, presentation(&session, 1, NOW)).await;
    let before = f.keyspace().await;
    let update = step_up(&read, token(session.id, 2).secret, NOW);
    assert_eq!(f.update(update).await.expect("update"), UpdateOutcome::Conflict { current: 2 });
    assert_eq!(f.keyspace().await, before);
}

pub async fn what_is_over_is_not_rotated(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let session = sign_in(&f).await;
    f.revoke(revoke(session.id, NOW)).await.expect("revoke");
    assert_eq!(present(&f, rotation(&session, 0, NOW)).await, PresentationOutcome::NotFound);
    let never = ann.login(7, NOW).session;
    assert_eq!(present(&f, rotation(&never, 0, NOW)).await, PresentationOutcome::NotFound);

    let creation = ann.login(2, NOW);
    let expired = creation.session.clone();
    f.sign_in(creation).await;
    rotate(&f, &expired, 0, NOW).await;
    present(&f, presentation(&expired, 1, NOW)).await;
    f.drain().await;
    assert_eq!(present(&f, rotation(&expired, 0, after(LIFETIME))).await, PresentationOutcome::NotFound);
    let events = f.drain().await;
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Ended(EndReason::IdleTimeout)], "its own reason, not the theft");
}

pub async fn a_rotated_session_is_ended_by_a_mass_revocation(f: StoreFixture) {
    let session = sign_in(&f).await;
    rotate(&f, &session, 0, NOW).await;
    let scope = RevocationScope::Tenant(session.owner.tenant.clone());
    f.revoke_mass(revoke_mass(scope, after(LATER), 1)).await.expect("revoke");
    assert_eq!(present(&f, rotation(&session, 1, after(LATER))).await, PresentationOutcome::NotFound);
    assert_eq!(present(&f, presentation(&session, 0, after(LATER))).await, PresentationOutcome::NotFound);
    assert!(f.live_sessions(&TestUser::new("ann"), after(LATER)).await.is_empty());
}

pub async fn a_rotation_does_not_move_a_session_past_a_mass_revocation(f: StoreFixture) {
    let session = sign_in(&f).await;
    f.revoke_mass(revoke_mass(RevocationScope::Everyone, NOW, 1)).await.expect("revoke");
    assert_eq!(present(&f, rotation(&session, 0, NOW)).await, PresentationOutcome::NotFound);
    let later = TestUser::new("bob").login(1, after(LATER)).session;
    f.sign_in(TestUser::new("bob").login(1, after(LATER))).await;
    rotate(&f, &later, 0, after(LATER)).await;
    f.revoke_mass(revoke_mass(RevocationScope::Everyone, after(LATER), 2)).await.expect("revoke");
    assert_eq!(present(&f, rotation(&later, 1, after(LATER))).await, PresentationOutcome::NotFound);
}

pub async fn the_other_sessions_of_the_user_stay(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let session = sign_in(&f).await;
    f.sign_in(ann.login(2, NOW)).await;
    rotate(&f, &session, 0, NOW).await;
    present(&f, presentation(&session, 1, NOW)).await;
    assert_ends(&f, &session, presentation(&session, 0, after(LATER))).await;
    assert_eq!(f.live_sessions(&ann, after(LATER)).await, [ann.session_id(2)]);
    f.revoke_all(revoke_all(&ann, after(LATER), 1)).await.expect("revoke all");
}

pub async fn a_touch_does_not_undo_a_rotation(f: StoreFixture) {
    let session = sign_in(&f).await;
    let record = rotate(&f, &session, 0, NOW).await;
    f.touch(&[Touch { session_id: session.id, at: after(LATER) }]).await.expect("touch");
    assert_eq!(stored_record(&*f, &session).await, record);
}
