use std::time::Duration;

use super::fixture::{AuthorityFixture, HOUR, MINUTE, backlog_with, cause, scope_revocation, uncompared_clock};
use crate::{
    authority::{Presenter, RotationRequest, TokenRotator},
    domain::{BearerToken, CallError, EndReason, RejectReason, TenantScope, TokenRejection, event::RevocationScope},
    store::{LoadOutcome, SessionStore},
};

fn request<'a>(token: &BearerToken, tenants: &'a TenantScope) -> RotationRequest<'a> {
    RotationRequest { token: token.clone(), tenants, presenter: Presenter::UNKNOWN, cause: cause("") }
}

async fn stored_revision(fixture: &AuthorityFixture, id: crate::domain::SessionId) -> u32 {
    match fixture.engine.load(id).await.expect("load") {
        LoadOutcome::Found(found) => found.session.record.revision,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_token_is_replaced_once_however_often_it_is_asked_for() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    fixture.take_change_signal();
    let rotated = fixture.rotate(&created.token).await.expect("a new token");
    assert!(fixture.take_change_signal());
    for _ in 0..3 {
        let repeated = fixture.rotate(&created.token).await.expect("the same token");
        assert_eq!((repeated.token, repeated.session.record), (rotated.token.clone(), rotated.session.record.clone()));
    }
    assert!(!fixture.take_change_signal(), "a repeat changes nothing");
    assert_eq!(fixture.observer.reported().rotated, [true, false, false, false]);
    assert!(fixture.is_accepted(&rotated.token).await && fixture.is_accepted(&created.token).await);
}

#[tokio::test]
async fn the_first_use_of_a_token_is_stored_before_it_is_accepted() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    let rotated = fixture.rotate(&created.token).await.expect("a new token");
    assert!(fixture.is_accepted(&rotated.token).await);
    let LoadOutcome::Found(found) = fixture.engine.load(created.session.id).await.expect("load") else {
        panic!("not found")
    };
    assert!(found.session.record.rotation.expect("a rotation").is_presented);
    fixture.clock.advance(MINUTE);
    let rejection = fixture.rotate(&created.token).await.expect_err("stolen");
    assert_eq!(rejection.reason, RejectReason::Ended(EndReason::TokenReused));
    assert_eq!(fixture.observer.reported().ended, [EndReason::TokenReused]);
    let alerts: Vec<_> = fixture.observer.reported().alerts.iter().map(|rule| rule.name()).collect();
    assert_eq!(alerts, ["ROTATED_TOKEN_REUSE"]);
    assert!(!fixture.is_accepted(&rotated.token).await);
}

/// Without the check of the time, the cached session would go on accepting the token.
#[tokio::test]
async fn a_cached_session_accepts_the_previous_token_until_its_grace_has_passed() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    let rotated = fixture.rotate(&created.token).await.expect("a new token");
    assert!(fixture.is_accepted(&rotated.token).await);
    fixture.clock.advance(Duration::from_millis(9_999));
    assert!(fixture.is_accepted(&created.token).await);
    assert!(fixture.is_accepted(&created.token).await, "from memory");
    fixture.clock.advance(Duration::from_millis(1));
    assert_eq!(fixture.rejection_reason(&created.token).await, RejectReason::Ended(EndReason::TokenReused));
}

#[tokio::test]
async fn a_token_that_another_node_has_rotated_is_looked_up() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    assert!(fixture.is_accepted(&created.token).await, "the session is cached");
    let elsewhere = TokenRotator { store: std::sync::Arc::clone(&fixture.engine) as _, ..fixture.rotator() };
    let tenants = TenantScope::All;
    let rotated = elsewhere.rotate(request(&created.token, &tenants)).await.expect("a verdict").expect("a new token");
    assert!(fixture.is_accepted(&rotated.token).await, "the cached session has another token");
}

#[tokio::test]
async fn what_is_rejected_is_not_changed() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    let (all, others) = (TenantScope::All, TenantScope::Only(vec!["globex".to_owned()]));
    let foreign = fixture.rotator().rotate(request(&created.token, &others)).await.expect("a verdict");
    assert_eq!(foreign.err(), Some(TokenRejection::from_reason(RejectReason::Unknown)), "nothing is revealed");
    let nonsense = BearerToken::new("sa_".to_owned());
    let malformed = fixture.rotator().rotate(request(&nonsense, &all)).await.expect("a verdict");
    assert_eq!(malformed.expect_err("a rejection").reason, RejectReason::Malformed);
    let full = TokenRotator { backlog: backlog_with(100), ..fixture.rotator() };
    assert_eq!(full.rotate(request(&created.token, &all)).await.err(), Some(CallError::AuditBacklogFull));
    assert_eq!(stored_revision(&fixture, created.session.id).await, 1);

    let tenant = created.session.owner.tenant.clone();
    let revocation = scope_revocation(RevocationScope::Tenant(tenant));
    fixture.scope_revoker().revoke_all(revocation).await.expect("revoked");
    let rejection = fixture.rotate(&created.token).await.expect_err("a rejection");
    assert_eq!(rejection.reason, RejectReason::Ended(EndReason::RevokedAll));

    let idle = fixture.sign_in("bob").await;
    fixture.clock.advance(5 * HOUR);
    let uncompared = TokenRotator { clock_monitor: uncompared_clock(), ..fixture.rotator() };
    let undecided = uncompared.rotate(request(&idle.token, &all)).await;
    assert!(matches!(undecided, Err(CallError::StoreUnavailable(_))), "the clock may be wrong");
    let rejection = fixture.rotate(&idle.token).await.expect_err("a rejection");
    assert_eq!(rejection.reason, RejectReason::Ended(EndReason::IdleTimeout));
}
