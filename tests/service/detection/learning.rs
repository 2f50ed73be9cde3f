//! The logins that the service learns from.

use session_authority::api::{
    Alert, CreateRequest, RevokeAllRequest, RevokeRequest, UserScope, revoke_all_request, revoke_request::Target,
};
use tonic::Code;

use super::super::fixture::{CHROME, TestService, error_parts, id_of};
use super::{DAY, HOUR, IPHONE, LONDON, alerts_of_rule, login, single_alert, start_located_node};
use crate::support::redis::RedisServer;

/// Addresses in Japan, each in another network.
const TOKYO: [&str; 4] = ["126.0.1.9", "126.0.2.9", "126.0.3.9", "126.0.4.9"];

const TRAVELLED: [&str; 3] = ["NEW_COUNTRY", "NEW_DEVICE", "IMPOSSIBLE_TRAVEL"];

on_every_engine_with! {
    an_attacker_who_was_thrown_out_is_noticed_again [];
    without_an_objection_repeats_count_as_repeats [];
    an_attacker_who_stays_is_noticed_every_time [("DETECTION__DEDUP_WINDOW", "0s")];
    a_device_to_which_nobody_objects_is_known_after_a_day [];
    a_country_to_which_nobody_objects_is_known_after_a_day [];
    a_session_that_was_learned_from_is_unlearned_when_it_is_compromised [];
    devices_of_one_name_are_distinguished [];
    compromised_goes_with_what_it_makes_sense_for [];
}

fn on_device(ip: &str, user_agent: &str, device_id: &str) -> CreateRequest {
    let mut request = login(ip, user_agent);
    request.client.as_mut().expect("a client").device_id = device_id.to_owned();
    request
}

fn rules(alerts: &[Alert]) -> Vec<&str> {
    alerts.iter().map(|alert| alert.rule.as_str()).collect()
}

fn compromised(session_id: String) -> RevokeRequest {
    RevokeRequest {
        target: Some(Target::SessionId(session_id)),
        reason: "not me".to_owned(),
        compromised: true,
        ..RevokeRequest::default()
    }
}

fn all_of_ann() -> RevokeAllRequest {
    let scope = UserScope { tenant_id: String::new(), user_id: "ann".to_owned() };
    RevokeAllRequest { scope: Some(revoke_all_request::Scope::User(scope)), ..RevokeAllRequest::default() }
}

/// Signs in the user at home, and an attacker on another continent seconds later.
async fn attacked(service: &TestService) -> String {
    service.establish_history().await;
    service.sign_in_from(LONDON).await;
    service.clock.advance(HOUR / 600);
    let created = service.expect_created(CreateRequest { remember: true, ..login(TOKYO[0], IPHONE) }).await;
    assert_eq!(rules(&created.alerts), TRAVELLED);
    id_of(&created)
}

async fn an_attacker_who_was_thrown_out_is_noticed_again(service: TestService) {
    let session = attacked(&service).await;
    service.sessions().revoke(compromised(session)).await.expect("revoked");
    service.sessions().revoke_all(all_of_ann()).await.expect("revoked");
    for ip in &TOKYO[1..] {
        service.clock.advance(HOUR / 600);
        let again = service.expect_created(login(ip, IPHONE)).await;
        assert_eq!(rules(&again.alerts), TRAVELLED, "{ip}");
        service.sessions().revoke(compromised(id_of(&again))).await.expect("revoked");
    }
    service.clock.advance(HOUR);
    assert_eq!(service.sign_in_from(LONDON).await, [], "the user's own device and country are still known");
}

/// The counterpart: without an objection, repeats are not findings. A journey from another network is one nevertheless.
async fn without_an_objection_repeats_count_as_repeats(service: TestService) {
    attacked(&service).await;
    service.clock.advance(HOUR / 600);
    let again = service.expect_created(login(TOKYO[1], IPHONE)).await;
    assert_eq!(rules(&again.alerts), ["IMPOSSIBLE_TRAVEL"]);
    assert_eq!(service.expect_created(login(TOKYO[1], IPHONE)).await.alerts, []);
    assert_eq!(service.sign_in_from(LONDON).await, [], "the flagged journey does not count as the user's");
}

async fn an_attacker_who_stays_is_noticed_every_time(service: TestService) {
    attacked(&service).await;
    for ip in &TOKYO[1..] {
        service.clock.advance(HOUR / 600);
        assert_eq!(rules(&service.expect_created(login(ip, IPHONE)).await.alerts), TRAVELLED, "{ip}");
    }
}

async fn a_device_to_which_nobody_objects_is_known_after_a_day(service: TestService) {
    service.establish_history().await;
    let laptop = || on_device(LONDON, IPHONE, "laptop");
    single_alert("NEW_DEVICE", &service.expect_created(laptop()).await.alerts);
    service.clock.advance(HOUR);
    single_alert("NEW_DEVICE", &service.expect_created(laptop()).await.alerts);
    service.clock.advance(HOUR * 23);
    assert_eq!(service.expect_created(laptop()).await.alerts, []);
}

async fn a_country_to_which_nobody_objects_is_known_after_a_day(service: TestService) {
    service.establish_history().await;
    single_alert("NEW_COUNTRY", &service.sign_in_from(TOKYO[0]).await);
    service.clock.advance(DAY / 2);
    single_alert("NEW_COUNTRY", &service.sign_in_from(TOKYO[0]).await);
    service.clock.advance(DAY / 2);
    assert_eq!(service.sign_in_from(TOKYO[1]).await, []);
}

async fn a_session_that_was_learned_from_is_unlearned_when_it_is_compromised(service: TestService) {
    let session = attacked(&service).await;
    service.clock.advance(DAY);
    let again = service.expect_created(login(TOKYO[1], IPHONE)).await;
    assert_eq!(again.alerts, [], "no objection");
    service.sessions().revoke(compromised(id_of(&again))).await.expect("revoked");
    assert_eq!(
        rules(&service.expect_created(login(TOKYO[2], IPHONE)).await.alerts),
        [""; 0],
        "the first login introduced it"
    );

    service.sessions().revoke(compromised(session)).await.expect("revoked");
    service.clock.advance(HOUR);
    let alerts = service.expect_created(login(TOKYO[3], IPHONE)).await.alerts;
    assert_eq!(
        (alerts_of_rule("NEW_COUNTRY", &alerts).len(), alerts_of_rule("NEW_DEVICE", &alerts).len()),
        (1, 1),
        "{alerts:?}"
    );
}

/// The devices send the same user agent.
async fn devices_of_one_name_are_distinguished(service: TestService) {
    for _ in 0..10 {
        service.expect_created(on_device(LONDON, CHROME, "a")).await;
        service.clock.advance(DAY);
    }
    let named = |device: &str| service.expect_created(on_device(LONDON, CHROME, device));
    assert_eq!(named("a").await.alerts, []);
    for device in ["b", "c", "d"] {
        let created = named(device).await;
        single_alert("NEW_DEVICE", &created.alerts);
        assert_eq!(rules(&named(device).await.alerts), [""; 0], "{device} again, within the hour");
    }
    assert_eq!(named("a").await.alerts, []);
}

async fn compromised_goes_with_what_it_makes_sense_for(service: TestService) {
    let session = id_of(&service.login("ann").await);
    let request = RevokeRequest { sign_out: true, ..compromised(session) };
    let refused = service.sessions().revoke(request).await.expect_err("refused");
    let wrong = (Code::InvalidArgument, "INVALID_FIELD".to_owned(), vec!["compromised".to_owned()]);
    assert_eq!(error_parts(&refused), wrong);
    let everyone = revoke_all_request::Scope::Everyone(session_authority::api::Everyone {});
    let request = RevokeAllRequest { scope: Some(everyone), compromised: true, ..RevokeAllRequest::default() };
    assert_eq!(error_parts(&service.sessions().revoke_all(request).await.expect_err("refused")), wrong);
}
