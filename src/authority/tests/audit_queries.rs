use super::fixture::{AuthorityFixture, HOUR, START, revocation};
use crate::{
    audit::RelayStatus,
    authority::{SessionSelector, StatsRequest},
    domain::{
        CallError, EventKind,
        search::{AuditEventKind, EventSearch, PageRequest, SessionFilter, SessionSearch, SessionState, TimeRange},
    },
};

const fn first_page<P>(size: u32) -> PageRequest<P> {
    PageRequest { size, after: None }
}

#[tokio::test]
async fn searches_are_paged_and_state_how_far_they_are_complete() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    let mut created = Vec::new();
    for _ in 0..3 {
        created.push(fixture.sign_in("ann").await.session.id);
        fixture.clock.advance(HOUR);
    }
    fixture.relay_events().await;
    fixture.relay_status.send_replace(RelayStatus { complete_until: Some(START), ..RelayStatus::default() });
    let queries = fixture.audit_queries();
    let search = SessionSearch::default();
    let first = queries.search_sessions(&search, first_page(2)).await.expect("a page");
    let ids: Vec<_> = first.entries.iter().map(|entry| entry.id).collect();
    assert_eq!((ids, first.complete_until), (vec![created[2], created[1]], Some(START)));
    let after = first.next;
    let last = queries.search_sessions(&search, PageRequest { size: 2, after }).await.expect("a page");
    assert_eq!((last.entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), last.next), (vec![created[0]], None));
}

#[tokio::test]
async fn searches_distinguish_active_and_ended_sessions() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    let [ended, active] = [fixture.sign_in("ann").await, fixture.sign_in("ann").await];
    fixture.revoker().revoke(revocation(SessionSelector::Session(ended.session.id))).await.expect("revoked");
    fixture.relay_events().await;
    for (state, expected) in [(SessionState::Live, active.session.id), (SessionState::Ended, ended.session.id)] {
        let search = SessionSearch { filter: SessionFilter::default(), state: Some(state), end_reason: None };
        let found = fixture.audit_queries().search_sessions(&search, first_page(10)).await.expect("a page");
        assert_eq!(found.entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [expected], "{state:?}");
    }
}

#[tokio::test]
async fn events_are_listed_latest_first_or_in_recording_order() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    let created = fixture.sign_in("ann").await;
    fixture.clock.advance(HOUR);
    fixture.revoker().revoke(revocation(SessionSelector::Session(created.session.id))).await.expect("revoked");
    fixture.relay_events().await;
    let queries = fixture.audit_queries();
    let search = EventSearch::default();
    let latest_first = queries.list_events(&search, first_page(10)).await.expect("a page");
    let times: Vec<_> = latest_first.entries.iter().map(|event| event.at).collect();
    assert_eq!(times, [START.plus(HOUR), START]);
    let (recorded, _) = queries.list_recorded(&search, None, first_page(10)).await.expect("a page");
    assert_eq!(recorded.events.iter().map(|event| event.at).collect::<Vec<_>>(), [START, START.plus(HOUR)]);
    assert!(!recorded.has_more);
    let created_only = EventSearch { kinds: vec![AuditEventKind::Created], ..EventSearch::default() };
    let found = queries.list_events(&created_only, first_page(10)).await.expect("a page");
    assert_eq!(found.entries.len(), 1, "{:?}", EventKind::Created);
}

#[tokio::test]
async fn statistics_count_logins_and_endings() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    let created = fixture.sign_in("ann").await;
    fixture.sign_in("bob").await;
    fixture.clock.advance(HOUR);
    fixture.revoker().revoke(revocation(SessionSelector::Session(created.session.id))).await.expect("revoked");
    fixture.relay_events().await;
    fixture.clock.advance(HOUR);
    let request = StatsRequest { tenants: None, user: None, window: TimeRange::default(), step: None };
    let stats = fixture.audit_queries().stats(request).await.expect("statistics").stats;
    assert_eq!((stats.active_sessions, stats.logins, stats.endings), (1, 2, 1));
    assert_eq!(stats.logins_by_country, [("DE".to_owned(), 2)]);
}

#[tokio::test]
async fn queries_fail_while_their_results_would_be_wrong() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    let queries = fixture.audit_queries();
    let search = SessionSearch::default();
    fixture.audit_condition.set_rollback_fault(Some("an older copy".to_owned()));
    let refused = queries.search_sessions(&search, first_page(1)).await;
    assert_eq!(refused.err(), Some(CallError::AuditRolledBack("an older copy".to_owned())));
    fixture.audit_condition.set_rollback_fault(None);
    assert!(queries.search_sessions(&search, first_page(1)).await.is_ok());

    let without = AuthorityFixture::new().await.audit_queries();
    assert_eq!(without.search_sessions(&search, first_page(1)).await.err(), Some(CallError::AuditDisabled));
}
