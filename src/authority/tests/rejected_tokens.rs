//! Tokens that were not issued here, and tokens of sessions that have ended.

use std::{net::IpAddr, sync::Arc};

use super::fixture::{AuthorityFixture, MINUTE, SECOND, describer, keys, login, revocation, validation};
use crate::{
    authority::{
        ClientDescriber, CreatedSession, Presenter, RejectedTokens, RevocationRequest, SessionCreator, SessionSelector,
        TokenParser, TokenValidator, ValidationRequest,
    },
    detection::{DetectionSettings, FailureRuleSet},
    domain::{
        Alert, BearerToken, ClientContext, EndReason, RejectReason, SessionId, TokenKey, TokenSecret, UserHandle,
        alert::{AlertAction, Severity},
        location::GeoIpRecord,
    },
    entropy::SystemEntropy,
    geo::GeoLocator,
};

const HOME: &str = "198.51.100.9";
const ABROAD: &str = "203.0.113.9";

/// Places the addresses of two autonomous systems in two countries.
struct TwoNetworks;

impl GeoLocator for TwoNetworks {
    fn locate(&self, ip: IpAddr) -> GeoIpRecord {
        let (asn, country) = if ip.to_string() == HOME { (64_500, "DE") } else { (64_501, "BR") };
        GeoIpRecord { asn, country: country.to_owned(), ..GeoIpRecord::default() }
    }
}

fn located() -> ClientDescriber {
    ClientDescriber { locator: Arc::new(TwoNetworks), ..describer() }
}

fn client(ip: &str) -> ClientContext {
    ClientContext { ip: ip.parse().ok(), ..ClientContext::default() }
}

/// Returns a token that somebody without a token key has made up.
fn invented(number: u8) -> BearerToken {
    let session = SessionId { handle: UserHandle([number; 12]), unique: [number; 8] };
    TokenKey::new(1, &[99; 32]).mint(session, &TokenSecret::new([number; 32]), 0)
}

fn severities(alerts: &[Alert]) -> Vec<(&str, Severity, u64)> {
    alerts.iter().map(|alert| (alert.rule.as_str(), alert.severity, alert.dedup_count)).collect()
}

impl AuthorityFixture {
    /// Lets a client present a token on a node.
    async fn present(&self, node: &Arc<RejectedTokens>, token: &BearerToken, ip: &str) -> Result<(), RejectReason> {
        let tokens = TokenParser { rejected: Arc::clone(node), ..self.validator().tokens };
        let validator = TokenValidator { tokens, ..self.validator() };
        let client = client(ip);
        let presenter = Presenter { client: &client, caller: "gateway", request_id: "r1" };
        let request = ValidationRequest { presenter, ..validation(token) };
        let verdict = validator.validate(&request).await.expect("a verdict");
        verdict.outcome.map(drop).map_err(|rejection| rejection.reason)
    }

    async fn process(&self, node: &Arc<RejectedTokens>, settings: &DetectionSettings) {
        self.rejected_token_watcher(node, settings.clone(), located()).process().await;
    }

    async fn sign_in_from_home(&self) -> CreatedSession {
        let creator = SessionCreator { clients: located(), ..self.creator() };
        let mut request = login("ann");
        request.client = client(HOME);
        creator.create(request).await.expect("a session")
    }
}

fn new_node(settings: &DetectionSettings) -> Arc<RejectedTokens> {
    Arc::new(RejectedTokens::new(settings))
}

#[tokio::test]
async fn guesses_are_counted_over_all_nodes_and_raise_one_alert_about_their_network() {
    let (fixture, settings) = (AuthorityFixture::new().await, DetectionSettings::default());
    let nodes = [new_node(&settings), new_node(&settings)];
    for number in 0..4 {
        for node in &nodes {
            let verdict = fixture.present(node, &invented(number / 2), ABROAD).await;
            assert_eq!(verdict, Err(RejectReason::Unknown));
        }
    }
    for node in &nodes {
        fixture.process(node, &settings).await;
    }
    assert!(fixture.forwarded_alerts().await.is_empty(), "two different tokens, again and again");
    for number in 10..13 {
        fixture.present(&nodes[usize::from(number) % 2], &invented(number), ABROAD).await.expect_err("rejected");
    }
    for node in &nodes {
        fixture.process(node, &settings).await;
    }
    let alerts = fixture.forwarded_alerts().await;
    assert_eq!(severities(&alerts), [("TOKEN_GUESSING", Severity::Medium, 1)]);
    assert_eq!((alerts[0].action_recommended, &alerts[0].user), (AlertAction::Throttle, &None));
    assert_eq!(alerts[0].current.location.ip, ABROAD.parse().ok());
    let audited = fixture.refused_calls.take(&SystemEntropy).expect("random bytes");
    let reasons: Vec<_> = audited.iter().map(|event| (event.caller.as_str(), event.reason.as_str())).collect();
    assert_eq!(reasons, [("gateway", "11 calls; Validate; the token was not issued by this installation")]);
}

#[tokio::test]
async fn a_caller_whose_tokens_come_from_everywhere_is_noticed() {
    let (fixture, settings) = (AuthorityFixture::new().await, DetectionSettings::default());
    let node = new_node(&settings);
    for number in 0..20 {
        fixture.present(&node, &invented(number), &format!("192.0.2.{number}")).await.expect_err("rejected");
    }
    fixture.process(&node, &settings).await;
    let alerts = fixture.forwarded_alerts().await;
    assert_eq!(severities(&alerts), [("TOKEN_GUESSING", Severity::Medium, 1)]);
    assert!(alerts[0].reason_admin.contains("the caller gateway"), "{}", alerts[0].reason_admin);
}

#[tokio::test]
async fn what_is_no_guess_is_not_counted() {
    let (fixture, settings) = (AuthorityFixture::new().await, DetectionSettings::default());
    let node = new_node(&settings);
    for number in 0..30 {
        let garbage = BearerToken::new(format!("sa_{number}"));
        fixture.present(&node, &garbage, ABROAD).await.expect_err("no token");
        // The MAC is right, and no such session is known any more: an old cookie.
        let session = SessionId { handle: UserHandle([number; 12]), unique: [number; 8] };
        let forgotten = keys(&[1]).by_id(1).expect("a key").mint(session, &TokenSecret::new([number; 32]), 0);
        fixture.present(&node, &forgotten, ABROAD).await.expect_err("unknown");
    }
    fixture.process(&node, &settings).await;
    assert!(fixture.forwarded_alerts().await.is_empty());
}

#[tokio::test]
async fn other_secrets_for_a_session_that_exists_show_that_a_key_is_known() {
    let (fixture, settings) = (AuthorityFixture::new().await, DetectionSettings::default());
    let (node, created) = (new_node(&settings), fixture.sign_in_from_home().await);
    let keys = keys(&[1]);
    for number in 0..5 {
        let token = keys.by_id(1).expect("a key").mint(created.session.id, &TokenSecret::new([number; 32]), 0);
        fixture.present(&node, &token, ABROAD).await.expect_err("rejected");
    }
    fixture.process(&node, &settings).await;
    assert_eq!(severities(&fixture.forwarded_alerts().await), [("TOKEN_GUESSING", Severity::High, 1)]);
}

#[tokio::test]
async fn without_the_rules_nothing_is_counted() {
    let fixture = AuthorityFixture::new().await;
    let mut settings = DetectionSettings { watches_ended_sessions: false, ..DetectionSettings::default() };
    settings.failures.rules = [].into_iter().collect::<FailureRuleSet>();
    let (node, created) = (new_node(&settings), fixture.sign_in_from_home().await);
    fixture.revoke_token(&created, true).await;
    fixture.clock.advance(2 * MINUTE);
    for number in 0..30 {
        fixture.present(&node, &invented(number), ABROAD).await.expect_err("rejected");
    }
    fixture.present(&node, &created.token, ABROAD).await.expect_err("ended");
    fixture.process(&node, &settings).await;
    assert!(fixture.forwarded_alerts().await.is_empty());
    assert!(fixture.refused_calls.take(&SystemEntropy).expect("random bytes").is_empty());
}

impl AuthorityFixture {
    async fn revoke_token(&self, created: &CreatedSession, is_sign_out: bool) {
        let request = RevocationRequest { is_sign_out, ..revocation(SessionSelector::Session(created.session.id)) };
        assert_eq!(self.revoker().revoke(request).await.expect("revoked").len(), 1);
    }
}

#[tokio::test]
async fn a_use_after_the_end_is_noticed_by_where_it_comes_from() {
    for (is_sign_out, ip, after, expected) in [
        (false, ABROAD, 61 * SECOND, Some(Severity::High)),
        (false, HOME, 61 * SECOND, Some(Severity::Low)),
        (true, HOME, 61 * SECOND, Some(Severity::Medium)),
        (true, ABROAD, 60 * SECOND, None),
    ] {
        let (fixture, settings) = (AuthorityFixture::new().await, DetectionSettings::default());
        let (node, created) = (new_node(&settings), fixture.sign_in_from_home().await);
        fixture.revoke_token(&created, is_sign_out).await;
        fixture.clock.advance(after);
        let reason = if is_sign_out { EndReason::SignedOut } else { EndReason::Revoked };
        let verdict = fixture.present(&node, &created.token, ip).await;
        assert_eq!(verdict, Err(RejectReason::Ended(reason)));
        fixture.process(&node, &settings).await;
        let alerts = fixture.forwarded_alerts().await;
        assert_eq!(alerts.first().map(|alert| alert.severity), expected, "{reason:?} from {ip} after {after:?}");
        for alert in alerts {
            assert_eq!((alert.rule.as_str(), alert.session), ("REVOKED_TOKEN_USE", Some(created.session.id)));
            assert_eq!(alert.user, Some(created.session.owner.user.clone()));
        }
    }
}

#[tokio::test]
async fn a_use_after_a_timeout_is_noticed_before_and_after_the_sweep() {
    for is_swept in [false, true] {
        let (fixture, settings) = (AuthorityFixture::new().await, DetectionSettings::default());
        let (node, created) = (new_node(&settings), fixture.sign_in_from_home().await);
        fixture.clock.advance(created.session.clock.idle_timeout + created.session.clock.idle_margin + 2 * MINUTE);
        if is_swept {
            fixture.sign_in("ann").await;
        }
        for ip in [HOME, ABROAD] {
            let verdict = fixture.present(&node, &created.token, ip).await;
            assert_eq!(verdict, Err(RejectReason::Ended(EndReason::IdleTimeout)));
            fixture.process(&node, &settings).await;
        }
        let alerts = fixture.forwarded_alerts().await;
        let used: Vec<_> = alerts.iter().filter(|alert| alert.rule == "REVOKED_TOKEN_USE").collect();
        assert_eq!(used.len(), 1, "from abroad alone; swept: {is_swept}");
        assert_eq!(used[0].severity, Severity::Low);
    }
}

#[tokio::test]
async fn a_client_that_goes_on_costs_one_evaluation_a_minute_and_one_alert_an_hour() {
    let (fixture, settings) = (AuthorityFixture::new().await, DetectionSettings::default());
    let (node, created) = (new_node(&settings), fixture.sign_in_from_home().await);
    fixture.revoke_token(&created, false).await;
    let watcher = fixture.rejected_token_watcher(&node, settings.clone(), located());
    fixture.clock.advance(2 * MINUTE);
    // Every ten seconds, for an hour and a little.
    for _ in 0..366 {
        fixture.present(&node, &created.token, ABROAD).await.expect_err("ended");
        watcher.process().await;
        fixture.clock.advance(10 * SECOND);
    }
    let alerts = fixture.forwarded_alerts().await;
    let expected = [("REVOKED_TOKEN_USE", Severity::High, 1), ("REVOKED_TOKEN_USE", Severity::High, 60)];
    assert_eq!(severities(&alerts), expected);
}
