use super::fixture::{AuthorityFixture, HOUR, MINUTE, START, backlog_with, cause, login, owner_in};
use crate::{
    authority::{CreatedSession, FilterRevocationRequest, FilterRevoker, LoginRequest},
    domain::{
        CallError, EndReason, RejectReason, TenantId, UserId,
        search::{SessionFilter, TimeRange},
    },
};

fn request(filter: SessionFilter) -> FilterRevocationRequest {
    FilterRevocationRequest { filter, max_count: None, cause: cause("cleanup") }
}

fn of_ann() -> SessionFilter {
    SessionFilter { user: Some(UserId::new("ann").expect("a user")), ..SessionFilter::default() }
}

/// Creates two sessions of ann, one of her namesake in another tenant, and one of bob, all in the audit database.
async fn recorded_sessions(fixture: &AuthorityFixture) -> [CreatedSession; 4] {
    let globex = LoginRequest { owner: owner_in("globex", "ann"), ..login("ann") };
    let sessions = [
        fixture.sign_in("ann").await,
        fixture.sign_in("ann").await,
        fixture.creator().create(globex).await.expect("a session"),
        fixture.sign_in("bob").await,
    ];
    fixture.relay_events().await;
    sessions
}

/// Carries out a revocation, and returns the number of sessions that it ended.
async fn revoke(revoker: &FilterRevoker, request: FilterRevocationRequest) -> u64 {
    let (_, mut progress) = revoker.find(request).await.expect("a preview");
    while revoker.revoke_batch(&mut progress).await.expect("a batch") {}
    progress.revoked()
}

#[tokio::test]
async fn the_preview_ends_nothing_and_the_batches_end_what_matches() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    let [first, second, namesake, bob] = recorded_sessions(&fixture).await;
    let revoker = fixture.filter_revoker();
    let in_acme = SessionFilter { tenants: Some(vec![TenantId::new("acme").expect("a tenant")]), ..of_ann() };
    let (preview, mut progress) = revoker.find(request(in_acme)).await.expect("a preview");
    assert_eq!((preview.count, preview.sample.len(), preview.complete_until), (2, 2, None));
    assert!(fixture.is_accepted(&first.token).await && fixture.is_accepted(&second.token).await);

    assert_eq!(revoker.revoke_batch(&mut progress).await, Ok(false));
    assert_eq!(progress.revoked(), 2);
    for ended in [&first, &second] {
        assert_eq!(fixture.rejection_reason(&ended.token).await, RejectReason::Ended(EndReason::Revoked));
    }
    assert!(fixture.is_accepted(&namesake.token).await && fixture.is_accepted(&bob.token).await);
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_is_not_counted() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    let [first, ..] = recorded_sessions(&fixture).await;
    let revoker = fixture.filter_revoker();
    let (preview, mut progress) = revoker.find(request(of_ann())).await.expect("a preview");
    assert_eq!(preview.count, 3);
    let by_id = super::fixture::revocation(crate::authority::SessionSelector::Session(first.session.id));
    fixture.revoker().revoke(by_id).await.expect("revoked");
    assert_eq!(revoker.revoke_batch(&mut progress).await, Ok(false));
    assert_eq!(progress.revoked(), 2);
}

#[tokio::test]
async fn nothing_ends_if_more_match_than_the_caller_allows() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    recorded_sessions(&fixture).await;
    let revoker = fixture.filter_revoker();
    let at_most = |max_count| FilterRevocationRequest { max_count: Some(max_count), ..request(of_ann()) };
    let refused = revoker.find(at_most(2)).await;
    assert_eq!(refused.err(), Some(CallError::TooManyMatches { matched: 3, allowed: 2 }));
    assert_eq!(fixture.list("ann").await.len(), 2);
    assert_eq!(revoke(&revoker, at_most(3)).await, 3);
}

#[tokio::test]
async fn activity_that_the_audit_database_has_not_got_yet_counts() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    let [used, ..] = recorded_sessions(&fixture).await;
    fixture.clock.advance(MINUTE);
    fixture.validate(&used.token).await.outcome.expect("an active session");
    let unused_since = TimeRange { start: None, end: Some(START.plus(MINUTE)) };
    let idle = SessionFilter { last_active: unused_since, ..of_ann() };
    assert_eq!(revoke(&fixture.filter_revoker(), request(idle)).await, 2);
    assert!(fixture.is_accepted(&used.token).await);
}

#[tokio::test]
async fn sessions_that_start_later_are_not_ended() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    recorded_sessions(&fixture).await;
    let revoker = fixture.filter_revoker();
    let (_, mut progress) = revoker.find(request(of_ann())).await.expect("a preview");
    fixture.clock.advance(HOUR);
    let later = fixture.sign_in("ann").await;
    fixture.relay_events().await;
    assert_eq!(revoker.revoke_batch(&mut progress).await, Ok(false));
    assert!(fixture.is_accepted(&later.token).await);
}

#[tokio::test]
async fn filtered_revocations_stop_at_half_of_the_backlog() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    recorded_sessions(&fixture).await;
    let revoker = |waiting| FilterRevoker { backlog: backlog_with(waiting), ..fixture.filter_revoker() };
    let (_, mut progress) = revoker(51).find(request(of_ann())).await.expect("a preview");
    assert_eq!(revoker(51).revoke_batch(&mut progress).await, Err(CallError::AuditBacklogFull));
    assert_eq!((fixture.list("ann").await.len(), progress.revoked()), (2, 0));
    assert_eq!(revoker(50).revoke_batch(&mut progress).await, Ok(false));
}

#[tokio::test]
async fn no_session_is_sought_in_an_audit_database_that_was_rolled_back() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    recorded_sessions(&fixture).await;
    let (_, mut progress) = fixture.filter_revoker().find(request(of_ann())).await.expect("a preview");
    fixture.audit_condition.set_rollback_fault(Some("an older copy".to_owned()));
    let rolled_back = CallError::AuditRolledBack("an older copy".to_owned());
    assert_eq!(fixture.filter_revoker().find(request(of_ann())).await.err(), Some(rolled_back.clone()));
    assert_eq!(fixture.filter_revoker().revoke_batch(&mut progress).await, Err(rolled_back));
}
