use super::*;
use crate::domain::{
    IpRange,
    search::{AuditedSession, PageRequest, SessionFilter, SessionPosition, SessionSearch, SessionState, TimeRange},
};

/// Returns a log with three sessions. 1: ann's phone in Brazil, live. 2: bob's unknown device in Britain, ended. 3:
/// ann's of another tenant, created at the same time as 2.
async fn log_with_three_sessions() -> SqliteEventLog {
    let ann = made("acme", "ann", 1, 100);
    let mut bob = made("acme", "bob", 2, 200);
    bob.record.device = Device { id: "thing".into(), ..Device::default() };
    bob.record.location =
        Location { ip: "192.0.2.7".parse().ok(), country: "GB".into(), asn: 64_501, ..Location::default() };
    bob.record.auth_methods = vec!["pwd".into()];
    bob.record.policy = "short".into();
    bob.clock.last_active = UnixMillis::new(250);
    let mut other = made("other", "ann", 3, 200);
    other.record.device.kind = DeviceType::Desktop;
    let end = ended(&bob, EndReason::Expired, 300);
    log_with_events(&[created(&ann), created(&bob), created(&other), end]).await
}

async fn found(log: &SqliteEventLog, search: &SessionSearch) -> Vec<u8> {
    let page = PageRequest { size: 10, after: None };
    let entries = log.search_sessions(search, page).await.expect("sessions");
    assert_eq!(log.count_sessions(search).await.expect("a count"), entries.len() as u64);
    entries.iter().map(|entry| entry.id.unique[0]).collect()
}

fn range(text: &str) -> Option<IpRange> {
    IpRange::parse("ip", text).ok()
}

fn window(start: u64, end: u64) -> TimeRange {
    TimeRange { start: Some(UnixMillis::new(start)), end: Some(UnixMillis::new(end)) }
}

#[tokio::test]
async fn sessions_are_found_by_every_criterion() {
    let log = log_with_three_sessions().await;
    let none = SessionFilter::default;
    let cases: [(SessionFilter, &[u8]); 25] = [
        (none(), &[3, 2, 1]),
        (SessionFilter { tenants: tenants(&["acme"]), ..none() }, &[2, 1]),
        (SessionFilter { tenants: tenants(&["acme", "other"]), ..none() }, &[3, 2, 1]),
        (SessionFilter { tenants: tenants(&[]), ..none() }, &[]),
        (SessionFilter { user: user("ann"), ..none() }, &[3, 1]),
        (SessionFilter { user: user("eve"), ..none() }, &[]),
        (SessionFilter { user: user("ann"), tenants: tenants(&["acme"]), ..none() }, &[1]),
        (SessionFilter { device_id: Some("thing".into()), ..none() }, &[2]),
        (SessionFilter { device_type: Some(DeviceType::Mobile), ..none() }, &[1]),
        (SessionFilter { device_type: Some(DeviceType::Unknown), ..none() }, &[2]),
        (SessionFilter { country: Some("BR".into()), ..none() }, &[3, 1]),
        (SessionFilter { ip: range("192.0.2.7"), ..none() }, &[2]),
        (SessionFilter { ip: range("192.0.2.0/24"), ..none() }, &[2]),
        (SessionFilter { ip: range("192.0.2.8/29"), ..none() }, &[]),
        (SessionFilter { ip: range("2001:db8::/32"), ..none() }, &[3, 1]),
        (SessionFilter { asn: Some(64_501), ..none() }, &[2]),
        (SessionFilter { auth_method: Some("otp".into()), ..none() }, &[3, 1]),
        (SessionFilter { auth_method: Some("ot".into()), ..none() }, &[]),
        (SessionFilter { policy: Some("short".into()), ..none() }, &[2]),
        (SessionFilter { created: window(100, 200), ..none() }, &[1]),
        (SessionFilter { created: window(101, 201), ..none() }, &[3, 2]),
        (SessionFilter { last_active: window(250, 251), ..none() }, &[2]),
        (SessionFilter { last_active: window(100, 250), ..none() }, &[3, 1]),
        (SessionFilter { user: user("bob"), country: Some("GB".into()), ip: range("::/0"), ..none() }, &[]),
        (SessionFilter { device_id: Some("phone-1".into()), created: window(0, 150), ..none() }, &[1]),
    ];
    for (filter, expected) in cases {
        let search = SessionSearch { filter, ..SessionSearch::default() };
        assert_eq!(found(&log, &search).await, expected, "{search:?}");
    }
}

#[tokio::test]
async fn sessions_are_found_by_state_and_by_why_they_ended() {
    let log = log_with_three_sessions().await;
    let cases: [(Option<SessionState>, Option<EndReason>, &[u8]); 5] = [
        (Some(SessionState::Live), None, &[3, 1]),
        (Some(SessionState::Ended), None, &[2]),
        (None, Some(EndReason::Expired), &[2]),
        (None, Some(EndReason::Revoked), &[]),
        (Some(SessionState::Live), Some(EndReason::Expired), &[]),
    ];
    for (state, end_reason, expected) in cases {
        let search = SessionSearch { state, end_reason, ..SessionSearch::default() };
        assert_eq!(found(&log, &search).await, expected, "{search:?}");
    }
}

async fn list_in_pages(log: &SqliteEventLog, search: &SessionSearch, size: u32) -> Vec<Vec<u8>> {
    let (mut pages, mut after) = (Vec::new(), None::<SessionPosition>);
    loop {
        let page = log.search_sessions(search, PageRequest { size, after }).await.expect("a page");
        after = page.last().map(AuditedSession::position);
        pages.push(page.iter().map(|entry| entry.id.unique[0]).collect());
        if page.len() < size as usize {
            return pages;
        }
    }
}

#[tokio::test]
async fn a_walk_meets_every_session_once_also_those_with_one_start() {
    let sessions =
        [(1, 100), (2, 200), (3, 200), (4, 200), (5, 300)].map(|(unique, at)| made("acme", "ann", unique, at));
    let log = log_with_events(&sessions.each_ref().map(created)).await;
    let everything = SessionSearch::default();
    let of_user = SessionSearch {
        filter: SessionFilter { user: user("ann"), ..SessionFilter::default() },
        ..SessionSearch::default()
    };
    let live = SessionSearch { state: Some(SessionState::Live), ..SessionSearch::default() };
    for search in [everything, of_user, live] {
        assert_eq!(list_in_pages(&log, &search, 2).await, [vec![5, 4], vec![3, 2], vec![1]], "{search:?}");
        assert_eq!(list_in_pages(&log, &search, 5).await, [vec![5, 4, 3, 2, 1], vec![]], "{search:?}");
        assert_eq!(list_in_pages(&log, &search, 1).await.len(), 6, "{search:?}");
    }
}

#[tokio::test]
async fn what_a_newer_release_wrote_is_left_out_without_ending_the_list() {
    let sessions = [1, 2, 3, 4].map(|unique| made("acme", "ann", unique, u64::from(unique)));
    let mut events: Vec<_> = sessions.iter().map(created).collect();
    events.extend(sessions[1..3].iter().map(|session| ended(session, EndReason::Expired, 10)));
    let log = log_with_events(&events).await;
    let newer = "UPDATE sessions SET end_reason = 'of a newer release' WHERE ended_at IS NOT NULL;
                 UPDATE sessions SET device_type = 'of a newer release'";
    sqlx::raw_sql(newer).execute(&log.pool).await.expect("updated");

    assert_eq!(list_in_pages(&log, &SessionSearch::default(), 2).await, [vec![4, 1], vec![]]);
}
