//! The user state at a sign-in, and the history that logins leave.

use std::time::Duration;

use session_authority::domain::{LoginHistory, UnixMillis};
use session_authority::store::{
    CreateOutcome, HistoryUpdate, SessionCreation, SessionRevocation, StoreError, Touch, UserRevocation,
};
use tokio::task::JoinSet;

use super::findings::with_findings;
use super::fixture::StoreFixture;
use super::operations::{revoke, revoke_all};
use super::users::{CreationExt, IDLE, LIFETIME, MARGIN, NOW, TestUser, after};

const HISTORY_RETENTION: Duration = Duration::from_hours(90 * 24);

/// Adds `history` to the login, conditional on version `expected`.
fn with_history(creation: SessionCreation, history: &LoginHistory, expected: Option<u64>) -> SessionCreation {
    let record = &creation.session.record;
    let history = history.clone().with_login(creation.now, &record.location, record.device.tag());
    SessionCreation {
        history: Some(HistoryUpdate { history, expected_version: expected, keep_for: HISTORY_RETENTION }),
        ..creation
    }
}

/// Signs in the user at `now`, after loading the user state.
async fn sign_in(f: &StoreFixture, user: &TestUser, number: u64, now: UnixMillis) {
    let known = f.load_user_state(&user.owner, user.handle, now).await.expect("user state");
    f.sign_in(with_history(user.login(number, now), &known.history, Some(known.version))).await;
}

pub async fn of_a_stranger_nothing_is_known(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let known = f.load_user_state(&ann.owner, ann.handle, NOW).await.expect("user state");
    assert_eq!((known.version, known.history, known.live_sessions), (0, LoginHistory::default(), Vec::new()));
}

pub async fn a_login_is_remembered_with_the_next_version(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in(&f, &ann, 1, NOW).await;
    sign_in(&f, &ann, 2, after(IDLE)).await;

    let known = f.load_user_state(&ann.owner, ann.handle, after(IDLE)).await.expect("user state");
    assert_eq!((known.version, known.history.logins), (2, 2));
    assert_eq!((known.history.first_login, known.history.last_login), (Some(NOW), Some(after(IDLE))));
    assert_eq!(known.history.visits.len(), 2);
    let live: Vec<_> = known.live_sessions.iter().map(|session| session.id).collect();
    assert_eq!(live, [ann.session_id(2), ann.session_id(1)], "most recently active first");
    assert_eq!(known.live_sessions[0], ann.login(2, after(IDLE)).session);
}

pub async fn a_login_that_remembers_nothing_leaves_the_history_alone(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in(&f, &ann, 1, NOW).await;
    f.sign_in(ann.login(2, NOW)).await;
    let known = f.load_user_state(&ann.owner, ann.handle, NOW).await.expect("user state");
    assert_eq!((known.version, known.history.logins, known.live_sessions.len()), (1, 1, 2));
}

pub async fn a_history_that_moved_on_stops_the_login_and_nothing_is_changed(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in(&f, &ann, 1, NOW).await;
    let before = f.keyspace().await;
    for expected in [0, 2] {
        let touch = Touch { session_id: ann.session_id(1), at: after(MARGIN) };
        let login = SessionCreation { touches: vec![touch], ..ann.login(2, after(MARGIN)).limited_to(1) };
        let login = with_history(login, &LoginHistory::default(), Some(expected));
        let outcome = f.create(login.clone()).await.expect("create");
        assert_eq!(outcome, CreateOutcome::HistoryConflict(Box::new(login)));
    }
    assert_eq!(f.keyspace().await, before);

    f.sign_in(with_history(ann.login(2, NOW), &LoginHistory::default(), None)).await;
    let known = f.load_user_state(&ann.owner, ann.handle, NOW).await.expect("user state");
    assert_eq!((known.version, known.history.logins), (2, 1), "overwritten");
}

pub async fn a_refusal_takes_precedence_over_a_history_conflict(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let first = with_history(ann.login(1, NOW).requested_as(1), &LoginHistory::default(), Some(0));
    f.sign_in(first.clone()).await;
    let repeat = f.create(first).await.expect("create");
    assert!(matches!(repeat, CreateOutcome::Repeated { .. }), "{repeat:?}");
    let refused = with_history(ann.login(2, NOW).refused_over(1), &LoginHistory::default(), Some(9));
    assert_eq!(f.create(refused).await.expect("create"), CreateOutcome::LimitReached { live: 1 });
    let known = f.load_user_state(&ann.owner, ann.handle, NOW).await.expect("user state");
    assert_eq!((known.version, known.history.logins), (1, 1), "neither login counts");
}

pub async fn of_parallel_logins_at_one_version_one_is_remembered(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let mut logins = JoinSet::new();
    for number in 0..20 {
        let login = with_history(ann.login(number, NOW).limited_to(256), &LoginHistory::default(), Some(0));
        let store = f.store();
        logins.spawn(async move { store.create(login).await.expect("create") });
    }
    let outcomes = logins.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, CreateOutcome::HistoryConflict(_))).count(), 19);
    assert_eq!(f.live_sessions(&ann, NOW).await.len(), 1);
}

pub async fn what_is_over_is_not_among_the_live_and_is_not_ended(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in(&f, &ann, 1, NOW).await;
    sign_in(&f, &ann, 2, after(IDLE)).await;
    let before = f.keyspace().await;

    let known = f.load_user_state(&ann.owner, ann.handle, after(IDLE + MARGIN + MARGIN)).await.expect("user state");
    let live: Vec<_> = known.live_sessions.iter().map(|session| session.id).collect();
    assert_eq!(live, [ann.session_id(2)]);
    assert_eq!(f.keyspace().await, before, "nothing is written");
}

pub async fn a_history_outlives_the_sessions_and_a_revocation(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in(&f, &ann, 1, NOW).await;
    f.revoke(revoke(ann.session_id(1), NOW)).await.expect("revoke");
    f.revoke_all(revoke_all(&ann, NOW, 1)).await.expect("revoke all");
    f.sweep_all(after(LIFETIME)).await;

    let known = f.load_user_state(&ann.owner, ann.handle, after(LIFETIME)).await.expect("user state");
    assert_eq!((known.version, known.history.logins, known.live_sessions.len()), (1, 1, 0));
}

/// Signs in an intruder from elsewhere, which raises findings.
async fn sign_in_intruder(f: &StoreFixture, user: &TestUser, number: u64, now: UnixMillis) -> CreateOutcome {
    let known = f.load_user_state(&user.owner, user.handle, now).await.expect("user state");
    let login = intruder_login(user.login(number, now));
    let (record, unique) = (&login.session.record, login.session.id.unique);
    let history = known.history.with_unconfirmed(now, &record.location, record.device.tag(), unique);
    let update = HistoryUpdate { history, expected_version: Some(known.version), keep_for: HISTORY_RETENTION };
    let login = with_findings(SessionCreation { history: Some(update), ..login }, &["NEW_COUNTRY"]);
    f.create(login).await.expect("create")
}

fn intruder_login(login: SessionCreation) -> SessionCreation {
    let mut login = login.on_device("burner");
    login.session.record.location.country = "JP".to_owned();
    login.session.record.location.ip = Some("203.0.113.9".parse().expect("an address"));
    login
}

fn compromised_revocation(user: &TestUser, number: u64, now: UnixMillis) -> SessionRevocation {
    SessionRevocation { is_compromised: true, ..revoke(user.session_id(number), now) }
}

fn raised_count(outcome: CreateOutcome) -> usize {
    match outcome {
        CreateOutcome::Created { alerts: raised, .. } => raised.len(),
        other => panic!("not created: {other:?}"),
    }
}

pub async fn a_compromised_session_is_taken_out_of_the_history_and_its_alerts_are_raised_again(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in(&f, &ann, 1, NOW).await;
    let before = f.load_user_state(&ann.owner, ann.handle, NOW).await.expect("user state");
    assert_eq!(raised_count(sign_in_intruder(&f, &ann, 2, after(MARGIN)).await), 1);
    let waiting = f.load_user_state(&ann.owner, ann.handle, after(MARGIN)).await.expect("user state");
    assert_eq!((waiting.version, waiting.history.unconfirmed.len()), (2, 1));

    f.revoke(compromised_revocation(&ann, 2, after(MARGIN))).await.expect("revoke");
    let known = f.load_user_state(&ann.owner, ann.handle, after(MARGIN)).await.expect("user state");
    assert_eq!((known.version, known.history), (3, before.history), "a login in progress must load the history again");
    assert_eq!(
        raised_count(sign_in_intruder(&f, &ann, 3, after(MARGIN * 2)).await),
        1,
        "although the same one was raised before"
    );
    assert_eq!(
        raised_count(sign_in_intruder(&f, &ann, 4, after(MARGIN * 2)).await),
        0,
        "the previous login was not objected to"
    );
}

/// The counterpart: the effect of an ordinary revocation.
pub async fn a_revoked_session_is_not_taken_out_of_the_history(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in(&f, &ann, 1, NOW).await;
    sign_in_intruder(&f, &ann, 2, after(MARGIN)).await;
    let before = f.load_user_state(&ann.owner, ann.handle, after(MARGIN)).await.expect("user state");
    f.revoke(revoke(ann.session_id(2), after(MARGIN))).await.expect("revoke");
    f.revoke_all(revoke_all(&ann, after(MARGIN), 1)).await.expect("revoke all");
    let known = f.load_user_state(&ann.owner, ann.handle, after(MARGIN)).await.expect("user state");
    assert_eq!((known.version, known.history), (before.version, before.history));
    assert_eq!(raised_count(sign_in_intruder(&f, &ann, 3, after(MARGIN * 2)).await), 0);
}

pub async fn a_compromised_session_that_was_learned_from_is_taken_out_as_well(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in(&f, &ann, 1, NOW).await;
    let login = intruder_login(ann.login(2, after(IDLE)));
    let (country, device) = (*b"JP", login.session.record.device.tag());
    let known = f.load_user_state(&ann.owner, ann.handle, after(IDLE)).await.expect("user state");
    f.sign_in(with_history(login, &known.history, Some(known.version))).await;

    f.revoke(compromised_revocation(&ann, 2, after(IDLE))).await.expect("revoke");
    let known = f.load_user_state(&ann.owner, ann.handle, after(IDLE)).await.expect("user state");
    assert!(!known.history.countries.contains(country) && !known.history.knows_device(device), "{known:?}");
    assert_eq!(known.history.visits.len(), 1);
    assert!(known.history.knows_device(ann.login(1, NOW).session.record.device.tag()), "the device was known before");

    sign_in(&f, &ann, 3, after(IDLE + MARGIN)).await;
    let known = f.load_user_state(&ann.owner, ann.handle, after(IDLE + MARGIN)).await.expect("user state");
    assert!(!known.history.countries.contains(country), "the next login has updated the history");

    let again = intruder_login(ann.login(4, after(IDLE + MARGIN)));
    f.sign_in(with_history(again, &known.history, Some(known.version))).await;
    let known = f.load_user_state(&ann.owner, ann.handle, after(IDLE + MARGIN)).await.expect("user state");
    assert!(known.history.countries.contains(country) && known.history.knows_device(device), "a later login counts");
}

pub async fn everything_unconfirmed_goes_with_a_compromised_user(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in(&f, &ann, 1, NOW).await;
    let before = f.load_user_state(&ann.owner, ann.handle, NOW).await.expect("user state");
    sign_in_intruder(&f, &ann, 2, after(MARGIN)).await;
    f.revoke(revoke(ann.session_id(2), after(MARGIN))).await.expect("revoke");
    let all = UserRevocation { is_compromised: true, ..revoke_all(&ann, after(MARGIN), 1) };
    f.revoke_all(all).await.expect("revoke all");

    let known = f.load_user_state(&ann.owner, ann.handle, after(MARGIN)).await.expect("user state");
    assert_eq!(known.history, before.history);
    assert_eq!(raised_count(sign_in_intruder(&f, &ann, 3, after(MARGIN * 2)).await), 1);
}

pub async fn a_login_at_home_stays_when_the_attack_seconds_later_is_objected_to_twice(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in(&f, &ann, 1, NOW).await;
    let before = f.load_user_state(&ann.owner, ann.handle, NOW).await.expect("user state");
    let later = after(Duration::from_secs(1));
    sign_in_intruder(&f, &ann, 2, later).await;
    f.revoke(compromised_revocation(&ann, 2, later)).await.expect("revoke");
    let all = UserRevocation { is_compromised: true, ..revoke_all(&ann, later, 1) };
    f.revoke_all(all).await.expect("revoke all");
    let known = f.load_user_state(&ann.owner, ann.handle, later).await.expect("user state");
    assert_eq!(known.history, before.history);
}

pub async fn a_compromised_user_without_a_history_leaves_no_trace_of_one(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.revoke(compromised_revocation(&ann, 1, NOW)).await.expect("revoke");
    let all = UserRevocation { is_compromised: true, ..revoke_all(&ann, NOW, 1) };
    f.revoke_all(all).await.expect("revoke all");
    let known = f.load_user_state(&ann.owner, ann.handle, NOW).await.expect("user state");
    assert_eq!((known.version, known.history), (0, LoginHistory::default()));
}

pub async fn users_of_one_handle_do_not_get_to_know_each_other(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in(&f, &ann, 1, NOW).await;
    let bob = TestUser { handle: ann.handle, ..TestUser::new("bob") };
    let refused = f.load_user_state(&bob.owner, bob.handle, NOW).await.expect_err("another owner");
    assert!(matches!(refused, StoreError::HandleCollision), "{refused}");
}
