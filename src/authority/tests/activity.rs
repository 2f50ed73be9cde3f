use std::sync::Arc;

use super::fixture::{AuthorityFixture, HOUR, MINUTE, START, revocation};
use crate::{
    authority::{ActivityWriter, SessionSelector, audit_condition::AuditCondition},
    domain::{
        CallError, UnixMillis,
        search::{PageRequest, SessionSearch},
    },
    store::{LoadOutcome, SessionStore},
};

/// Returns the last activity of a session in the store.
async fn stored_activity(fixture: &AuthorityFixture, id: crate::domain::SessionId) -> UnixMillis {
    match fixture.engine.load(id).await.expect("a session") {
        LoadOutcome::Found(found) => found.session.clock.last_active,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn activity_is_written_once_its_interval_has_passed_or_when_the_node_stops() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    let id = created.session.id;
    let writer = fixture.activity_writer();
    fixture.clock.advance(MINUTE / 2);
    fixture.validate(&created.token).await.outcome.expect("an active session");
    assert_eq!((writer.flush().await, fixture.activity.tracked_sessions()), (Ok(0), 1));
    assert_eq!(stored_activity(&fixture, id).await, START);

    fixture.clock.advance(MINUTE / 2);
    assert_eq!(writer.flush().await, Ok(1));
    assert_eq!(stored_activity(&fixture, id).await, START.plus(MINUTE / 2));

    fixture.validate(&created.token).await.outcome.expect("an active session");
    assert_eq!(writer.flush_all().await, Ok(1));
    assert_eq!(stored_activity(&fixture, id).await, START.plus(MINUTE));
    assert_eq!(fixture.observer.reported().written, 2);
}

#[tokio::test]
async fn activity_of_a_session_that_has_ended_is_dropped() {
    let fixture = AuthorityFixture::new().await;
    let created = fixture.sign_in("ann").await;
    fixture.clock.advance(MINUTE);
    fixture.validate(&created.token).await.outcome.expect("an active session");
    assert_eq!(fixture.activity.tracked_sessions(), 1);
    fixture.revoker().revoke(revocation(SessionSelector::Session(created.session.id))).await.expect("revoked");
    assert_eq!(fixture.activity.tracked_sessions(), 0);
    assert_eq!(fixture.activity_writer().flush_all().await, Ok(0));
}

#[tokio::test]
async fn written_activity_is_sent_to_the_audit_database_once_that_may_be_written() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    let created = fixture.sign_in("ann").await;
    fixture.relay_events().await;
    fixture.clock.advance(HOUR);
    fixture.validate(&created.token).await.outcome.expect("an active session");
    let writer = fixture.activity_writer();
    assert_eq!(writer.send_to_audit().await, Ok(0), "it has not been written yet");
    writer.flush_all().await.expect("written");
    let unexamined =
        ActivityWriter { audit_condition: Arc::new(AuditCondition::default()), ..fixture.activity_writer() };
    let refused = unexamined.send_to_audit().await;
    assert!(matches!(refused, Err(CallError::AuditUnavailable(_))), "{refused:?}");

    assert_eq!(writer.send_to_audit().await, Ok(1));
    assert_eq!(writer.send_to_audit().await, Ok(0), "it is sent once");
    let page = PageRequest { size: 1, after: None };
    let found = fixture.audit_queries().search_sessions(&SessionSearch::default(), page).await.expect("a page");
    assert_eq!(found.entries[0].last_active, START.plus(HOUR));
}
