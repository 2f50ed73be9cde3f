use futures_util::{FutureExt, future::join_all};

use super::fixture::{
    AuthorityFixture, HOUR, MINUTE, SECOND, START, backlog_with, cause, client, ids, keys, login, owner, revocation,
    rules_with, scope_revocation,
};
use crate::{
    authority::{LoginRequest, SessionCreator, SessionSelector, TokenIssuer, digest},
    detection::{AlertRule, DetectionSettings, NotEvaluatedReason},
    domain::{CallError, EndReason, LimitAction, Policy, SessionClock, event::RevocationScope, policy::PolicyPreset},
};

const DEVICES: [&str; 3] = ["phone", "laptop", "tablet"];

/// Returns a creator that allows two sessions of a user.
fn creator_of_two_sessions(fixture: &AuthorityFixture, on_limit: LimitAction) -> SessionCreator {
    let policy = Policy { max_sessions: 2, on_limit, ..PolicyPreset::Default.policy() };
    SessionCreator { rules: rules_with(policy), ..fixture.creator() }
}

fn login_on(device: &str) -> LoginRequest {
    LoginRequest { client: client(device, "DE"), ..login("ann") }
}

#[tokio::test]
async fn a_login_gets_a_session_and_a_token_for_it() {
    let fixture = AuthorityFixture::new().await;
    let stated = START.minus(MINUTE);
    let request = LoginRequest {
        email: "ann@example.com".to_owned(),
        roles: vec!["reader".to_owned()],
        authenticated_at: Some(stated),
        ..login("ann")
    };
    let created = fixture.creator().create(request).await.expect("a session");
    let session = &created.session;
    assert_eq!((&session.owner, session.record.policy.as_str()), (&owner("ann"), "default"));
    assert_eq!((session.record.created_at, session.record.authenticated_at), (START, stated));
    assert_eq!((session.record.email.as_str(), session.record.location.country.as_str()), ("ann@example.com", "DE"));
    assert_eq!(session.clock.expires_at, START.plus(30 * 24 * HOUR));
    assert!(created.ended.is_empty() && created.alerts.is_empty());
    let accepted = fixture.validate(&created.token).await.outcome.expect("an active session");
    assert_eq!(accepted.session.id, session.id);
    assert_eq!(fixture.observer.reported().created, 1);
    assert!(fixture.take_change_signal());
}

#[tokio::test]
async fn the_least_recently_active_session_makes_room_whether_or_not_its_activity_is_written() {
    let fixture = AuthorityFixture::new().await;
    let creator = creator_of_two_sessions(&fixture, LimitAction::EvictLeastRecent);
    let mut created = Vec::new();
    for device in DEVICES {
        fixture.clock.advance(SECOND);
        if device == "tablet" {
            fixture.validate(&created[0]).await.outcome.expect("an active session");
            fixture.clock.advance(SECOND);
        }
        created.push(creator.create(login_on(device)).await.expect("a session").token);
    }
    assert!(fixture.is_accepted(&created[0]).await, "it was used last");
    assert!(!fixture.is_accepted(&created[1]).await);
    assert!(fixture.is_accepted(&created[2]).await);
    assert_eq!(fixture.observer.reported().ended, [EndReason::Evicted]);
    let evictions = AlertRule::from_name("SESSION_LIMIT").expect("a rule");
    let alerts = fixture.observer.reported().alerts;
    assert_eq!(alerts.iter().filter(|rule| **rule == evictions).count(), 1, "{alerts:?}");
}

#[tokio::test]
async fn an_eviction_raises_its_alert_even_if_all_sessions_live_by_activity_that_is_not_written() {
    let fixture = AuthorityFixture::new().await;
    let policy = Policy { max_sessions: 3, ..PolicyPreset::Default.policy() };
    let creator = SessionCreator { rules: rules_with(policy), ..fixture.creator() };
    let mut created = Vec::new();
    for device in DEVICES {
        created.push(creator.create(login_on(device)).await.expect("a session"));
    }
    let SessionClock { idle_timeout, idle_margin, .. } = created[0].session.clock;
    fixture.clock.advance(idle_timeout.saturating_sub(SECOND));
    for session in &created {
        fixture.validate(&session.token).await.outcome.expect("an active session");
    }
    fixture.clock.advance(idle_margin + SECOND * 2);
    let evicting = creator.create(login_on("watch")).await.expect("a session");
    assert_eq!(evicting.ended.iter().map(|ended| ended.reason).collect::<Vec<_>>(), [EndReason::Evicted]);
    assert!(evicting.alerts.iter().any(|alert| alert.rule == "SESSION_LIMIT"), "{:?}", evicting.alerts);
}

#[tokio::test]
async fn a_policy_may_refuse_a_login_beyond_the_limit() {
    let fixture = AuthorityFixture::new().await;
    let creator = creator_of_two_sessions(&fixture, LimitAction::Refuse);
    for device in &DEVICES[..2] {
        creator.create(login_on(device)).await.expect("a session");
    }
    let before = ids(&fixture.list("ann").await);
    let refused = creator.create(login_on(DEVICES[2])).await;
    assert_eq!(refused.err(), Some(CallError::SessionLimitReached { live: 2, limit: 2 }));
    assert_eq!(ids(&fixture.list("ann").await), before);
}

#[tokio::test]
async fn a_login_on_the_same_device_replaces_its_session() {
    let fixture = AuthorityFixture::new().await;
    let creator = fixture.creator();
    let phone = creator.create(login_on("phone")).await.expect("a session");
    let laptop = creator.create(login_on("laptop")).await.expect("a session");
    assert!(laptop.ended.is_empty());
    let again = creator.create(login_on("phone")).await.expect("a session");
    let ended: Vec<_> = again.ended.iter().map(|ended| (ended.session_id, ended.reason)).collect();
    assert_eq!(ended, [(phone.session.id, EndReason::Replaced)]);
    assert!(!fixture.is_accepted(&phone.token).await && fixture.is_accepted(&laptop.token).await);
}

#[tokio::test]
async fn a_device_without_an_id_replaces_nothing() {
    let fixture = AuthorityFixture::new().await;
    let first = fixture.sign_in("ann").await;
    let second = fixture.sign_in("ann").await;
    assert_eq!(first.session.record.device.id, second.session.record.device.id, "derived from the same headers");
    assert!(second.ended.is_empty() && fixture.is_accepted(&first.token).await);
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_session_and_its_token() {
    let fixture = AuthorityFixture::new().await;
    let creator = fixture.creator();
    let request = LoginRequest { request_id: "r-1".to_owned(), ..login("ann") };
    let first = creator.create(request.clone()).await.expect("a session");
    let repeated = creator.create(request.clone()).await.expect("the same session");
    assert_eq!((repeated.session.id, &repeated.token), (first.session.id, &first.token));
    assert_eq!((fixture.list("ann").await.len(), fixture.observer.reported().created), (1, 1));

    let other_body = LoginRequest { body_digest: digest(b"another login"), ..request.clone() };
    assert_eq!(creator.create(other_body).await.err(), Some(CallError::RequestIdReused));
    let mut other_caller = request.clone();
    other_caller.cause.caller = "another".to_owned();
    assert_ne!(creator.create(other_caller).await.expect("a session").session.id, first.session.id);
    let without_id = LoginRequest { request_id: String::new(), ..request };
    assert_ne!(creator.create(without_id).await.expect("a session").session.id, first.session.id);
}

#[tokio::test]
async fn a_repeated_request_gets_no_token_for_a_session_that_ended_or_whose_key_is_gone() {
    let fixture = AuthorityFixture::new().await;
    let request = LoginRequest { request_id: "r-1".to_owned(), ..login("ann") };
    let first = fixture.creator().create(request.clone()).await.expect("a session");
    let creator = fixture.creator();
    let other_key = SessionCreator { tokens: TokenIssuer { keys: keys(&[2]), ..creator.tokens }, ..fixture.creator() };
    assert_eq!(other_key.create(request.clone()).await.err(), Some(CallError::RequestSessionEnded));
    let creator = fixture.creator();
    let new_key = SessionCreator { tokens: TokenIssuer { keys: keys(&[2, 1]), ..creator.tokens }, ..fixture.creator() };
    assert_eq!(new_key.create(request.clone()).await.expect("the same session").token, first.token);

    fixture.revoker().revoke(revocation(SessionSelector::Session(first.session.id))).await.expect("revoked");
    assert_eq!(fixture.creator().create(request).await.err(), Some(CallError::RequestSessionEnded));
}

/// Signs a user in often enough that detection knows the usual device and country.
async fn learn(fixture: &AuthorityFixture, creator: &SessionCreator) {
    for _ in 0..DetectionSettings::default().learning.min_logins {
        creator.create(login_on("laptop")).await.expect("a session");
        fixture.clock.advance(HOUR);
    }
}

#[tokio::test]
async fn a_login_from_a_new_country_raises_an_alert() {
    let fixture = AuthorityFixture::new().await;
    let creator = fixture.creator();
    learn(&fixture, &creator).await;
    assert!(fixture.observer.reported().alerts.is_empty());
    assert!(fixture.dirty_buckets.take().now_or_never().is_none());

    let abroad = LoginRequest { client: client("laptop", "BR"), ..login("ann") };
    let created = creator.create(abroad).await.expect("a session");
    let rules: Vec<_> = created.alerts.iter().map(|alert| alert.rule.as_str()).collect();
    assert_eq!(rules, ["NEW_COUNTRY"]);
    assert!(fixture.is_accepted(&created.token).await, "an alert does not refuse the login");
    assert_eq!(fixture.observer.reported().alerts, [AlertRule::from_name("NEW_COUNTRY").expect("a rule")]);
    assert_eq!(fixture.dirty_buckets.take().now_or_never(), Some(vec![created.session.id.handle.bucket()]));
}

#[tokio::test]
async fn no_alert_is_raised_for_a_first_login_without_rules_or_for_a_migrated_session() {
    let fixture = AuthorityFixture::new().await;
    let abroad = || LoginRequest { client: client("laptop", "BR"), ..login("ann") };
    let creator = fixture.creator();
    let bob_abroad = LoginRequest { owner: owner("bob"), ..abroad() };
    assert!(creator.create(bob_abroad).await.expect("a session").alerts.is_empty());
    let not_evaluated = fixture.observer.reported().not_evaluated;
    assert!(
        not_evaluated.contains(&(AlertRule::from_name("NEW_COUNTRY").expect("a rule"), NotEvaluatedReason::NoHistory))
    );

    learn(&fixture, &creator).await;
    let migrated = LoginRequest { is_migrated: true, ..abroad() };
    assert!(creator.create(migrated).await.expect("a session").alerts.is_empty());
    let off = DetectionSettings { rules: [].into_iter().collect(), ..DetectionSettings::default() };
    let without_rules = SessionCreator { sign_ins: fixture.evaluator(off), ..fixture.creator() };
    assert!(without_rules.create(abroad()).await.expect("a session").alerts.is_empty());
    assert!(!creator.create(abroad()).await.expect("a session").alerts.is_empty(), "nothing was learned meanwhile");
}

#[tokio::test]
async fn every_invalid_term_is_named_and_no_session_is_created() {
    let fixture = AuthorityFixture::new().await;
    let request = LoginRequest {
        email: "ann\n@example.com".to_owned(),
        lifetime: Some(365 * 24 * HOUR),
        authenticated_at: Some(START.plus(HOUR)),
        assurance_level: 101,
        ..login("ann")
    };
    let Err(CallError::InvalidArgument(violations)) = fixture.creator().create(request).await else {
        panic!("not refused")
    };
    let fields: Vec<_> = violations.iter().map(|violation| violation.field.as_ref()).collect();
    assert_eq!(fields, ["email", "assurance_level", "authenticated_at", "lifetime"]);
    let long_ago = LoginRequest { authenticated_at: Some(START.minus(25 * HOUR)), ..login("ann") };
    assert!(matches!(fixture.creator().create(long_ago).await, Err(CallError::InvalidArgument(_))));
    assert!(fixture.list("ann").await.is_empty());
}

#[tokio::test]
async fn no_session_is_created_while_too_many_events_wait() {
    let fixture = AuthorityFixture::new().await;
    let creator = |waiting| SessionCreator { backlog: backlog_with(waiting), ..fixture.creator() };
    assert_eq!(creator(101).create(login("ann")).await.err(), Some(CallError::AuditBacklogFull));
    assert!(fixture.list("ann").await.is_empty());
    assert!(creator(100).create(login("ann")).await.is_ok());
}

#[tokio::test]
async fn a_login_authenticated_before_a_revocation_is_refused() {
    let fixture = AuthorityFixture::new().await;
    fixture.clock.set(START.plus(SECOND / 2));
    let revoked_at = START.plus(SECOND / 2);
    fixture.scope_revoker().revoke_all(scope_revocation(RevocationScope::User(owner("ann")))).await.expect("revoked");
    fixture.clock.advance(MINUTE);
    let login_at = |authenticated_at| LoginRequest { authenticated_at, ..login("ann") };
    let creator = fixture.creator();
    let early = START.plus(SECOND / 4);
    assert_eq!(
        creator.create(login_at(Some(early))).await.err(),
        Some(CallError::AuthenticationRevoked { revoked_at })
    );
    assert!(creator.create(login_at(Some(START))).await.is_ok(), "a whole second stands for any time within it");
    assert!(creator.create(login_at(None)).await.is_ok(), "just now");
    assert!(creator.create(LoginRequest { owner: owner("bob"), ..login_at(Some(early)) }).await.is_ok());
}

#[tokio::test]
async fn concurrent_logins_of_one_user_are_refused_beyond_a_short_queue() {
    let fixture = AuthorityFixture::new().await;
    let creator = fixture.creator();
    let logins = join_all((0..7).map(|_| creator.create(login("ann")))).await;
    let refused = logins.iter().filter(|login| matches!(login, Err(CallError::LoginQueueFull))).count();
    assert_eq!((refused, logins.iter().filter(|login| login.is_ok()).count()), (2, 5));
    assert_eq!(fixture.observer.reported().refused_logins, 2);
    let users = ["bob", "carol", "dave", "erin", "frank", "grace", "heidi"];
    let logins =
        join_all(users.map(|user| creator.create(LoginRequest { cause: cause("login"), ..login(user) }))).await;
    assert!(logins.iter().all(Result::is_ok), "other users do not wait");
}
