//! The list of alerts, and the answers in it.

use session_authority::api::{
    AckAlertRequest, AlertEntry, AlertState, AlertVerdict, ListAlertsRequest, ListAlertsResponse, Severity, TimeWindow,
};

use super::wait_until_complete;
use crate::service::fixture::{TestService, assert_invalid_fields, eventually};

super::on_every_audit![
    alerts_are_listed_latest_first_with_their_answers,
    every_criterion_limits_the_alerts,
    pages_have_every_alert_once,
];

pub async fn list(service: &TestService, request: ListAlertsRequest) -> ListAlertsResponse {
    service.admin().list_alerts(request).await.expect("alerts").into_inner()
}

/// Raises an alert of the rule `NEW_COUNTRY` about each user, a second apart, and waits until the archive has them.
pub async fn raise_alerts(service: &TestService, users: &[(&str, &str)]) -> Vec<AlertEntry> {
    for (tenant, user) in users {
        service.raise_alert(tenant, user).await;
        service.clock.advance(std::time::Duration::from_secs(1));
    }
    wait_until_complete(service).await;
    let request = || ListAlertsRequest { rules: vec!["NEW_COUNTRY".to_owned()], ..ListAlertsRequest::default() };
    eventually("the archive has the alerts", || async { list(service, request()).await.alerts.len() == users.len() })
        .await;
    list(service, request()).await.alerts
}

fn users_of(listed: &ListAlertsResponse) -> Vec<&str> {
    listed.alerts.iter().map(|entry| entry.alert.as_ref().expect("an alert").user_id.as_str()).collect()
}

async fn alerts_are_listed_latest_first_with_their_answers(service: TestService) {
    let alerts = raise_alerts(&service, &[("", "ann"), ("", "bob")]).await;
    let of_rule = || ListAlertsRequest { rules: vec!["NEW_COUNTRY".to_owned()], ..ListAlertsRequest::default() };
    let [bob, ann] = &alerts[..] else { panic!("two alerts: {alerts:?}") };
    let alert = ann.alert.clone().expect("an alert");
    assert_eq!((alert.user_id.as_str(), alert.session_id.len()), ("ann", 32));
    assert_eq!((ann.state(), &ann.acknowledgement), (AlertState::Open, &None));
    assert!(!alert.alert_id.is_empty() && alert.cursor.is_empty());
    let answer = AckAlertRequest {
        alert_id: alert.alert_id.clone(),
        verdict: AlertVerdict::WasNotMe.into(),
        actor: "grace".to_owned(),
        ..AckAlertRequest::default()
    };
    service.sessions().ack_alert(answer).await.expect("answered");
    let answered = || ListAlertsRequest { state: AlertState::Answered.into(), ..of_rule() };
    eventually("the list has the answer", || async { !list(&service, answered()).await.alerts.is_empty() }).await;
    let listed = list(&service, answered()).await;
    assert_eq!(users_of(&listed), ["ann"]);
    let said = listed.alerts[0].acknowledgement.clone().expect("an answer");
    assert_eq!((said.verdict(), said.actor.as_str()), (AlertVerdict::WasNotMe, "grace"));
    assert_eq!((said.alert_id, listed.alerts[0].state()), (alert.alert_id, AlertState::Answered));
    assert!(said.acknowledged_at.is_some());
    let open = list(&service, ListAlertsRequest { state: AlertState::Open.into(), ..of_rule() }).await;
    assert_eq!(
        open.alerts.as_slice(),
        std::slice::from_ref(bob),
        "the alert that was raised again with the answer is not listed"
    );
}

async fn every_criterion_limits_the_alerts(service: TestService) {
    let alerts = raise_alerts(&service, &[("", "ann"), ("acme", "ann"), ("acme", "bob")]).await;
    let latest = alerts[0].alert.clone().expect("an alert").event_time;
    let new_country = || ListAlertsRequest { rules: vec!["NEW_COUNTRY".to_owned()], ..ListAlertsRequest::default() };
    for (request, expected) in [
        (new_country(), &["bob", "ann", "ann"][..]),
        (ListAlertsRequest { tenant_id: "acme".to_owned(), ..new_country() }, &["bob", "ann"]),
        (ListAlertsRequest { user_id: "ann".to_owned(), ..new_country() }, &["ann", "ann"]),
        (ListAlertsRequest { tenant_id: "acme".to_owned(), user_id: "ann".to_owned(), ..new_country() }, &["ann"]),
        (ListAlertsRequest { user_id: "nobody".to_owned(), ..new_country() }, &[]),
        (ListAlertsRequest { min_severity: Severity::Critical.into(), ..new_country() }, &[]),
        (ListAlertsRequest { min_severity: Severity::Low.into(), ..new_country() }, &["bob", "ann", "ann"]),
        (ListAlertsRequest { rules: vec!["SESSION_BURST".to_owned()], ..new_country() }, &[]),
        (ListAlertsRequest { occurred: Some(TimeWindow { start: latest, end: None }), ..new_country() }, &["bob"]),
        (
            ListAlertsRequest { occurred: Some(TimeWindow { start: None, end: latest }), ..new_country() },
            &["ann", "ann"],
        ),
    ] {
        assert_eq!(users_of(&list(&service, request.clone()).await), expected, "{request:?}");
    }
    let wrong = ListAlertsRequest {
        tenant_id: "x".repeat(257),
        rules: vec![String::new()],
        min_severity: 9,
        state: 7,
        page_token: "?".to_owned(),
        ..ListAlertsRequest::default()
    };
    let status = service.admin().list_alerts(wrong).await.expect_err("a wrong request");
    assert_invalid_fields(&status, &["page_token", "tenant_id", "rules", "min_severity", "state"]);
}

async fn pages_have_every_alert_once(service: TestService) {
    let alerts = raise_alerts(&service, &[("", "ann"), ("", "bob"), ("acme", "carol")]).await;
    let request = ListAlertsRequest { page_size: 1, rules: vec!["NEW_COUNTRY".to_owned()], ..Default::default() };
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let page = list(&service, ListAlertsRequest { page_token: token, ..request.clone() }).await;
        assert!(page.alerts.len() <= 1);
        found.extend(page.alerts);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(found, alerts);
}
