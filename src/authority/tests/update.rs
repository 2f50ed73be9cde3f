use std::sync::Arc;

use super::fixture::{AuthorityFixture, HOUR, MINUTE, START, backlog_with, cause, revocation};
use crate::{
    authority::{CreatedSession, SessionChanges, SessionSelector, SessionUpdateRequest, SessionUpdater},
    domain::{CallError, Caller, TenantScope},
};

fn update(created: &CreatedSession, changes: SessionChanges) -> SessionUpdateRequest {
    SessionUpdateRequest {
        session_id: created.session.id,
        changes,
        if_revision: 0,
        rotates: false,
        caller: Arc::new(Caller::anonymous()),
        cause: cause("profile changed"),
    }
}

fn email(text: &str) -> SessionChanges {
    SessionChanges { email: Some(text.to_owned()), ..SessionChanges::default() }
}

#[tokio::test]
async fn an_update_changes_the_named_fields_and_nothing_else() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    assert!(fixture.take_change_signal());
    let stronger = SessionChanges {
        roles: Some(vec!["admin".to_owned()]),
        assurance_level: Some(3),
        authenticated_at: Some(START.minus(MINUTE)),
        ..email("ann@example.org")
    };
    let updated = fixture.updater().update(update(&created, stronger)).await.expect("an update");
    let mut expected = created.session.clone();
    expected.record.revision = 2;
    expected.record.email = "ann@example.org".to_owned();
    expected.record.roles = vec!["admin".to_owned()];
    expected.record.assurance_level = 3;
    expected.record.authenticated_at = START.minus(MINUTE);
    assert_eq!(updated.session, expected);
    assert_eq!(fixture.list("ann").await, [expected]);
    assert!(fixture.take_change_signal());
}

#[tokio::test]
async fn a_validation_after_an_update_has_the_new_state_although_the_session_was_cached() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    let level = async || fixture.validate(&created.token).await.outcome.expect("accepted").session.assurance_level;
    assert_eq!(level().await, 1);
    let stronger = SessionChanges { assurance_level: Some(3), ..SessionChanges::default() };
    fixture.updater().update(update(&created, stronger)).await.expect("an update");
    assert_eq!(level().await, 3);
}

#[tokio::test]
async fn an_update_of_another_revision_changes_nothing() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    let expecting = |if_revision| SessionUpdateRequest { if_revision, ..update(&created, email("a@example.org")) };
    let refused = fixture.updater().update(expecting(2)).await;
    assert_eq!(refused.err(), Some(CallError::RevisionConflict { current: 1 }));
    assert_eq!(fixture.list("ann").await, std::slice::from_ref(&created.session));
    assert_eq!(fixture.updater().update(expecting(1)).await.expect("an update").session.record.revision, 2);
}

#[tokio::test]
async fn a_session_that_ended_or_belongs_to_another_tenant_is_not_found() {
    let fixture = AuthorityFixture::new().await;
    let [foreign, revoked, idle] =
        [fixture.sign_in("ann").await, fixture.sign_in("bob").await, fixture.sign_in("carol").await];
    let updater = fixture.updater();
    let of_globex = TenantScope::Only(vec!["globex".to_owned()]);
    let caller = Arc::new(Caller { tenants: of_globex, ..Caller::anonymous() });
    let request = SessionUpdateRequest { caller, ..update(&foreign, email("a@example.org")) };
    assert_eq!(updater.update(request).await.err(), Some(CallError::SessionNotFound));
    fixture.revoker().revoke(revocation(SessionSelector::Session(revoked.session.id))).await.expect("revoked");
    fixture.clock.advance(3 * HOUR);
    fixture.validate(&foreign.token).await.outcome.expect("an active session");
    fixture.activity_writer().flush_all().await.expect("written");
    fixture.clock.advance(3 * HOUR);
    for ended in [&revoked, &idle] {
        assert_eq!(updater.update(update(ended, email("a@example.org"))).await.err(), Some(CallError::SessionNotFound));
    }
    assert!(updater.update(update(&foreign, email("a@example.org"))).await.is_ok());
}

#[tokio::test]
async fn every_invalid_change_is_named_and_nothing_is_changed() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    let changes = SessionChanges {
        assurance_level: Some(101),
        authenticated_at: Some(START.plus(HOUR)),
        ..email("a\n@example.org")
    };
    let Err(CallError::InvalidArgument(violations)) = fixture.updater().update(update(&created, changes)).await else {
        panic!("not refused")
    };
    let fields: Vec<_> = violations.iter().map(|violation| violation.field.as_ref()).collect();
    assert_eq!(fields, ["session.email", "session.assurance_level", "session.authenticated_at"]);
    assert_eq!(fixture.list("ann").await, [created.session]);
}

#[tokio::test]
async fn updates_stop_at_half_of_the_backlog() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    let updater = |waiting| SessionUpdater { backlog: backlog_with(waiting), ..fixture.updater() };
    let refused = updater(51).update(update(&created, email("a@example.org"))).await;
    assert_eq!(refused.err(), Some(CallError::AuditBacklogFull));
    assert!(updater(50).update(update(&created, email("a@example.org"))).await.is_ok());
}
