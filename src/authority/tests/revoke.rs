use super::fixture::{AuthorityFixture, client, keys, login, owner, owner_in, revocation};
use crate::{
    authority::{CreatedSession, LoginRequest, RevocationRequest, SessionSelector},
    domain::{BearerToken, CallError, EndReason, RejectReason, SessionId, TenantId, TenantScope, TokenSecret, UserId},
};

async fn revoke(fixture: &AuthorityFixture, request: RevocationRequest) -> Vec<SessionId> {
    fixture.revoker().revoke(request).await.expect("an outcome")
}

fn by_id(created: &CreatedSession) -> RevocationRequest {
    revocation(SessionSelector::Session(created.session.id))
}

#[tokio::test]
async fn a_session_is_revoked_once() {
    let fixture = AuthorityFixture::new().await;
    let [ann, other] = [fixture.sign_in("ann").await, fixture.sign_in("ann").await];
    assert_eq!(revoke(&fixture, by_id(&ann)).await, [ann.session.id]);
    assert_eq!(revoke(&fixture, by_id(&ann)).await, []);
    assert_eq!(fixture.rejection_reason(&ann.token).await, RejectReason::Ended(EndReason::Revoked));
    assert!(fixture.is_accepted(&other.token).await);
    assert_eq!(fixture.observer.reported().ended, [EndReason::Revoked]);
}

#[tokio::test]
async fn a_sign_out_has_a_reason_of_its_own() {
    let fixture = AuthorityFixture::new().await;
    let ann = fixture.sign_in("ann").await;
    revoke(&fixture, RevocationRequest { is_sign_out: true, ..by_id(&ann) }).await;
    assert_eq!(fixture.rejection_reason(&ann.token).await, RejectReason::Ended(EndReason::SignedOut));
}

#[tokio::test]
async fn a_session_of_another_tenant_or_user_is_not_revoked() {
    let fixture = AuthorityFixture::new().await;
    let ann = fixture.sign_in("ann").await;
    let tenant = |name: &str| TenantId::new(name).expect("a tenant");
    let scope = |name: &str| TenantScope::Only(vec![name.to_owned()]);
    for request in [
        RevocationRequest { tenants: scope("globex"), ..by_id(&ann) },
        RevocationRequest { tenant: Some(tenant("globex")), ..by_id(&ann) },
        RevocationRequest { tenant: Some(tenant("acme")), tenants: scope("globex"), ..by_id(&ann) },
        RevocationRequest { user: Some(UserId::new("bob").expect("a user")), ..by_id(&ann) },
    ] {
        assert_eq!(revoke(&fixture, request.clone()).await, [], "{request:?}");
        assert!(fixture.is_accepted(&ann.token).await, "{request:?}");
    }
    let matching = RevocationRequest {
        tenant: Some(tenant("acme")),
        user: Some(UserId::new("ann").expect("a user")),
        tenants: scope("acme"),
        ..by_id(&ann)
    };
    assert_eq!(revoke(&fixture, matching).await, [ann.session.id]);
}

#[tokio::test]
async fn only_the_right_token_revokes_its_session() {
    let fixture = AuthorityFixture::new().await;
    let ann = fixture.sign_in("ann").await;
    let by_token = |token| revocation(SessionSelector::Token(token));
    let mint = |key| keys(&[key]).minting_key().mint(ann.session.id, &TokenSecret::new([0xff; 32]), 0);
    let (forged, foreign) = (mint(1), mint(9));
    for token in [BearerToken::new("no token".to_owned()), forged, foreign.clone()] {
        assert_eq!(revoke(&fixture, by_token(token)).await, []);
    }
    fixture.token_key_registry.set_missing(&[9]);
    let undecided = fixture.revoker().revoke(by_token(foreign)).await;
    assert_eq!(undecided, Err(CallError::TokenKeyMissing(9)), "another node may know the key");
    assert!(fixture.is_accepted(&ann.token).await);
    assert_eq!(revoke(&fixture, by_token(ann.token.clone())).await, [ann.session.id]);
}

#[tokio::test]
async fn a_device_of_one_user_is_signed_out() {
    let fixture = AuthorityFixture::new().await;
    let creator = fixture.creator();
    let on = |user, device| LoginRequest { client: client(device, "DE"), ..login(user) };
    let phone = creator.create(on("ann", "phone")).await.expect("a session");
    let laptop = creator.create(on("ann", "laptop")).await.expect("a session");
    let bobs = creator.create(on("bob", "phone")).await.expect("a session");
    let globex = LoginRequest { owner: owner_in("globex", "ann"), ..on("ann", "phone") };
    let globex = creator.create(globex).await.expect("a session");
    let device = SessionSelector::Device { owner: owner("ann"), device_id: "phone".to_owned() };
    assert_eq!(revoke(&fixture, revocation(device)).await, [phone.session.id]);
    for token in [&laptop.token, &bobs.token, &globex.token] {
        assert!(fixture.is_accepted(token).await);
    }
}
