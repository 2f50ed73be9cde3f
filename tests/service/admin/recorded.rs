//! The completeness of the audit, and reads in recording order.

use std::{collections::BTreeSet, time::Duration};

use session_authority::{
    api::{
        AuditEvent, AuditEventKind, EventOrder, ListEventsRequest, ListEventsResponse, PurgeRequest, RevokeAllRequest,
        SearchSessionsRequest, SearchSessionsResponse, SessionState, TenantScope, revoke_all_request::Scope,
    },
    clock::Clock,
    domain::UnixMillis,
};

use super::{IN_FLIGHT, sign_in, wait_until_complete};
use crate::service::fixture::{TestService, assert_invalid_fields, login_of};

super::on_every_audit![
    endings_by_time_do_not_arrive_below_what_was_stated_as_complete,
    endings_of_a_mass_revocation_do_not_arrive_below_what_was_stated_as_complete,
    a_reader_in_recording_order_misses_nothing_that_took_effect_before,
    recording_order_begins_where_it_is_asked_to,
];

const SESSIONS: usize = 12;

async fn list(service: &TestService, request: ListEventsRequest) -> ListEventsResponse {
    service.admin().list_events(request).await.expect("events").into_inner()
}

fn endings_request() -> ListEventsRequest {
    let kinds = vec![AuditEventKind::SessionEnded.into()];
    ListEventsRequest { kinds, page_size: 200, ..ListEventsRequest::default() }
}

fn recorded_request(page_token: String) -> ListEventsRequest {
    ListEventsRequest { order: EventOrder::Recorded.into(), page_size: 7, page_token, ..Default::default() }
}

async fn sign_in_some(service: &TestService) {
    for number in 0..SESSIONS {
        sign_in(service, login_of(&format!("user-{number}"))).await;
    }
    wait_until_complete(service).await;
}

fn has_reached(complete_until: Option<prost_types::Timestamp>, at: UnixMillis) -> bool {
    let at = at.to_offset_date_time();
    complete_until
        .is_some_and(|until| (until.seconds, until.nanos) >= (at.unix_timestamp(), at.nanosecond().cast_signed()))
}

/// Waits until the audit reports that it is complete up to `at`: then all earlier ends must be there. After a while
/// everything is swept.
async fn assert_all_ended_when_complete(service: &TestService, at: UnixMillis) {
    for look in 0..2_000 {
        if look > 100 {
            service.admin().purge(PurgeRequest::default()).await.expect("a sweep");
        }
        if has_reached(list(service, endings_request()).await.complete_until, at) {
            let ended = list(service, endings_request()).await.events.len();
            assert_eq!(ended, SESSIONS, "the audit was reported complete although ends were missing");
            assert!(look > 100, "reported before the sweep");
            let live = SearchSessionsRequest { state: SessionState::Live.into(), ..Default::default() };
            let live: SearchSessionsResponse = super::search(service, live).await;
            assert!(live.sessions.is_empty());
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the audit does not become complete");
}

async fn after_first_sweep(service: TestService) -> TestService {
    // The first sweep is done; the next one reaches each bucket every two seconds.
    wait_until_complete(&service).await;
    service
}

async fn endings_by_time_do_not_arrive_below_what_was_stated_as_complete(service: TestService) {
    let service = after_first_sweep(service).await;
    sign_in_some(&service).await;
    // The sessions timed out a long time ago.
    service.clock.advance(Duration::from_hours(400 * 24));
    let over = service.clock.now();
    service.clock.advance(Duration::from_hours(1));
    assert_all_ended_when_complete(&service, over).await;
}

async fn endings_of_a_mass_revocation_do_not_arrive_below_what_was_stated_as_complete(service: TestService) {
    let service = after_first_sweep(service).await;
    sign_in_some(&service).await;
    let tenant = TenantScope { tenant_id: "default".to_owned() };
    let request = RevokeAllRequest { scope: Some(Scope::Tenant(tenant)), ..RevokeAllRequest::default() };
    service.sessions().revoke_all(request).await.expect("revoked");
    service.clock.advance(Duration::from_millis(1));
    let revoked = service.clock.now();
    // Its sessions are ended once all earlier events have certainly arrived.
    service.clock.advance(IN_FLIGHT * 2 + Duration::from_secs(1));
    assert_all_ended_when_complete(&service, revoked).await;
}

/// Reads on until there are no further events.
async fn pull(service: &TestService, token: &mut String) -> Vec<AuditEvent> {
    let mut events = Vec::new();
    loop {
        let page = list(service, recorded_request(token.clone())).await;
        assert!(!page.resume_token.is_empty());
        *token = page.resume_token;
        events.extend(page.events);
        if page.next_page_token.is_empty() {
            return events;
        }
    }
}

async fn a_reader_in_recording_order_misses_nothing_that_took_effect_before(service: TestService) {
    let mut token = String::new();
    sign_in_some(&service).await;
    let mut pulled = pull(&service, &mut token).await;
    assert_eq!(pulled.len(), SESSIONS);
    service.clock.advance(Duration::from_hours(400 * 24));
    sign_in(&service, login_of("late")).await;
    wait_until_complete(&service).await;
    pulled.extend(pull(&service, &mut token).await);
    wait_until_complete(&service).await;
    pulled.extend(pull(&service, &mut token).await);

    let all = list(&service, ListEventsRequest { page_size: 200, ..Default::default() }).await.events;
    let ids = |events: &[AuditEvent]| events.iter().map(|event| event.event_id.clone()).collect::<BTreeSet<_>>();
    assert_eq!(pulled.len(), 2 * SESSIONS + 1, "each event once");
    assert_eq!(ids(&pulled), ids(&all));
    let recorded_at: Vec<_> = pulled.iter().map(|event| event.recorded_at.map(|at| (at.seconds, at.nanos))).collect();
    assert!(recorded_at.is_sorted(), "{recorded_at:?}");
    assert!(pull(&service, &mut token).await.is_empty());
}

async fn recording_order_begins_where_it_is_asked_to(service: TestService) {
    sign_in_some(&service).await;
    let all = list(&service, ListEventsRequest { page_size: 200, ..recorded_request(String::new()) }).await.events;
    let middle = &all[SESSIONS / 2];
    let since =
        ListEventsRequest { recorded_since: middle.recorded_at, page_size: 200, ..recorded_request(String::new()) };
    let rest = list(&service, since.clone()).await;
    assert!(rest.events.contains(middle));
    assert!(rest.events.iter().all(|event| {
        let at = |event: &AuditEvent| event.recorded_at.map(|at| (at.seconds, at.nanos));
        at(event) >= at(middle)
    }));
    // The following page no longer needs the time.
    let on = list(&service, ListEventsRequest { recorded_since: None, page_token: rest.resume_token, ..since.clone() });
    assert!(on.await.events.is_empty());
    let elsewhere = ListEventsRequest { order: EventOrder::LatestFirst.into(), ..since };
    let status = service.admin().list_events(elsewhere).await.expect_err("another order");
    assert_invalid_fields(&status, &["recorded_since"]);
}
