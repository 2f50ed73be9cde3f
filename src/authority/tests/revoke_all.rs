use super::fixture::{AuthorityFixture, SECOND, ids, login, owner, owner_in, scope_revocation};
use crate::{
    authority::{CreatedSession, LoginRequest, ScopeRevocationRequest, revoke_all::ExemptSession},
    domain::{BearerToken, CallError, EndReason, RejectReason, event::RevocationScope},
};

fn of_ann() -> ScopeRevocationRequest {
    scope_revocation(RevocationScope::User(owner("ann")))
}

fn of_tenant(owner: &crate::domain::Owner) -> ScopeRevocationRequest {
    scope_revocation(RevocationScope::Tenant(owner.tenant.clone()))
}

async fn three_sessions_of_ann(fixture: &AuthorityFixture) -> [CreatedSession; 3] {
    [fixture.sign_in("ann").await, fixture.sign_in("ann").await, fixture.sign_in("ann").await]
}

/// Returns the field that a refused request names.
fn violated_field(refused: Result<impl Sized, CallError>) -> String {
    match refused.err() {
        Some(CallError::InvalidArgument(violations)) => {
            violations.iter().map(|violation| violation.field.to_string()).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_session_of_the_user_ends_but_the_exempt_one() {
    let fixture = AuthorityFixture::new().await;
    let sessions = three_sessions_of_ann(&fixture).await;
    let bob = fixture.sign_in("bob").await;
    let except = Some(ExemptSession::Session(sessions[1].session.id));
    let request = ScopeRevocationRequest { except, ..of_ann() };
    let mut revoked = fixture.scope_revoker().revoke_all(request).await.expect("revoked").session_ids;
    revoked.sort();
    let mut expected = [sessions[0].session.id, sessions[2].session.id];
    expected.sort();
    assert_eq!(revoked, expected);
    assert_eq!(ids(&fixture.list("ann").await), [sessions[1].session.id]);
    assert!(fixture.is_accepted(&bob.token).await);
    assert_eq!(fixture.rejection_reason(&sessions[0].token).await, RejectReason::Ended(EndReason::RevokedAll));
    assert_eq!(fixture.observer.reported().ended, [EndReason::RevokedAll; 2]);
}

#[tokio::test]
async fn the_exempt_session_may_be_named_by_its_token_and_must_be_of_the_user() {
    let fixture = AuthorityFixture::new().await;
    let sessions = three_sessions_of_ann(&fixture).await;
    let bob = fixture.sign_in("bob").await;
    let use_case = fixture.scope_revoker();
    let except = |except| ScopeRevocationRequest { except: Some(except), ..of_ann() };
    for (exempt, field) in [
        (ExemptSession::Session(bob.session.id), "except_session_id"),
        (ExemptSession::Token(bob.token.clone()), "except_token"),
        (ExemptSession::Token(BearerToken::new("no token".to_owned())), "except_token"),
    ] {
        assert_eq!(violated_field(use_case.revoke_all(except(exempt)).await), field);
    }
    assert_eq!(fixture.list("ann").await.len(), 3, "a refused request ends nothing");
    let exempt = ExemptSession::Token(sessions[0].token.clone());
    use_case.revoke_all(except(exempt)).await.expect("revoked");
    assert_eq!(ids(&fixture.list("ann").await), [sessions[0].session.id]);
}

#[tokio::test]
async fn a_repeated_operation_returns_the_first_outcome_and_ends_nothing_more() {
    let fixture = AuthorityFixture::new().await;
    let use_case = fixture.scope_revoker();
    let request = ScopeRevocationRequest { operation_id: "op-1".to_owned(), ..of_ann() };
    let first = fixture.sign_in("ann").await;
    let revoked = use_case.revoke_all(request.clone()).await.expect("revoked");
    assert_eq!(revoked.session_ids, [first.session.id]);
    fixture.clock.advance(SECOND);
    let later = fixture.sign_in("ann").await;
    assert_eq!(use_case.revoke_all(request.clone()).await, Ok(revoked));
    assert!(fixture.is_accepted(&later.token).await);

    let mut other_caller = request;
    other_caller.cause.caller = "another".to_owned();
    let revoked = use_case.revoke_all(other_caller).await.expect("another operation");
    assert_eq!(revoked.session_ids, [later.session.id]);
}

#[tokio::test]
async fn a_tenant_or_everyone_is_signed_out_at_once() {
    let fixture = AuthorityFixture::new().await;
    let ann = fixture.sign_in("ann").await;
    let globex = LoginRequest { owner: owner_in("globex", "ann"), ..login("ann") };
    let globex = fixture.creator().create(globex).await.expect("a session");
    let use_case = fixture.scope_revoker();
    fixture.clock.advance(SECOND);
    fixture.take_change_signal();
    let revoked = use_case.revoke_all(of_tenant(&owner("ann"))).await.expect("revoked");
    assert_eq!(revoked.session_ids, []);
    assert!(fixture.take_change_signal());
    assert!(!fixture.is_accepted(&ann.token).await && fixture.is_accepted(&globex.token).await);
    fixture.clock.advance(SECOND);
    let later = fixture.sign_in("ann").await;
    assert!(fixture.is_accepted(&later.token).await);
    fixture.clock.advance(SECOND);
    use_case.revoke_all(scope_revocation(RevocationScope::Everyone)).await.expect("revoked");
    assert!(!fixture.is_accepted(&later.token).await && !fixture.is_accepted(&globex.token).await);
}

#[tokio::test]
async fn a_mass_revocation_exempts_no_session_and_its_rate_is_limited() {
    let fixture = AuthorityFixture::new().await;
    let ann = fixture.sign_in("ann").await;
    let use_case = fixture.scope_revoker();
    fixture.clock.advance(SECOND);
    let except = Some(ExemptSession::Session(ann.session.id));
    let exempting = ScopeRevocationRequest { except, ..of_tenant(&owner("ann")) };
    assert_eq!(violated_field(use_case.revoke_all(exempting).await), "except_session_id");
    assert!(fixture.is_accepted(&ann.token).await);

    let globex = of_tenant(&owner_in("globex", "ann"));
    for _ in 0..2 {
        use_case.revoke_all(globex.clone()).await.expect("within the burst");
    }
    assert_eq!(use_case.revoke_all(globex.clone()).await, Err(CallError::RateLimited { retry_after: SECOND }));
    assert!(use_case.revoke_all(of_tenant(&owner("ann"))).await.is_ok(), "of another tenant");
    fixture.clock.advance(SECOND);
    assert!(use_case.revoke_all(globex).await.is_ok());
    for _ in 0..5 {
        assert!(use_case.revoke_all(of_ann()).await.is_ok(), "revocations of users are not limited");
    }
}
