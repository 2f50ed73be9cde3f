//! Tokens that were not issued here, and tokens of sessions that have ended.

use session_authority::api::{ClientContext, RevokeRequest, ValidateRequest, revoke_request::Target};

use super::super::fixture::{CHROME, TestService, eventually};
use super::{BRAZIL, LONDON, login, start_located_node};
use crate::support::redis::RedisServer;

on_every_engine_with! {
    invented_tokens_raise_one_alert [];
    a_session_that_is_used_after_its_client_signed_out_raises_an_alert [];
    without_the_rules_nothing_is_raised [
        ("DETECTION__RULES__TOKEN_GUESSING", "false"), ("DETECTION__RULES__REVOKED_TOKEN_USE", "false")
    ];
}

const GUESSES: &str = "alerts_raised_total{rule=\"TOKEN_GUESSING\",severity=\"medium\"}";
const USES: &str = "alerts_raised_total{rule=\"REVOKED_TOKEN_USE\",severity=\"medium\"}";

impl TestService {
    async fn present(&self, token: String, ip: &str) {
        let client = ClientContext { ip: ip.to_owned(), ..ClientContext::default() };
        let request = ValidateRequest { token, client: Some(client), ..ValidateRequest::default() };
        self.sessions().validate(request).await.expect("a verdict");
    }

    /// Lets a session be used by somebody else after its client has signed out.
    async fn use_after_sign_out(&self) {
        let created = self.expect_created(login(LONDON, CHROME)).await;
        let target = Some(Target::Token(created.token.clone()));
        let sign_out = RevokeRequest { target, sign_out: true, ..RevokeRequest::default() };
        self.sessions().revoke(sign_out).await.expect("signed out");
        self.clock.advance(std::time::Duration::from_secs(90));
        self.present(created.token, LONDON).await;
    }
}

async fn invented_tokens_raise_one_alert(service: TestService) {
    let genuine = service.login("ann").await.token;
    for at in 30..36 {
        let mut guess = genuine.clone();
        let other = if &genuine[at..=at] == "A" { "B" } else { "A" };
        guess.replace_range(at..=at, other);
        service.present(guess, BRAZIL).await;
    }
    eventually("an alert", || async { service.series(GUESSES).await == "1" }).await;
    assert_eq!(service.series("token_guesses_total").await, "6");
}

async fn a_session_that_is_used_after_its_client_signed_out_raises_an_alert(service: TestService) {
    service.use_after_sign_out().await;
    eventually("an alert", || async { service.series(USES).await == "1" }).await;
}

async fn without_the_rules_nothing_is_raised(service: TestService) {
    service.use_after_sign_out().await;
    let genuine = service.login("ann").await.token;
    service.present(genuine, BRAZIL).await;
    assert_eq!((service.series(GUESSES).await, service.series(USES).await), ("0".to_owned(), "0".to_owned()));
}
