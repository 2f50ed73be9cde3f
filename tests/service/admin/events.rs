//! Reads of the audit log.

use std::time::Duration;

use prost_types::FieldMask;
use session_authority::api::{
    AuditEvent, AuditEventKind, Device, EndReason, EventOrder, GetStatsRequest, ListEventsRequest, ListEventsResponse,
    RevokeAllRequest, RevokeRequest, SearchSessionsRequest, Session, SessionEntry, UpdateRequest, UserScope,
    revoke_all_request::Scope, revoke_request::Target,
};

use super::{login_from, sign_in, sign_out, wait_until_complete};
use crate::service::fixture::{TestService, assert_invalid_fields, id_of, login_of};

super::on_every_audit![
    an_operation_repeated_after_a_day_is_another_event,
    events_of_a_session_are_listed_latest_first,
    a_sign_out_is_distinguished_from_a_revocation,
    an_event_shows_the_device_as_the_session_does,
    events_are_found_by_what_is_known_of_them,
    pages_lead_through_all_events_once,
];

async fn list(service: &TestService, request: ListEventsRequest) -> ListEventsResponse {
    service.admin().list_events(request).await.expect("events").into_inner()
}

fn kinds(events: &[AuditEvent]) -> Vec<AuditEventKind> {
    events.iter().map(AuditEvent::kind).collect()
}

async fn a_sign_out_is_distinguished_from_a_revocation(service: TestService) {
    let (out, ended) = (sign_in(&service, login_of("ann")).await, sign_in(&service, login_of("ann")).await);
    for (created, sign_out) in [(&out, true), (&ended, false)] {
        let target = Some(Target::SessionId(id_of(created)));
        let request = RevokeRequest { target, sign_out, ..RevokeRequest::default() };
        service.sessions().revoke(request).await.expect("a response");
    }
    wait_until_complete(&service).await;
    for (created, reason) in [(&out, EndReason::SignedOut), (&ended, EndReason::Revoked)] {
        let events = list(&service, ListEventsRequest { end_reason: reason.into(), ..Default::default() }).await.events;
        assert_eq!(events.iter().map(|event| event.session_id.clone()).collect::<Vec<_>>(), [id_of(created)]);
        let request = SearchSessionsRequest { end_reason: reason.into(), ..Default::default() };
        let found = service.admin().search_sessions(request).await.expect("sessions").into_inner().sessions;
        assert_eq!(found.iter().map(SessionEntry::end_reason).collect::<Vec<_>>(), [reason]);
    }
    let stats = service.admin().get_stats(GetStatsRequest::default()).await.expect("counts").into_inner();
    let mut counted: Vec<_> = stats.endings_by_reason.iter().map(|by| (by.reason(), by.count)).collect();
    counted.sort_unstable();
    assert_eq!(counted, [(EndReason::Revoked, 1), (EndReason::SignedOut, 1)]);
}

async fn an_event_shows_the_device_as_the_session_does(service: TestService) {
    let (first, second) = (sign_in(&service, login_of("ann")).await, sign_in(&service, login_of("ann")).await);
    wait_until_complete(&service).await;
    for order in [EventOrder::Unspecified, EventOrder::Recorded] {
        let request = ListEventsRequest { order: order.into(), ..Default::default() };
        let events = list(&service, request).await.events;
        for (created, first_seen) in [(&first, true), (&second, false)] {
            let event = events.iter().find(|event| event.session_id == id_of(created)).expect("an event");
            let device = created.session.as_ref().and_then(|session| session.device.clone()).expect("a device");
            assert_eq!(device.first_seen, first_seen);
            assert_eq!(event.device, Some(Device { user_agent: String::new(), ..device }));
        }
    }
}

async fn events_of_a_session_are_listed_latest_first(service: TestService) {
    let ann = sign_in(&service, login_from("ann", "203.0.113.77")).await;
    service.clock.advance(std::time::Duration::from_secs(1));
    let update = UpdateRequest {
        session_id: id_of(&ann),
        session: Some(Session { roles: vec!["auditor".to_owned()], assurance_level: 30, ..Session::default() }),
        update_mask: Some(FieldMask { paths: vec!["roles".to_owned(), "assurance_level".to_owned()] }),
        ..UpdateRequest::default()
    };
    service.sessions().update(update).await.expect("updated");
    service.clock.advance(std::time::Duration::from_secs(1));
    let user = UserScope { user_id: "ann".to_owned(), ..UserScope::default() };
    let revoke_all = RevokeAllRequest {
        scope: Some(Scope::User(user)),
        operation_id: "incident-7".to_owned(),
        reason: "stolen laptop".to_owned(),
        actor: "admin:eve".to_owned(),
        ..RevokeAllRequest::default()
    };
    service.sessions().revoke_all(revoke_all).await.expect("revoked");
    wait_until_complete(&service).await;

    let answer = list(&service, ListEventsRequest { user_id: "ann".to_owned(), ..Default::default() }).await;
    let mut listed_kinds = kinds(&answer.events);
    // These two events have the same time.
    listed_kinds[..2].sort_unstable();
    let expected = [
        AuditEventKind::SessionEnded,
        AuditEventKind::RevokedAll,
        AuditEventKind::SessionUpdated,
        AuditEventKind::SessionCreated,
    ];
    assert_eq!(listed_kinds, expected);
    let of = |kind| answer.events.iter().find(|event| event.kind() == kind).expect("an event");
    let (ended, whole) = (of(AuditEventKind::SessionEnded), of(AuditEventKind::RevokedAll));
    assert_eq!((ended.end_reason(), ended.session_id.as_str()), (EndReason::RevokedAll, id_of(&ann).as_str()));
    assert_eq!((ended.reason.as_str(), ended.actor.as_str()), ("stolen laptop", "admin:eve"));
    assert_eq!((whole.operation_id.as_str(), whole.session_id.as_str()), ("incident-7", ""));
    let updated = of(AuditEventKind::SessionUpdated);
    assert_eq!(updated.changed_fields, ["assurance_level", "roles"]);
    assert_eq!((updated.revision, updated.assurance_level), (2, 30));
    let created = of(AuditEventKind::SessionCreated);
    assert_eq!((created.tenant_id.as_str(), created.caller.as_str()), ("default", "anonymous"));
    assert!(!created.request_id.is_empty() && created.event_id.len() == 36 && created.recorded_at.is_some());
    assert_eq!(created.location.as_ref().expect("a location").ip, "203.0.113.77");
    assert_eq!(created.device.as_ref().expect("a device").browser, "Chrome");
    assert_eq!(created.occurred_at, ann.session.expect("a session").created_at);
}

async fn events_are_found_by_what_is_known_of_them(service: TestService) {
    let ann = sign_in(&service, login_from("ann", "203.0.113.77")).await;
    let bob = sign_in(&service, login_of("bob")).await;
    sign_out(&service, &bob).await;
    wait_until_complete(&service).await;
    let any = ListEventsRequest::default;
    let table = [
        (any(), 3),
        (ListEventsRequest { tenant_id: "default".to_owned(), ..any() }, 3),
        (ListEventsRequest { tenant_id: "acme".to_owned(), ..any() }, 0),
        (ListEventsRequest { session_id: id_of(&bob), ..any() }, 2),
        (ListEventsRequest { session_id: id_of(&ann), ..any() }, 1),
        (ListEventsRequest { kinds: vec![AuditEventKind::SessionEnded.into()], ..any() }, 1),
        (ListEventsRequest { end_reason: EndReason::Revoked.into(), ..any() }, 1),
        (ListEventsRequest { end_reason: EndReason::Expired.into(), ..any() }, 0),
        (ListEventsRequest { actor: "support-7".to_owned(), ..any() }, 1),
        (ListEventsRequest { ip_range: "203.0.113.77".to_owned(), ..any() }, 1),
        (ListEventsRequest { country: "BR".to_owned(), ..any() }, 0),
    ];
    for (request, count) in table {
        let answer = list(&service, request.clone()).await;
        assert_eq!(answer.events.len(), count, "{request:?}");
        assert!(answer.complete_until.is_some() && answer.next_page_token.is_empty());
    }
}

async fn pages_lead_through_all_events_once(service: TestService) {
    for n in 0..5 {
        sign_in(&service, login_of(&format!("user-{n}"))).await;
    }
    wait_until_complete(&service).await;
    let whole: Vec<_> = list(&service, ListEventsRequest::default()).await.events;
    let (mut listed, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = list(&service, ListEventsRequest { page_size: 2, page_token, ..Default::default() }).await;
        listed.extend(page.events);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
        let elsewhere =
            ListEventsRequest { page_token: page_token.clone(), user_id: "ann".to_owned(), ..Default::default() };
        let status = service.admin().list_events(elsewhere).await.expect_err("another filter");
        assert_invalid_fields(&status, &["page_token"]);
    }
    assert_eq!(listed, whole);
}

/// Within a day a repeat has no effect. After that it ends the sessions created since then, which is another event.
async fn an_operation_repeated_after_a_day_is_another_event(service: TestService) {
    let user = UserScope { user_id: "ann".to_owned(), ..UserScope::default() };
    let request = RevokeAllRequest {
        scope: Some(Scope::User(user)),
        operation_id: "nightly".to_owned(),
        ..RevokeAllRequest::default()
    };
    let mut revoked = Vec::new();
    for _ in 0..3 {
        let created = sign_in(&service, login_of("ann")).await;
        let answer = service.sessions().revoke_all(request.clone()).await.expect("a response").into_inner();
        revoked.push((id_of(&created), answer.session_ids));
        service.clock.advance(Duration::from_hours(13));
        wait_until_complete(&service).await;
    }
    let first = vec![revoked[0].0.clone()];
    assert_eq!((&revoked[0].1, &revoked[1].1), (&first, &first), "the second one is a repeat");
    assert_eq!(revoked[2].1, [revoked[2].0.clone()]);
    let kinds = vec![AuditEventKind::RevokedAll.into()];
    let listed = list(&service, ListEventsRequest { kinds, ..Default::default() }).await.events;
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert_ne!(listed[0].event_id, listed[1].event_id);
}
