//! The answers to alerts.

use std::time::Duration;

use session_authority::domain::alert::{AcknowledgedAlert, Alert, AlertGroupPosition, AlertId, AlertVerdict};
use session_authority::domain::event::RevocationScope;
use session_authority::domain::{EndReason, EventId, EventKind, EventSubject, LoginHistory, SessionId, UnixMillis};
use session_authority::store::{AlertAnswer, AnswerOutcome, CreateOutcome, HistoryUpdate, SessionCreation, StoreError};

use super::findings::{finding, with_findings};
use super::fixture::{StoreFixture, end_summaries};
use super::operations::forget;
use super::users::{LIFETIME, NOW, TestUser, after, cause};

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
const WAS_ME: AlertVerdict = AlertVerdict::WasMe;
const WAS_NOT_ME: AlertVerdict = AlertVerdict::WasNotMe { ends_all: false };
const END_ALL: AlertVerdict = AlertVerdict::WasNotMe { ends_all: true };

/// Returns an answer to alert `number`, which is about session `number` of the user. It overwrites the history.
fn answer(user: &TestUser, number: u8, verdict: AlertVerdict, now: UnixMillis) -> AlertAnswer {
    let session = user.session_id(number.into());
    let alert = finding(&user.login(number.into(), now), "NEW_COUNTRY", "NEW_COUNTRY").alert;
    AlertAnswer {
        now,
        owner: user.owner.clone(),
        handle: user.handle,
        acknowledged: AcknowledgedAlert { alert: AlertId([number; 16]), verdict },
        session: Some(session),
        history: HistoryUpdate {
            history: LoginHistory { logins: number.into(), last_login: Some(NOW), ..LoginHistory::default() },
            expected_version: None,
            keep_for: LIFETIME,
        },
        alert,
        revocation: EventId([200; 16]),
        cause: cause("answered"),
    }
}

/// Signs the user in on three sessions, oldest first.
async fn sign_in_three_times(f: &StoreFixture, user: &TestUser) {
    for number in 1..=3 {
        f.sign_in(user.login(number, after(Duration::from_secs(number)))).await;
    }
    f.drain().await;
}

/// Gives an answer that must be recorded. Returns the sessions that it ended.
async fn record(f: &StoreFixture, answer: AlertAnswer) -> Vec<SessionId> {
    let grouped = Alert { group: Some(AlertGroupPosition { position: 1, size: 1 }), ..answer.alert.clone() };
    match f.answer_alert(answer).await.expect("an outcome") {
        AnswerOutcome::Recorded { ended, alerts } => {
            assert_eq!(alerts, [grouped], "it is raised as the only alert of its group");
            end_summaries(&ended).into_iter().map(|(id, ..)| id).collect()
        }
        other => panic!("not recorded: {other:?}"),
    }
}

async fn history(f: &StoreFixture, user: &TestUser, now: UnixMillis) -> LoginHistory {
    f.load_user_state(&user.owner, user.handle, now).await.expect("user state").history
}

pub async fn an_answer_of_the_user_is_recorded_and_ends_nothing(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in_three_times(&f, &ann).await;
    let now = after(MINUTE);
    let given = answer(&ann, 2, WAS_ME, now);
    assert!(record(&f, given.clone()).await.is_empty());

    assert_eq!(f.live_sessions(&ann, now).await.len(), 3);
    assert_eq!(history(&f, &ann, now).await.logins, 2, "the history that the answer brings");
    let events = f.drain().await;
    let [event] = events.as_slice() else { panic!("one event, not {events:?}") };
    let expected = EventSubject::Acknowledgement {
        owner: ann.owner.clone(),
        session: Some(ann.session_id(2)),
        acknowledged: given.acknowledged,
    };
    assert_eq!((event.kind, event.at, &event.subject), (EventKind::AlertAcknowledged, now, &expected));
    assert_eq!((event.id, &event.cause), (EventId::from_acknowledgement(given.acknowledged), &cause("answered")));
}

pub async fn a_stranger_loses_the_session_of_the_alert(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in_three_times(&f, &ann).await;
    let now = after(MINUTE);
    assert_eq!(record(&f, answer(&ann, 2, WAS_NOT_ME, now)).await, [ann.session_id(2)]);
    assert_eq!(f.live_sessions(&ann, now).await, [3, 1].map(|number| ann.session_id(number)));
    assert_eq!(f.expect_tombstone(ann.session_id(2)).await, (EndReason::Revoked, now));
    let kinds: Vec<_> = f.drain().await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Ended(EndReason::Revoked), EventKind::AlertAcknowledged]);

    let mut early = ann.login(4, now);
    early.authenticated_at = Some(NOW);
    f.sign_in(early).await;
}

pub async fn on_request_a_stranger_loses_every_session(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in_three_times(&f, &ann).await;
    let now = after(MINUTE);
    let ended = record(&f, answer(&ann, 2, END_ALL, now)).await;
    assert_eq!(ended, [3, 2, 1].map(|number| ann.session_id(number)), "most recently active first");
    assert!(f.live_sessions(&ann, now).await.is_empty());
    assert_eq!(f.expect_tombstone(ann.session_id(1)).await, (EndReason::RevokedAll, now));
    let events = f.drain().await;
    let whole: Vec<_> = events.iter().filter(|event| event.kind == EventKind::RevokedAll).collect();
    let [whole] = whole.as_slice() else { panic!("one revocation, not {whole:?}") };
    assert_eq!((whole.id, whole.at), (EventId([200; 16]), now));
    assert_eq!(whole.subject, EventSubject::Scope(RevocationScope::User(ann.owner.clone())));
    assert_eq!(events.len(), 5);

    let mut early = ann.login(4, after(MINUTE * 2));
    early.authenticated_at = Some(now);
    let outcome = f.create(early).await.expect("create");
    assert_eq!(outcome, CreateOutcome::AuthenticatedBeforeRevocation { floor: now });
}

pub async fn a_repeated_answer_changes_nothing_and_another_one_is_refused(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in_three_times(&f, &ann).await;
    record(&f, answer(&ann, 1, WAS_ME, after(MINUTE))).await;
    record(&f, answer(&ann, 2, WAS_NOT_ME, after(MINUTE))).await;
    let before = f.keyspace().await;
    let later = after(MINUTE * 2);
    let outcome = f.answer_alert(answer(&ann, 1, WAS_ME, later)).await;
    assert_eq!(outcome.expect("an outcome"), AnswerOutcome::Repeated { session_ids: Vec::new() });
    let outcome = f.answer_alert(answer(&ann, 2, WAS_NOT_ME, later)).await;
    assert_eq!(outcome.expect("an outcome"), AnswerOutcome::Repeated { session_ids: vec![ann.session_id(2)] });
    for (number, verdict, known) in [(1, WAS_NOT_ME, WAS_ME), (1, END_ALL, WAS_ME), (2, WAS_ME, WAS_NOT_ME)] {
        let outcome = f.answer_alert(answer(&ann, number, verdict, later)).await.expect("an outcome");
        assert_eq!(outcome, AnswerOutcome::Conflicting(known), "{number} {verdict:?}");
    }
    assert_eq!(f.keyspace().await, before);
}

pub async fn the_end_of_all_sessions_may_be_added_to_an_answer(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in_three_times(&f, &ann).await;
    record(&f, answer(&ann, 2, WAS_NOT_ME, after(MINUTE))).await;
    let ended = record(&f, answer(&ann, 2, END_ALL, after(MINUTE * 2))).await;
    assert_eq!(ended, [3, 1].map(|number| ann.session_id(number)));
    for verdict in [WAS_NOT_ME, END_ALL] {
        let outcome = f.answer_alert(answer(&ann, 2, verdict, after(MINUTE * 3))).await.expect("an outcome");
        let all = [2, 3, 1].map(|number| ann.session_id(number)).to_vec();
        assert_eq!(outcome, AnswerOutcome::Repeated { session_ids: all });
    }
}

pub async fn an_answer_to_a_history_that_moved_on_changes_nothing(f: StoreFixture) {
    let ann = TestUser::new("ann");
    sign_in_three_times(&f, &ann).await;
    record(&f, answer(&ann, 1, WAS_ME, after(MINUTE))).await;
    let version = f.load_user_state(&ann.owner, ann.handle, after(MINUTE)).await.expect("user state").version;
    let before = f.keyspace().await;
    let expecting = |expected| {
        let mut given = answer(&ann, 2, WAS_NOT_ME, after(MINUTE));
        given.history.expected_version = Some(expected);
        given
    };
    for expected in [0, version + 1] {
        let outcome = f.answer_alert(expecting(expected)).await.expect("an outcome");
        assert_eq!(outcome, AnswerOutcome::HistoryConflict);
    }
    assert_eq!(f.keyspace().await, before);
    assert_eq!(record(&f, expecting(version)).await, [ann.session_id(2)]);
}

async fn raised(f: &StoreFixture, login: SessionCreation) -> usize {
    match f.create(login).await.expect("create") {
        CreateOutcome::Created { alerts, .. } => alerts.len(),
        other => panic!("not created: {other:?}"),
    }
}

pub async fn after_a_stranger_alerts_that_would_be_repeats_are_raised_again(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let again = |number| with_findings(ann.login(number, after(MINUTE * 2)), &["NEW_COUNTRY"]);
    assert_eq!(raised(&f, again(1)).await, 1);
    record(&f, answer(&ann, 9, WAS_ME, after(MINUTE * 2))).await;
    assert_eq!(raised(&f, again(2)).await, 0, "the user's own answer silences nothing and raises nothing");
    record(&f, answer(&ann, 2, WAS_NOT_ME, after(MINUTE * 2))).await;
    assert_eq!(raised(&f, again(3)).await, 1);
}

pub async fn an_answer_about_a_session_that_is_over_is_recorded(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    let late = after(LIFETIME * 2);
    assert!(record(&f, answer(&ann, 1, WAS_NOT_ME, late)).await.is_empty());
    assert_eq!(f.expect_tombstone(ann.session_id(1)).await.0, EndReason::IdleTimeout, "for its own reason");

    let stranger = TestUser::new("bob");
    assert!(record(&f, answer(&stranger, 1, END_ALL, late)).await.is_empty());
    let without_session = AlertAnswer { session: None, ..answer(&stranger, 2, WAS_NOT_ME, late) };
    f.drain().await;
    record(&f, without_session).await;
    let subjects: Vec<_> = f.drain().await.into_iter().map(|event| event.subject).collect();
    assert!(matches!(subjects.as_slice(), [EventSubject::Acknowledgement { session: None, .. }]), "{subjects:?}");
}

pub async fn the_latest_16_answers_are_remembered_for_90_days(f: StoreFixture) {
    let ann = TestUser::new("ann");
    for number in 1..=17 {
        record(&f, answer(&ann, number, WAS_ME, after(Duration::from_secs(number.into())))).await;
    }
    let is_known = async |number, now| match f.answer_alert(answer(&ann, number, WAS_ME, now)).await {
        Ok(AnswerOutcome::Repeated { .. }) => true,
        Ok(AnswerOutcome::Recorded { .. }) => false,
        other => panic!("{other:?}"),
    };
    let last = after(Duration::from_secs(17));
    assert!(is_known(17, last.plus(90 * DAY)).await && is_known(2, last).await);
    assert!(!is_known(1, last).await, "there were 16 later ones");
    assert!(!is_known(16, last.plus(90 * DAY)).await, "90 days have passed");
}

pub async fn of_an_erased_user_no_answer_is_remembered(f: StoreFixture) {
    let ann = TestUser::new("ann");
    record(&f, answer(&ann, 1, WAS_ME, NOW)).await;
    f.forget_user(forget(&ann, after(MINUTE), 9)).await.expect("forget");
    record(&f, answer(&ann, 1, WAS_NOT_ME, after(MINUTE * 2))).await;
}

pub async fn another_owner_under_the_same_handle_has_no_answers(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    let other = TestUser { handle: ann.handle, ..TestUser::new("bob") };
    let outcome = f.answer_alert(answer(&other, 1, WAS_NOT_ME, after(MINUTE))).await;
    assert!(matches!(outcome, Err(StoreError::HandleCollision)), "{outcome:?}");
    assert_eq!(f.live_sessions(&ann, after(MINUTE)).await.len(), 1);
}
