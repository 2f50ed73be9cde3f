//! Sessions that are used by other clients than before.

use std::{sync::Arc, time::Duration};

use super::fixture::{AuthorityFixture, MINUTE, SECOND, login, rules_with, validation};
use crate::{
    authority::{
        CreatedSession, ObservedClients, Presenter, SessionChanges, SessionCreator, SessionUpdateRequest,
        TokenValidator, ValidationRequest,
    },
    detection::{AlertRule, DetectionSettings, RuleResponse},
    domain::{
        Caller, ClientBindingMode, ClientBindingRules, ClientContext, EndReason, Policy, RejectReason, Session,
        SessionId, policy::PolicyPreset,
    },
    store::{LoadOutcome, SessionStore},
};

const CHROME: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
const NEWER_CHROME: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36";
const SCRIPT: &str = "curl/8.5.0";
const HOME: &str = "198.51.100.9";
const ELSEWHERE: &str = "203.0.113.9";

fn client(ip: &str, user_agent: &str) -> ClientContext {
    ClientContext { ip: ip.parse().ok(), user_agent: user_agent.to_owned(), ..ClientContext::default() }
}

fn rule(name: &str) -> AlertRule {
    AlertRule::from_name(name).expect("a rule")
}

/// Returns the settings with a response to a session that a script continues.
fn responding(response: RuleResponse) -> DetectionSettings {
    let mut settings = DetectionSettings::default();
    settings.responses.set(rule("SESSION_CONTEXT_CHANGE"), response);
    settings
}

impl AuthorityFixture {
    /// Signs ann in at home with Chrome.
    async fn sign_in_at_home(&self, policy: Policy) -> CreatedSession {
        let creator = SessionCreator { rules: rules_with(policy), ..self.creator() };
        let mut request = login("ann");
        request.client = client(HOME, CHROME);
        creator.create(request).await.expect("a session")
    }

    /// Validates a token that a client presents. Returns the reason of a rejection.
    async fn validate_from(&self, created: &CreatedSession, client: &ClientContext) -> Result<(), RejectReason> {
        let presenter = Presenter { client, caller: "gateway", request_id: "" };
        let request = ValidationRequest { presenter, ..validation(&created.token) };
        let verdict = self.validator().validate(&request).await.expect("a verdict");
        verdict.outcome.map(drop).map_err(|rejection| rejection.reason)
    }

    async fn stored(&self, id: SessionId) -> Session {
        match self.engine.load(id).await.expect("a session") {
            LoadOutcome::Found(found) => found.session,
            other => panic!("{other:?}"),
        }
    }

    /// Lets a script use the session, and a watcher with these settings compare it. Returns whether the session is
    /// accepted afterwards.
    async fn after_script(&self, created: &CreatedSession, settings: DetectionSettings) -> Result<(), RejectReason> {
        self.clock.advance(MINUTE);
        self.validate_from(created, &client(HOME, SCRIPT)).await.expect("nothing is known yet");
        assert_eq!(self.watcher(settings).compare_observed().await, 1);
        self.clock.advance(SECOND);
        self.validate_from(created, &client(HOME, CHROME)).await
    }
}

#[tokio::test]
async fn a_session_that_a_script_continues_raises_one_alert() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_at_home(PolicyPreset::Default.policy()).await;
    let watcher = fixture.watcher(DetectionSettings::default());
    for user_agent in [CHROME, CHROME] {
        fixture.validate_from(&created, &client(HOME, user_agent)).await.expect("active");
        assert_eq!(watcher.compare_observed().await, 0, "the client that signed in");
    }
    fixture.validate_from(&created, &client(HOME, SCRIPT)).await.expect("active");
    assert_eq!(watcher.compare_observed().await, 1);
    let raised = [rule("SESSION_CONTEXT_CHANGE")];
    assert_eq!(fixture.observer.reported().alerts, raised);
    fixture.validate_from(&created, &client(HOME, SCRIPT)).await.expect("active");
    assert_eq!(watcher.compare_observed().await, 0, "it is known already");
    for user_agent in [CHROME, SCRIPT] {
        fixture.clock.advance(MINUTE);
        fixture.validate_from(&created, &client(HOME, user_agent)).await.expect("active");
        assert_eq!(watcher.compare_observed().await, 1);
    }
    assert_eq!(fixture.observer.reported().alerts, raised, "a repeat within the hour");
}

#[tokio::test]
async fn nodes_share_the_deduplication_of_alerts_about_a_session() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_at_home(PolicyPreset::Default.policy()).await;
    let nodes = [(); 3].map(|()| fixture.watcher(DetectionSettings::default()));
    for node in &nodes {
        for user_agent in [CHROME, SCRIPT] {
            fixture.clock.advance(MINUTE);
            fixture.validate_from(&created, &client(HOME, user_agent)).await.expect("active");
            node.compare_observed().await;
        }
    }
    assert_eq!(fixture.observer.reported().alerts.len(), 1);
    fixture.clock.advance(MINUTE * 61);
    fixture.validate_from(&created, &client(HOME, CHROME)).await.expect("active");
    nodes[0].compare_observed().await;
    fixture.validate_from(&created, &client(HOME, SCRIPT)).await.expect("active");
    nodes[0].compare_observed().await;
    let counts: Vec<_> = fixture.forwarded_alerts().await.iter().map(|alert| alert.dedup_count).collect();
    assert_eq!(counts, [1, 3], "the second one stands for those of the other nodes, too");
}

#[tokio::test]
async fn without_a_deduplication_window_every_finding_raises_an_alert() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_at_home(PolicyPreset::Default.policy()).await;
    let settings = DetectionSettings { dedup_window: Duration::ZERO, ..DetectionSettings::default() };
    for _ in 0..2 {
        let node = fixture.watcher(settings.clone());
        for user_agent in [CHROME, SCRIPT] {
            fixture.clock.advance(MINUTE);
            fixture.validate_from(&created, &client(HOME, user_agent)).await.expect("active");
            node.compare_observed().await;
        }
    }
    assert_eq!(fixture.observer.reported().alerts.len(), 2);
}

#[tokio::test]
async fn a_new_version_of_the_browser_and_another_network_raise_nothing() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_at_home(PolicyPreset::Default.policy()).await;
    let watcher = fixture.watcher(DetectionSettings::default());
    for moved in [client(HOME, NEWER_CHROME), client(ELSEWHERE, NEWER_CHROME)] {
        fixture.validate_from(&created, &moved).await.expect("active");
        assert_eq!(watcher.compare_observed().await, 1);
    }
    assert_eq!(fixture.observer.reported().alerts, []);
}

#[tokio::test]
async fn a_node_that_watches_no_sessions_observes_nothing() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_at_home(PolicyPreset::Default.policy()).await;
    let off = TokenValidator { observed_clients: Arc::new(ObservedClients::disabled()), ..fixture.validator() };
    let script = client(HOME, SCRIPT);
    let presenter = Presenter { client: &script, caller: "", request_id: "" };
    let verdict = off.validate(&ValidationRequest { presenter, ..validation(&created.token) }).await;
    verdict.expect("a verdict").outcome.expect("active");
    assert_eq!(fixture.watcher(DetectionSettings::default()).compare_observed().await, 0);
}

#[tokio::test]
async fn a_demanded_step_up_ends_with_another_authentication() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_at_home(PolicyPreset::Default.policy()).await;
    let settings = responding(RuleResponse::StepUp);
    assert_eq!(fixture.after_script(&created, settings).await, Err(RejectReason::StepUpRequired));
    assert_eq!(fixture.stored(created.session.id).await.record.revision, 2);

    fixture.clock.advance(SECOND);
    let now = crate::clock::Clock::now(fixture.clock.as_ref());
    let update = SessionUpdateRequest {
        session_id: created.session.id,
        changes: SessionChanges { authenticated_at: Some(now), ..SessionChanges::default() },
        if_revision: 0,
        rotates: false,
        caller: Arc::new(Caller::anonymous()),
        cause: super::fixture::cause("step-up"),
    };
    fixture.updater().update(update).await.expect("updated");
    assert_eq!(fixture.validate_from(&created, &client(HOME, CHROME)).await, Ok(()));
}

#[tokio::test]
async fn a_response_may_end_the_session_or_all_of_the_user() {
    let revoked = |reason| Err(RejectReason::Ended(reason));
    let cases = [
        (RuleResponse::Alert, Ok(()), Ok(())),
        (RuleResponse::RevokeSession, revoked(EndReason::Revoked), Ok(())),
        (RuleResponse::RevokeUser, revoked(EndReason::RevokedAll), revoked(EndReason::RevokedAll)),
    ];
    for (response, expected, expected_of_other) in cases {
        let fixture = AuthorityFixture::new().await;
        let created = fixture.sign_in_at_home(PolicyPreset::Default.policy()).await;
        let other = fixture.sign_in_at_home(PolicyPreset::Default.policy()).await;
        assert_eq!(fixture.after_script(&created, responding(response)).await, expected, "{response:?}");
        let of_other = fixture.validate_from(&other, &client(HOME, CHROME)).await;
        assert_eq!(of_other, expected_of_other, "{response:?}");
    }
}

#[tokio::test]
async fn while_rules_are_only_tried_out_nothing_is_done() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_at_home(PolicyPreset::Default.policy()).await;
    let settings = DetectionSettings { audit_only: true, ..responding(RuleResponse::RevokeUser) };
    assert_eq!(fixture.after_script(&created, settings).await, Ok(()));
    assert_eq!(fixture.observer.reported().alerts, [rule("SESSION_CONTEXT_CHANGE")]);
}

#[tokio::test]
async fn a_login_is_answered_by_the_response_of_its_rule() {
    for (response, expected) in
        [(RuleResponse::Alert, Ok(())), (RuleResponse::StepUp, Err(RejectReason::StepUpRequired))]
    {
        let fixture = AuthorityFixture::new().await;
        fixture.sign_in_at_home(PolicyPreset::Default.policy()).await;
        let mut settings = DetectionSettings::default();
        settings.responses.set(rule("NEW_COUNTRY"), response);
        let mut request = login("ann");
        request.client = ClientContext { country: "DE".to_owned(), ..client(HOME, CHROME) };
        let creator = || SessionCreator { sign_ins: fixture.evaluator(settings.clone()), ..fixture.creator() };
        creator().create(request.clone()).await.expect("a session");
        request.client = ClientContext { country: "BR".to_owned(), ..client(ELSEWHERE, CHROME) };
        fixture.clock.advance(MINUTE);
        let created = creator().create(request).await.expect("a session");
        let stored = fixture.stored(created.session.id).await.record;
        assert_eq!(
            (created.session.record.revision, created.session.record.step_up_at),
            (stored.revision, stored.step_up_at)
        );
        assert_eq!(stored.revision, if expected.is_ok() { 1 } else { 2 }, "{response:?}");
        fixture.clock.advance(SECOND);
        assert_eq!(fixture.validate_from(&created, &client(HOME, CHROME)).await, expected, "{response:?}");
    }
}

fn bound(ip: ClientBindingMode, device: ClientBindingMode) -> Policy {
    Policy { binding: ClientBindingRules { ip, device }, ..PolicyPreset::Default.policy() }
}

#[tokio::test]
async fn a_bound_session_is_rejected_elsewhere_and_nothing_else_is() {
    use ClientBindingMode::{Alert, Off, Reject};
    let (ip_mismatch, device_mismatch) = (Err(RejectReason::IpMismatch), Err(RejectReason::DeviceMismatch));
    let cases = [
        (bound(Off, Off), Ok(()), Ok(())),
        (bound(Alert, Alert), Ok(()), Ok(())),
        (bound(Reject, Off), ip_mismatch, Ok(())),
        (bound(Off, Reject), Ok(()), device_mismatch),
    ];
    for (policy, elsewhere, with_script) in cases {
        let fixture = AuthorityFixture::new().await;
        let binding = policy.binding;
        let created = fixture.sign_in_at_home(policy).await;
        for same in [client(HOME, CHROME), client(HOME, NEWER_CHROME), ClientContext::default()] {
            assert_eq!(fixture.validate_from(&created, &same).await, Ok(()), "{binding:?} {same:?}");
        }
        assert_eq!(fixture.validate_from(&created, &client(ELSEWHERE, CHROME)).await, elsewhere, "{binding:?}");
        assert_eq!(fixture.validate_from(&created, &client(HOME, SCRIPT)).await, with_script, "{binding:?}");
        assert_eq!(fixture.validate_from(&created, &client(HOME, CHROME)).await, Ok(()), "the session is unchanged");
    }
}

#[tokio::test]
async fn a_mismatch_raises_an_alert_whether_it_is_rejected_or_not() {
    for (mode, expected) in [(ClientBindingMode::Off, vec![]), (ClientBindingMode::Alert, vec![rule("IP_MISMATCH")])] {
        let fixture = AuthorityFixture::new().await;
        let created = fixture.sign_in_at_home(bound(mode, ClientBindingMode::Off)).await;
        fixture.validate_from(&created, &client(ELSEWHERE, CHROME)).await.expect("active");
        fixture.watcher(DetectionSettings::default()).compare_observed().await;
        assert_eq!(fixture.observer.reported().alerts, expected, "{mode:?}");
    }
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_at_home(bound(ClientBindingMode::Reject, ClientBindingMode::Off)).await;
    fixture.validate_from(&created, &client(ELSEWHERE, CHROME)).await.expect_err("rejected");
    fixture.watcher(DetectionSettings::default()).compare_observed().await;
    assert_eq!(fixture.observer.reported().alerts, [rule("IP_MISMATCH")]);
    fixture.activity_writer().flush_all().await.expect("written");
    assert_eq!(fixture.stored(created.session.id).await.record.last_seen, None, "it has not used the session");
}

#[tokio::test]
async fn the_client_that_was_seen_last_is_written_with_the_activity_and_listed() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in_at_home(PolicyPreset::Default.policy()).await;
    let id = created.session.id;
    fixture.clock.advance(MINUTE);
    fixture.validate_from(&created, &client(ELSEWHERE, NEWER_CHROME)).await.expect("active");
    fixture.watcher(DetectionSettings::default()).compare_observed().await;
    assert_eq!(fixture.stored(id).await.record.last_seen, None, "it is written later");
    fixture.activity_writer().flush_all().await.expect("written");
    let seen = fixture.stored(id).await.record.last_seen.expect("a client");
    assert_eq!((seen.location.ip, seen.device.name.as_str()), (ELSEWHERE.parse().ok(), "Chrome on Windows"));
    assert_eq!(fixture.list("ann").await[0].record.last_seen.as_deref(), Some(&*seen));
    assert_eq!(fixture.stored(id).await.record.location.ip, HOME.parse().ok(), "the sign-in stays");

    fixture.validate_from(&created, &client(ELSEWHERE, NEWER_CHROME)).await.expect("active");
    assert_eq!(fixture.watcher(DetectionSettings::default()).compare_observed().await, 0, "it is known, to every node");
    let update = fixture.stored(id).await.record.revision;
    assert_eq!(update, 1, "it is no change of the session");
}
