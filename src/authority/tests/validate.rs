use super::fixture::{
    AuthorityFixture, HOUR, MINUTE, SECOND, START, keys, login, owner, owner_in, revocation, rules_with,
    scope_revocation, uncompared_clock, validation,
};
use crate::{
    authority::{LoginRequest, SessionCreator, SessionSelector, TokenValidator, ValidationRequest, VerdictSource},
    clock::{Clock, ManualClock},
    domain::{
        BearerToken, CallError, EndReason, Policy, RejectReason, SessionToken, TenantScope, TokenSecret,
        event::RevocationScope, policy::PolicyPreset,
    },
    store::{SessionStore, Touch},
};

/// Returns the token of the same session with another secret, as somebody with the token key could make it.
fn with_other_secret(token: &BearerToken) -> BearerToken {
    let SessionToken { session_id, .. } = keys(&[1]).parse(token.as_str()).expect("a token");
    keys(&[1]).minting_key().mint(session_id, &TokenSecret::new([0xff; 32]), 0)
}

fn only(tenant: &str) -> TenantScope {
    TenantScope::Only(vec![tenant.to_owned()])
}

#[tokio::test]
async fn an_active_session_is_read_once_and_then_served_from_memory() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    for source in [VerdictSource::Store, VerdictSource::Cache] {
        let verdict = fixture.validate(&created.token).await;
        assert_eq!((verdict.source, verdict.as_of), (source, START));
        assert_eq!(verdict.outcome.expect("an active session").session.id, created.session.id);
    }
    assert_eq!(fixture.observer.reported().accepted, 2);
}

#[tokio::test]
async fn a_text_that_is_no_token_of_this_authority_is_rejected_without_a_read() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    let SessionToken { session_id, secret, .. } = keys(&[1]).parse(created.token.as_str()).expect("a token");
    let foreign = keys(&[9]).minting_key().mint(session_id, &secret, 0);
    let altered = BearerToken::new(format!("{}A", created.token.as_str()));
    for (token, reason) in [
        (&BearerToken::new("sa_".to_owned()), RejectReason::Malformed),
        (&altered, RejectReason::Malformed),
        (&foreign, RejectReason::Unknown),
    ] {
        let verdict = fixture.validate(token).await;
        assert_eq!(verdict.source, VerdictSource::Token);
        assert_eq!(verdict.outcome.expect_err("a rejection").reason, reason);
    }
    fixture.token_key_registry.set_missing(&[9]);
    let verdict = fixture.validator().validate(&validation(&foreign)).await;
    assert_eq!(verdict.err(), Some(CallError::TokenKeyMissing(9)), "another node may know the key");
}

#[tokio::test]
async fn a_wrong_secret_reveals_nothing_about_the_session() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    let forged = with_other_secret(&created.token);
    let rejection = fixture.validate(&forged).await.outcome.expect_err("a rejection");
    assert_eq!((rejection.reason, rejection.session_id), (RejectReason::Unknown, None));
    fixture.revoker().revoke(revocation(SessionSelector::Session(created.session.id))).await.expect("revoked");
    let rejection = fixture.validate(&forged).await.outcome.expect_err("a rejection");
    assert_eq!((rejection.reason, rejection.ended_at, rejection.actor.as_str()), (RejectReason::Unknown, None, ""));
}

#[tokio::test]
async fn a_session_of_another_tenant_is_unknown() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    let validator = fixture.validator();
    let (acme, globex) = (only("acme"), only("globex"));
    let validate = async |tenants| {
        validator
            .validate(&ValidationRequest { tenants, ..validation(&created.token) })
            .await
            .expect("a verdict")
            .outcome
    };
    assert_eq!(validate(&globex).await.expect_err("a rejection").reason, RejectReason::Unknown);
    assert!(validate(&acme).await.is_ok());
    fixture.revoker().revoke(revocation(SessionSelector::Session(created.session.id))).await.expect("revoked");
    assert_eq!(validate(&globex).await.expect_err("a rejection").reason, RejectReason::Unknown);
    assert_eq!(validate(&acme).await.expect_err("a rejection").reason, RejectReason::Ended(EndReason::Revoked));
}

#[tokio::test]
async fn an_unused_session_is_idle_after_its_timeout_and_margin() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    let clock = created.session.clock;
    let idle_at = START.plus(clock.idle_timeout);
    fixture.clock.set(idle_at.plus(clock.idle_margin));
    assert!(fixture.is_accepted(&created.token).await);
    fixture.clock.advance(SECOND);
    let rejection = fixture.validate(&created.token).await.outcome.expect_err("a rejection");
    assert_eq!(rejection.reason, RejectReason::Ended(EndReason::IdleTimeout));
    assert_eq!((rejection.session_id, rejection.ended_at), (Some(created.session.id), Some(idle_at)));
    assert_eq!(rejection.stated_reason, "", "a timeout has no cause of a caller");
}

#[tokio::test]
async fn activity_on_any_node_keeps_a_session_from_being_idle_and_a_peek_does_not() {
    let fixture = AuthorityFixture::new().await;
    let [used_here, used_elsewhere, peeked] =
        [fixture.sign_in("ann").await, fixture.sign_in("bob").await, fixture.sign_in("carol").await];
    for created in [&used_here, &used_elsewhere, &peeked] {
        assert!(fixture.is_accepted(&created.token).await, "cached");
    }
    fixture.clock.advance(2 * HOUR);
    fixture.validate(&used_here.token).await.outcome.expect("an active session");
    let touch = Touch { session_id: used_elsewhere.session.id, at: START.plus(2 * HOUR) };
    fixture.engine.touch(&[touch]).await.expect("written by another node");
    assert!(fixture.is_accepted(&peeked.token).await);

    fixture.clock.advance(3 * HOUR);
    assert!(fixture.is_accepted(&used_here.token).await);
    assert!(fixture.is_accepted(&used_elsewhere.token).await, "the store is read before a session counts as idle");
    assert_eq!(fixture.rejection_reason(&peeked.token).await, RejectReason::Ended(EndReason::IdleTimeout));
}

#[tokio::test]
async fn a_session_in_use_expires_at_its_absolute_deadline() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.creator().create(LoginRequest { lifetime: Some(HOUR), ..login("ann") }).await;
    let created = created.expect("a session");
    fixture.clock.set(START.plus(HOUR).minus(SECOND));
    fixture.validate(&created.token).await.outcome.expect("an active session");
    fixture.clock.advance(SECOND);
    let rejection = fixture.validate(&created.token).await.outcome.expect_err("a rejection");
    assert_eq!(rejection.reason, RejectReason::Ended(EndReason::Expired));
    assert_eq!(rejection.ended_at, Some(START.plus(HOUR)));
}

#[tokio::test]
async fn a_revoked_session_is_rejected_with_its_cause_although_it_was_cached() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    fixture.validate(&created.token).await.outcome.expect("an active session");
    fixture.revoker().revoke(revocation(SessionSelector::Session(created.session.id))).await.expect("revoked");
    let rejection = fixture.validate(&created.token).await.outcome.expect_err("a rejection");
    assert_eq!(rejection.reason, RejectReason::Ended(EndReason::Revoked));
    assert_eq!((rejection.ended_at, rejection.actor.as_str()), (Some(START), "ann"));
    assert_eq!(rejection.stated_reason, "stolen");
    assert_eq!(fixture.observer.reported().rejected, [RejectReason::Ended(EndReason::Revoked)]);
}

#[tokio::test]
async fn a_mass_revocation_ends_cached_sessions_of_its_tenant_alone() {
    let fixture = AuthorityFixture::new().await;
    let ann = fixture.sign_in("ann").await;
    let other = LoginRequest { owner: owner_in("globex", "ann"), ..login("ann") };
    let other = fixture.creator().create(other).await.expect("a session");
    for token in [&ann.token, &other.token] {
        fixture.validate(token).await.outcome.expect("an active session");
    }
    fixture.clock.advance(SECOND);
    let acme = RevocationScope::Tenant(owner("ann").tenant);
    fixture.scope_revoker().revoke_all(scope_revocation(acme)).await.expect("revoked");
    let rejection = fixture.validate(&ann.token).await.outcome.expect_err("a rejection");
    assert_eq!(rejection.reason, RejectReason::Ended(EndReason::RevokedAll));
    assert_eq!((rejection.stated_reason.as_str(), rejection.actor.as_str()), ("breach", "ann"));
    assert!(fixture.is_accepted(&other.token).await);
}

#[tokio::test]
async fn a_request_may_demand_a_recent_or_strong_authentication() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.creator().create(LoginRequest { assurance_level: 2, ..login("ann") }).await;
    let created = created.expect("a session");
    fixture.clock.advance(10 * MINUTE);
    let validator = fixture.validator();
    let demand = async |max_auth_age, min_assurance_level| {
        let request = ValidationRequest { max_auth_age, min_assurance_level, ..validation(&created.token) };
        validator.validate(&request).await.expect("a verdict").outcome
    };
    assert!(demand(Some(10 * MINUTE), 2).await.is_ok());
    let too_old = demand(Some(9 * MINUTE), 2).await.expect_err("a rejection");
    assert_eq!(too_old.reason, RejectReason::StepUpRequired);
    assert_eq!((too_old.required_max_auth_age, too_old.required_assurance_level), (Some(9 * MINUTE), 0));
    let too_weak = demand(None, 3).await.expect_err("a rejection");
    assert_eq!((too_weak.reason, too_weak.required_assurance_level), (RejectReason::StepUpRequired, 3));
    assert_eq!(too_weak.required_max_auth_age, None);
    assert!(demand(None, 0).await.is_ok(), "the session itself stays active");
}

#[tokio::test]
async fn activity_is_buffered_unless_the_policy_is_strict() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    fixture.clock.advance(MINUTE);
    let verdict = fixture.validate(&created.token).await.outcome.expect("an active session");
    assert_eq!(verdict.clock.last_active, START.plus(MINUTE));
    let reported = fixture.observer.reported();
    assert_eq!((reported.coalesced, reported.written), (1, 0));

    let strict = Policy { strict_activity: true, ..PolicyPreset::Default.policy() };
    let creator = SessionCreator { rules: rules_with(strict), ..fixture.creator() };
    let created = creator.create(login("bob")).await.expect("a session");
    fixture.clock.advance(MINUTE);
    fixture.validate(&created.token).await.outcome.expect("an active session");
    let reported = fixture.observer.reported();
    assert_eq!((reported.coalesced, reported.written), (1, 1));
    assert_eq!(fixture.list("bob").await[0].clock.last_active, START.plus(2 * MINUTE));
}

#[tokio::test]
async fn a_node_whose_clock_is_not_known_to_be_right_gives_no_verdict() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    let validator = TokenValidator { clock_monitor: uncompared_clock(), ..fixture.validator() };
    let verdict = validator.validate(&validation(&created.token)).await;
    assert!(matches!(verdict, Err(CallError::StoreUnavailable(_))), "{verdict:?}");

    let monitor = uncompared_clock();
    let moment = ManualClock::new(START).instant();
    monitor.compare(moment, START.plus(MINUTE), moment);
    let validator = TokenValidator { clock_monitor: monitor, ..fixture.validator() };
    let verdict = validator.validate(&validation(&created.token)).await;
    assert!(matches!(verdict, Err(CallError::ClockSkewed(_))), "{verdict:?}");
}
