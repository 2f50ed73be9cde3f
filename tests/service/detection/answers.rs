//! The answers to alerts: it was the user, or somebody else.

use std::sync::OnceLock;

use session_authority::api::{
    AckAlertRequest, AckAlertResponse, Alert, AlertAction, AlertVerdict, AuditEvent, AuditEventKind, ListEventsRequest,
    Severity, StreamAlertsRequest, stream_alerts_response::Event,
};
use tonic::{Code, Status};

use super::super::fixture::{TestService, assert_invalid_fields, error_parts, eventually, id_of};
use super::{BRAZIL, HOUR, IPHONE, LONDON, alerts_of_rule, login, single_alert, start_located_node};
use crate::support::redis::RedisServer;

on_every_engine_with! {
    a_device_and_a_country_that_the_user_recognises_are_known [];
    a_sign_in_that_was_not_the_users_ends_and_is_forgotten [];
    all_sessions_end_on_request [];
    an_answer_is_given_once [];
    the_answer_is_an_alert_and_an_event [];
    an_alert_is_answered_by_those_who_may_see_it [];
    a_request_that_makes_no_sense_is_refused [];
}

/// Signs the user in at home, and then from abroad on a new device. Returns the session there and its alerts.
async fn attacked(service: &TestService) -> (String, Vec<Alert>) {
    service.establish_history().await;
    service.sign_in_from(LONDON).await;
    service.clock.advance(HOUR / 60);
    let created = service.expect_created(login(BRAZIL, IPHONE)).await;
    (id_of(&created), created.alerts)
}

fn answer(alert: &Alert, verdict: AlertVerdict) -> AckAlertRequest {
    AckAlertRequest {
        alert_id: alert.alert_id.clone(),
        verdict: verdict.into(),
        actor: "ann".to_owned(),
        reason: "asked by mail".to_owned(),
        ..AckAlertRequest::default()
    }
}

impl TestService {
    async fn ack_alert(&self, request: AckAlertRequest) -> Result<AckAlertResponse, Status> {
        self.sessions().ack_alert(request).await.map(tonic::Response::into_inner)
    }

    /// Answers an alert, which may still be on its way to the stream.
    async fn answered(&self, request: AckAlertRequest) -> AckAlertResponse {
        let answered = OnceLock::new();
        eventually("the alert is found", || async {
            match self.ack_alert(request.clone()).await {
                Ok(response) => answered.set(response).is_ok(),
                Err(status) if status.code() == Code::NotFound => false,
                Err(status) => panic!("{status:?}"),
            }
        })
        .await;
        answered.into_inner().expect("a response")
    }

    /// Returns the alert of the stream that says how `answered` was answered.
    async fn acknowledgement_of(&self, answered: &Alert) -> Alert {
        let request = StreamAlertsRequest { from_start: true, ..StreamAlertsRequest::default() };
        let mut stream = self.sessions().stream_alerts(request).await.expect("a stream").into_inner();
        loop {
            let message = stream.message().await.expect("open").expect("a message");
            if let Some(Event::Alert(alert)) = message.event
                && alert.acknowledgement.as_ref().is_some_and(|answer| answer.alert_id == answered.alert_id)
            {
                return alert;
            }
        }
    }
}

async fn a_device_and_a_country_that_the_user_recognises_are_known(service: TestService) {
    let (session, alerts) = attacked(&service).await;
    let answered = service.answered(answer(single_alert("NEW_COUNTRY", &alerts), AlertVerdict::WasMe)).await;
    assert_eq!(answered, AckAlertResponse::default());
    assert!(service.list("ann").await.iter().any(|live| live.session_id == session), "the session goes on");
    service.clock.advance(2 * HOUR);
    let again = service.expect_created(login(BRAZIL, IPHONE)).await.alerts;
    for rule in ["NEW_COUNTRY", "NEW_DEVICE"] {
        assert!(alerts_of_rule(rule, &again).is_empty(), "{again:?}");
    }
}

async fn a_sign_in_that_was_not_the_users_ends_and_is_forgotten(service: TestService) {
    let (session, alerts) = attacked(&service).await;
    let live = service.list("ann").await.len();
    let answered = service.answered(answer(single_alert("NEW_COUNTRY", &alerts), AlertVerdict::WasNotMe)).await;
    assert_eq!(answered, AckAlertResponse { session_ids: vec![session], already_acknowledged: false });
    assert_eq!(service.list("ann").await.len(), live - 1, "the user's own sessions go on");
    // The counterpart of an alert that nobody answered: it would not be raised again within an hour.
    let again = service.expect_created(login(BRAZIL, IPHONE)).await.alerts;
    single_alert("NEW_COUNTRY", &again);
    single_alert("NEW_DEVICE", &again);
    service.clock.advance(HOUR);
    assert_eq!(service.sign_in_from(LONDON).await, [], "the user's own place and device are still known");
}

async fn all_sessions_end_on_request(service: TestService) {
    let (_, alerts) = attacked(&service).await;
    let alert = single_alert("NEW_COUNTRY", &alerts);
    let live = service.list("ann").await.len();
    assert!(live > 1);
    let request = AckAlertRequest { revoke_all: true, ..answer(alert, AlertVerdict::WasNotMe) };
    assert_eq!(service.answered(request).await.session_ids.len(), live);
    assert_eq!(service.list("ann").await, []);
    let raised = service.acknowledgement_of(alert).await;
    assert_eq!((raised.severity(), raised.action_taken()), (Severity::Critical, AlertAction::RevokeUser));
}

async fn an_answer_is_given_once(service: TestService) {
    let (session, alerts) = attacked(&service).await;
    let alert = single_alert("NEW_COUNTRY", &alerts);
    service.answered(answer(alert, AlertVerdict::WasNotMe)).await;
    let repeated = service.answered(answer(alert, AlertVerdict::WasNotMe)).await;
    assert_eq!(repeated, AckAlertResponse { session_ids: vec![session], already_acknowledged: true });
    let status = service.ack_alert(answer(alert, AlertVerdict::WasMe)).await.expect_err("another answer");
    assert_eq!(error_parts(&status).0, Code::FailedPrecondition);
    assert_eq!(error_parts(&status).1, "ALERT_ALREADY_ANSWERED");
    // The alert that says so stands for the first one.
    let raised = service.acknowledgement_of(alert).await;
    assert!(service.answered(answer(&raised, AlertVerdict::WasNotMe)).await.already_acknowledged);
    assert_eq!(service.series("alerts_acknowledged_total{verdict=\"was_not_me\"}").await, "1");
}

async fn the_answer_is_an_alert_and_an_event(service: TestService) {
    let (session, alerts) = attacked(&service).await;
    let alert = single_alert("NEW_COUNTRY", &alerts);
    service.answered(answer(alert, AlertVerdict::WasNotMe)).await;
    let raised = service.acknowledgement_of(alert).await;
    assert_eq!((raised.severity(), raised.action_taken()), (Severity::Critical, AlertAction::RevokeSession));
    assert_eq!((&raised.rule, &raised.session_id, &raised.user_id), (&alert.rule, &session, &alert.user_id));
    assert_ne!((&raised.alert_id, &raised.group_id), (&alert.alert_id, &alert.group_id));
    assert!(raised.reason_user.is_empty(), "the user knows");
    let said = raised.acknowledgement.expect("an answer");
    assert_eq!((said.verdict(), said.actor.as_str()), (AlertVerdict::WasNotMe, "ann"));

    let request =
        ListEventsRequest { kinds: vec![AuditEventKind::AlertAcknowledged.into()], ..ListEventsRequest::default() };
    let events = async || service.admin().list_events(request.clone()).await.expect("events").into_inner().events;
    eventually("the event is in the audit", || async { !events().await.is_empty() }).await;
    let events: Vec<AuditEvent> = events().await;
    let [event] = events.as_slice() else { panic!("one event, not {events:?}") };
    assert_eq!((&event.alert_id, event.alert_verdict()), (&alert.alert_id, AlertVerdict::WasNotMe));
    assert_eq!((&event.session_id, event.actor.as_str(), event.reason.as_str()), (&session, "ann", "asked by mail"));
    assert_eq!(event.event_id, raised.audit_event_id);
}

async fn an_alert_is_answered_by_those_who_may_see_it(service: TestService) {
    let (_, alerts) = attacked(&service).await;
    let alert = single_alert("NEW_COUNTRY", &alerts);
    // The alert is in the stream.
    service.answered(answer(single_alert("NEW_DEVICE", &alerts), AlertVerdict::WasMe)).await;
    for (tenant_id, user_id, alert_id) in [
        ("", "bob", alert.alert_id.as_str()),
        ("globex", "", &alert.alert_id),
        ("", "", "00000000-0000-8000-8000-000000000000"),
    ] {
        let request = AckAlertRequest {
            tenant_id: tenant_id.to_owned(),
            user_id: user_id.to_owned(),
            alert_id: alert_id.to_owned(),
            ..answer(alert, AlertVerdict::WasNotMe)
        };
        let status = service.ack_alert(request).await.expect_err("not this alert");
        assert_eq!(error_parts(&status).1, "ALERT_NOT_FOUND", "{tenant_id} {user_id} {alert_id}");
    }
    let own = AckAlertRequest { user_id: "ann".to_owned(), ..answer(alert, AlertVerdict::WasNotMe) };
    assert_eq!(service.answered(own).await.session_ids.len(), 1);
}

async fn a_request_that_makes_no_sense_is_refused(service: TestService) {
    let refused = async |request| service.ack_alert(request).await.expect_err("refused");
    assert_invalid_fields(&refused(AckAlertRequest::default()).await, &["alert_id", "verdict"]);
    let alert = Alert { alert_id: "not an ID".to_owned(), ..Alert::default() };
    let request = AckAlertRequest { revoke_all: true, ..answer(&alert, AlertVerdict::WasMe) };
    assert_invalid_fields(&refused(request).await, &["alert_id", "revoke_all"]);
}
