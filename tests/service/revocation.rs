//! `Revoke` and `RevokeAll`: the sessions that end, those that stay, and the rejections that follow.

use std::time::Duration;

use prost_types::Timestamp;
use session_authority::api::{
    CreateRequest, Everyone, RejectReason, RevokeAllRequest, RevokeRequest, TenantScope, UserScope, revoke_all_request,
    revoke_request::Target,
};
use tonic::Code;

use super::fixture::{START, TestService, error_parts, id_of, login_of, reason_of};

super::on_every_engine![
    a_revoked_session_is_rejected_at_once_with_the_actor,
    a_session_is_revoked_by_its_token_and_by_its_device,
    a_session_of_somebody_else_is_not_found,
    a_user_who_signs_out_is_distinguished_from_one_who_was_signed_out,
    a_mass_revocation_carries_the_words_of_its_caller,
    an_end_that_nobody_asked_for_has_no_words,
    an_authentication_may_be_as_old_as_a_remembered_session,
    revoking_all_of_a_user_may_leave_the_current_one,
    a_login_proven_before_a_revocation_is_refused,
    a_repeated_operation_ends_nothing_new,
    a_tenant_and_everyone_are_signed_out_at_once,
];

fn revoke(target: Target) -> RevokeRequest {
    RevokeRequest { target: Some(target), ..RevokeRequest::default() }
}

fn all_of(user: &str) -> RevokeAllRequest {
    let scope = UserScope { tenant_id: String::new(), user_id: user.to_owned() };
    RevokeAllRequest { scope: Some(revoke_all_request::Scope::User(scope)), ..RevokeAllRequest::default() }
}

async fn a_revoked_session_is_rejected_at_once_with_the_actor(service: TestService) {
    let created = service.login("ann").await;
    let request = RevokeRequest {
        reason: "lost phone".into(),
        actor: "admin:eve".into(),
        ..revoke(Target::SessionId(id_of(&created)))
    };
    let answer = service.sessions().revoke(request.clone()).await.expect("a response").into_inner();
    assert_eq!((answer.revoked, answer.session_ids), (true, vec![id_of(&created)]));
    let rejection = service.validate(&created.token).await.expect_err("signed out");
    assert_eq!((rejection.reason(), rejection.actor.as_str()), (RejectReason::Revoked, "admin:eve"));
    assert_eq!(rejection.stated_reason, "lost phone");
    assert!(service.list("ann").await.is_empty());
    let again = service.sessions().revoke(request).await.expect("a response").into_inner();
    assert_eq!((again.revoked, again.session_ids.len()), (false, 0), "there is nothing left to revoke");
}

async fn a_user_who_signs_out_is_distinguished_from_one_who_was_signed_out(service: TestService) {
    let (out, ended) = (service.login("ann").await, service.login("ann").await);
    for (created, sign_out) in [(&out, true), (&ended, false)] {
        let request = RevokeRequest { sign_out, ..revoke(Target::Token(created.token.clone())) };
        assert!(service.sessions().revoke(request).await.expect("a response").into_inner().revoked);
    }
    assert_eq!(reason_of(&service.validate(&out.token).await), RejectReason::SignedOut);
    assert_eq!(reason_of(&service.validate(&ended.token).await), RejectReason::Revoked);
}

async fn a_mass_revocation_carries_the_words_of_its_caller(service: TestService) {
    for scope in [all_of("ann").scope, Some(revoke_all_request::Scope::Everyone(Everyone {}))] {
        let created = service.login("ann").await;
        let request = RevokeAllRequest { scope, reason: "password changed".into(), ..RevokeAllRequest::default() };
        service.clock.advance(Duration::from_secs(1));
        service.sessions().revoke_all(request).await.expect("a response");
        service.clock.advance(Duration::from_secs(1));
        let rejection = service.validate(&created.token).await.expect_err("signed out");
        assert_eq!(
            (rejection.reason(), rejection.stated_reason.as_str()),
            (RejectReason::RevokedAll, "password changed")
        );
    }
}

async fn an_end_that_nobody_asked_for_has_no_words(service: TestService) {
    let created = service.login("ann").await;
    service.clock.advance(Duration::from_hours(24 * 31));
    let rejection = service.validate(&created.token).await.expect_err("expired");
    assert_eq!((rejection.actor.as_str(), rejection.stated_reason.as_str()), ("session-authority", ""));
}

async fn an_authentication_may_be_as_old_as_a_remembered_session(service: TestService) {
    let days_ago = |days: u64| {
        let at = START.minus(Duration::from_hours(24 * days)).to_offset_date_time();
        let authenticated_at = Timestamp { seconds: at.unix_timestamp(), nanos: 0 };
        CreateRequest { authenticated_at: Some(authenticated_at), ..login_of("ann") }
    };
    service.create(days_ago(89)).await.expect("a session");
    let status = service.create(days_ago(91)).await.expect_err("too long ago");
    assert_eq!(error_parts(&status).2, ["authenticated_at"]);
}

async fn a_session_is_revoked_by_its_token_and_by_its_device(service: TestService) {
    let created = service.login("ann").await;
    let by_token = service.sessions().revoke(revoke(Target::Token(created.token.clone()))).await;
    assert!(by_token.expect("a response").into_inner().revoked);
    for nothing in ["", "sa_", "anything at all"] {
        let answer = service.sessions().revoke(revoke(Target::Token(nothing.into()))).await.expect("a response");
        assert!(!answer.into_inner().revoked);
    }

    let (one, two) = (service.login("ann").await, service.login("ann").await);
    let device = one.session.as_ref().and_then(|session| session.device.clone()).expect("a device").device_id;
    let request = RevokeRequest { user_id: "ann".into(), ..revoke(Target::DeviceId(device)) };
    let mut ended = service.sessions().revoke(request).await.expect("a response").into_inner().session_ids;
    let mut expected = vec![id_of(&one), id_of(&two)];
    ended.sort();
    expected.sort();
    assert_eq!(ended, expected);
}

async fn a_session_of_somebody_else_is_not_found(service: TestService) {
    let created = service.login("ann").await;
    let target = revoke(Target::SessionId(id_of(&created)));
    let bob = RevokeRequest { user_id: "bob".into(), ..target.clone() };
    let elsewhere = RevokeRequest { tenant_id: "acme".into(), ..target };
    for request in [bob, elsewhere] {
        assert!(!service.sessions().revoke(request).await.expect("a response").into_inner().revoked);
    }
    service.validate(&created.token).await.expect("an active session");
}

async fn revoking_all_of_a_user_may_leave_the_current_one(service: TestService) {
    let (kept, other) = (service.login("ann").await, service.login("ann").await);
    let bystander = service.login("bob").await;
    let request = RevokeAllRequest { except_token: kept.token.clone(), ..all_of("ann") };
    let answer = service.sessions().revoke_all(request).await.expect("a response").into_inner();
    assert_eq!((answer.revoked_count, answer.session_ids), (1, vec![id_of(&other)]));
    assert_eq!(reason_of(&service.validate(&other.token).await), RejectReason::RevokedAll);
    service.validate(&kept.token).await.expect("the kept session");
    service.validate(&bystander.token).await.expect("another user's session");
    let wrong = RevokeAllRequest { except_session_id: id_of(&bystander), ..all_of("ann") };
    let error = service.sessions().revoke_all(wrong).await.expect_err("not ann's session");
    assert_eq!(error_parts(&error).2, ["except_session_id"]);
}

async fn a_login_proven_before_a_revocation_is_refused(service: TestService) {
    service.sessions().revoke_all(all_of("ann")).await.expect("a response");
    let seconds = i64::try_from(START.get() / 1000).expect("small");
    let proven = |seconds| CreateRequest { authenticated_at: Some(Timestamp { seconds, nanos: 0 }), ..login_of("ann") };
    for earlier in [seconds - 1, seconds] {
        let error = service.create(proven(earlier)).await.expect_err("authenticated before the revocation");
        assert_eq!(error_parts(&error), (Code::FailedPrecondition, "AUTHENTICATION_REVOKED".into(), vec![]));
    }
    service.create(proven(seconds + 1)).await.expect_err("an authentication time in the future counts as now");
    service.clock.advance(Duration::from_millis(1));
    service.create(proven(seconds)).await.expect("a whole second includes all of it");
    service.create(proven(seconds - 1)).await.expect_err("the second before");
    service.login("ann").await;
}

async fn a_repeated_operation_ends_nothing_new(service: TestService) {
    let first = service.login("ann").await;
    let request = RevokeAllRequest { operation_id: "op-1".into(), ..all_of("ann") };
    let answer = service.sessions().revoke_all(request.clone()).await.expect("a response").into_inner();
    let between = service.login("ann").await;
    let again = service.sessions().revoke_all(request).await.expect("a response").into_inner();
    assert_eq!(answer, again, "the first outcome is returned again");
    assert_eq!(again.session_ids, [id_of(&first)]);
    service.validate(&between.token).await.expect("made after the operation");
}

async fn a_tenant_and_everyone_are_signed_out_at_once(service: TestService) {
    let in_tenant = |tenant: &str| CreateRequest { tenant_id: tenant.into(), ..login_of("ann") };
    let acme = service.create(in_tenant("acme")).await.expect("a session");
    let globex = service.create(in_tenant("globex")).await.expect("a session");
    let scope = revoke_all_request::Scope::Tenant(TenantScope { tenant_id: "acme".into() });
    let request = RevokeAllRequest { scope: Some(scope), actor: "eve".into(), ..RevokeAllRequest::default() };
    let answer = service.sessions().revoke_all(request).await.expect("a response").into_inner();
    assert_eq!(answer.revoked_count, 0, "counted one by one later");
    let rejection = service.validate(&acme.token).await.expect_err("signed out");
    assert_eq!((rejection.reason(), rejection.actor.as_str()), (RejectReason::RevokedAll, "eve"));
    service.validate(&globex.token).await.expect("another tenant");

    let scope = revoke_all_request::Scope::Everyone(Everyone {});
    let request = RevokeAllRequest { scope: Some(scope), ..RevokeAllRequest::default() };
    service.sessions().revoke_all(request).await.expect("a response");
    assert_eq!(reason_of(&service.validate(&globex.token).await), RejectReason::RevokedAll);
    let fresh = service.create(in_tenant("acme")).await.expect("a session");
    service.validate(&fresh.token).await.expect("made after it");
}
