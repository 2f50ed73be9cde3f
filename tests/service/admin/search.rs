//! Searches for sessions.

use std::time::Duration;

use prost_types::Timestamp;
use session_authority::api::{
    CreateRequest, DeviceType, EndReason, SearchSessionsRequest, SessionFilter, SessionState, TimeWindow,
};

use super::{found_ids, login_from, search, sign_in, sign_out, wait_until_complete};
use crate::service::fixture::{START, TestService, assert_invalid_fields, eventually, id_of, login_of};

super::on_every_audit![
    a_session_is_found_by_what_is_known_of_it,
    ended_sessions_have_reason_and_actor,
    pages_lead_through_all_sessions_once,
    a_page_token_goes_with_its_filter,
    last_activity_reaches_the_audit,
];

fn window(start: i64, end: i64) -> TimeWindow {
    let at = |seconds| Some(Timestamp { seconds: START.get().cast_signed() / 1_000 + seconds, nanos: 0 });
    TimeWindow { start: at(start), end: at(end) }
}

async fn a_session_is_found_by_what_is_known_of_it(service: TestService) {
    let of_ann = CreateRequest {
        tenant_id: "acme".to_owned(),
        auth_methods: vec!["pwd".to_owned(), "otp".to_owned()],
        ..login_from("ann", "203.0.113.77")
    };
    let ann = sign_in(&service, of_ann).await;
    let bob = sign_in(&service, login_of("bob")).await;
    wait_until_complete(&service).await;
    let (ann, bob) = (ann.session.expect("a session"), bob.session.expect("a session"));
    let device_id = ann.device.as_ref().expect("a device").device_id.clone();

    let any = SessionFilter::default;
    let only_ann = [
        SessionFilter { tenant_id: "acme".to_owned(), ..any() },
        SessionFilter { user_id: "ann".to_owned(), ..any() },
        SessionFilter { device_id, ..any() },
        SessionFilter { ip_range: "203.0.113.0/24".to_owned(), ..any() },
        SessionFilter { auth_method: "otp".to_owned(), ..any() },
        SessionFilter { created: Some(window(0, 2)), ..any() },
        SessionFilter { last_active: Some(window(1, 2)), ..any() },
    ];
    for filter in only_ann {
        assert_eq!(found_ids(&service, filter.clone()).await, [ann.session_id.as_str()], "{filter:?}");
    }
    let both = [
        any(),
        SessionFilter { device_type: DeviceType::Desktop.into(), ..any() },
        SessionFilter { policy: "default".to_owned(), ..any() },
    ];
    for filter in both {
        let ids = found_ids(&service, filter.clone()).await;
        assert_eq!(ids, [bob.session_id.as_str(), ann.session_id.as_str()], "{filter:?}");
    }
    let none = [
        SessionFilter { user_id: "bob".to_owned(), tenant_id: "acme".to_owned(), ..any() },
        SessionFilter { device_type: DeviceType::Mobile.into(), ..any() },
        SessionFilter { country: "BR".to_owned(), ..any() },
        SessionFilter { asn: 64_500, ..any() },
        SessionFilter { policy: "pci".to_owned(), ..any() },
        SessionFilter { created: Some(window(-9, 1)), ..any() },
    ];
    for filter in none {
        assert!(found_ids(&service, filter.clone()).await.is_empty(), "{filter:?}");
    }
    let filter = Some(SessionFilter { user_id: "ann".to_owned(), ..any() });
    let answer = search(&service, SearchSessionsRequest { filter, ..Default::default() }).await;
    let entry = answer.sessions.into_iter().next().expect("ann's session");
    assert_eq!((entry.state(), entry.ended_at), (SessionState::Live, None));
    let session = entry.session.expect("a session");
    let expected = session_authority::api::Session { data: None, ..ann };
    assert_eq!((session.email.as_str(), &session.roles), ("ann@example.com", &expected.roles));
    assert_eq!(
        (session.created_at, session.expires_at, session.idle_expires_at),
        (expected.created_at, expected.expires_at, expected.idle_expires_at)
    );
    assert_eq!(
        (session.data, session.tenant_id, session.auth_methods),
        (None, expected.tenant_id, expected.auth_methods)
    );
    assert_eq!(session.location.expect("a location").ip, "203.0.113.77");
}

async fn ended_sessions_have_reason_and_actor(service: TestService) {
    let (ann, bob) = (sign_in(&service, login_of("ann")).await, sign_in(&service, login_of("bob")).await);
    sign_out(&service, &ann).await;
    wait_until_complete(&service).await;
    let in_state = async |state: SessionState, end_reason: EndReason| {
        let request =
            SearchSessionsRequest { state: state.into(), end_reason: end_reason.into(), ..Default::default() };
        search(&service, request).await.sessions
    };
    let live = in_state(SessionState::Live, EndReason::Unspecified).await;
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].session.as_ref().expect("a session").session_id, id_of(&bob));
    for ended in [
        in_state(SessionState::Ended, EndReason::Unspecified).await,
        in_state(SessionState::Unspecified, EndReason::Revoked).await,
    ] {
        assert_eq!(ended.len(), 1);
        let entry = &ended[0];
        assert_eq!(entry.session.as_ref().expect("a session").session_id, id_of(&ann));
        assert_eq!((entry.state(), entry.end_reason()), (SessionState::Ended, EndReason::Revoked));
        assert_eq!((entry.reason.as_str(), entry.actor.as_str()), ("lost phone", "support-7"));
        assert!(entry.ended_at.is_some());
    }
    assert!(in_state(SessionState::Ended, EndReason::Expired).await.is_empty());
}

async fn pages_lead_through_all_sessions_once(service: TestService) {
    let mut made = Vec::new();
    for n in 0..7 {
        made.push(id_of(&sign_in(&service, login_of(&format!("user-{n}"))).await));
    }
    made.reverse();
    wait_until_complete(&service).await;
    let (mut found, mut sizes, mut page_token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = search(&service, SearchSessionsRequest { page_size: 3, page_token, ..Default::default() }).await;
        sizes.push(page.sessions.len());
        found.extend(page.sessions.into_iter().map(|entry| entry.session.expect("a session").session_id));
        page_token = page.next_page_token;
        assert!(page_token.len() <= 1024);
        if page_token.is_empty() {
            break;
        }
        // Later sign-ins do not affect the pages.
        sign_in(&service, login_of("late")).await;
    }
    assert_eq!((found, sizes), (made, vec![3, 3, 1]));
}

async fn a_page_token_goes_with_its_filter(service: TestService) {
    for _ in 0..2 {
        sign_in(&service, login_of("ann")).await;
    }
    wait_until_complete(&service).await;
    let first = SearchSessionsRequest { page_size: 1, ..Default::default() };
    let page_token = search(&service, first.clone()).await.next_page_token;
    let filter = Some(SessionFilter { user_id: "ann".to_owned(), ..Default::default() });
    for wrong in [
        SearchSessionsRequest { page_token: page_token.clone(), filter, ..Default::default() },
        SearchSessionsRequest { page_token: page_token[1..].to_owned(), ..Default::default() },
    ] {
        let status = service.admin().search_sessions(wrong).await.expect_err("another filter");
        assert_invalid_fields(&status, &["page_token"]);
    }
    // The page size is not part of the filter, and an empty filter equals none.
    let filter = Some(SessionFilter::default());
    let last = search(&service, SearchSessionsRequest { page_token, page_size: 9, filter, ..first }).await;
    assert_eq!((last.sessions.len(), last.next_page_token.as_str()), (1, ""));
}

async fn last_activity_reaches_the_audit(service: TestService) {
    let ann = sign_in(&service, login_of("ann")).await;
    wait_until_complete(&service).await;
    service.clock.advance(Duration::from_mins(10));
    let used = service.validate(&ann.token).await.expect("an active session").last_active_at;
    service.clock.advance(Duration::from_mins(2));
    service.node.flush_activity().await.expect("written");
    eventually("the last activity is in the audit", || async {
        service.node.send_activity_to_audit().await.expect("sent");
        let sessions = search(&service, SearchSessionsRequest::default()).await.sessions;
        sessions[0].session.as_ref().expect("a session").last_active_at == used
    })
    .await;
}
