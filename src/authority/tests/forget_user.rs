use std::sync::Arc;

use super::fixture::{AuthorityFixture, HOUR, START, cause, owner};
use crate::{
    authority::{UserEraser, UserErasureRequest, UserErasureResult, audit_condition::AuditCondition},
    domain::{
        CallError, EndReason, RejectReason, UserId,
        search::{PageRequest, SessionFilter, SessionSearch},
    },
};

fn erasure(user: &str) -> UserErasureRequest {
    UserErasureRequest { owner: owner(user), cause: cause("account deleted") }
}

/// Returns the number of sessions that the audit database has of a user.
async fn recorded_sessions(fixture: &AuthorityFixture, user: &str) -> usize {
    let filter = SessionFilter { user: Some(UserId::new(user).expect("a user")), ..SessionFilter::default() };
    let search = SessionSearch { filter, state: None, end_reason: None };
    let page = PageRequest { size: 10, after: None };
    fixture.audit_queries().search_sessions(&search, page).await.expect("a page").entries.len()
}

#[tokio::test]
async fn a_user_is_erased_here_and_in_the_audit_database() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    let [ann, bob] = [fixture.sign_in("ann").await, fixture.sign_in("bob").await];
    fixture.relay_events().await;
    assert_eq!((recorded_sessions(&fixture, "ann").await, recorded_sessions(&fixture, "bob").await), (1, 1));
    fixture.clock.advance(HOUR);
    let erased = fixture.eraser().forget_user(erasure("ann")).await.expect("erased");
    assert!(erased.revoked == 1 && erased.erased > 0, "{erased:?}");
    let kinds: Vec<_> = erased.retained.iter().map(|retained| retained.kind).collect();
    assert!(kinds.contains(&"login_events") && kinds.contains(&"session_events"), "{kinds:?}");
    for retained in &erased.retained {
        assert!(retained.count > 0 && retained.until > Some(START.plus(365 * 24 * HOUR)), "{retained:?}");
    }
    assert_eq!((recorded_sessions(&fixture, "ann").await, recorded_sessions(&fixture, "bob").await), (0, 1));
    assert_eq!(fixture.rejection_reason(&ann.token).await, RejectReason::Unknown, "not even the reason is kept");
    assert!(fixture.is_accepted(&bob.token).await);
    assert_eq!(fixture.observer.reported().ended, [EndReason::RevokedAll]);
}

#[tokio::test]
async fn a_user_may_sign_in_again_after_an_erasure() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    fixture.sign_in("ann").await;
    fixture.eraser().forget_user(erasure("ann")).await.expect("erased");
    fixture.clock.advance(HOUR);
    let again = fixture.sign_in("ann").await;
    fixture.relay_events().await;
    assert!(fixture.is_accepted(&again.token).await);
    assert_eq!(recorded_sessions(&fixture, "ann").await, 1);
}

#[tokio::test]
async fn an_erasure_of_an_unknown_user_finds_nothing() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    let erased = fixture.eraser().forget_user(erasure("nobody")).await;
    assert_eq!(erased, Ok(UserErasureResult::default()));
}

#[tokio::test]
async fn the_append_only_file_of_redis_is_named_as_what_remains() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    let eraser = UserEraser { engine: "redis", ..fixture.eraser() };
    let outcome = eraser.forget_user(erasure("ann")).await.expect("erased");
    assert_eq!(outcome.retained.iter().map(|retained| retained.kind).collect::<Vec<_>>(), ["append_only_file"]);
}

#[tokio::test]
async fn an_erasure_fails_while_the_audit_database_may_belong_to_another_store() {
    let fixture = AuthorityFixture::with_embedded_audit().await;
    let ann = fixture.sign_in("ann").await;
    fixture.relay_events().await;
    let eraser = UserEraser { audit_condition: Arc::new(AuditCondition::default()), ..fixture.eraser() };
    let refused = eraser.forget_user(erasure("ann")).await;
    assert!(matches!(refused, Err(CallError::AuditUnavailable(_))), "{refused:?}");
    assert!(!fixture.is_accepted(&ann.token).await, "the sessions end nevertheless");
    assert_eq!(recorded_sessions(&fixture, "ann").await, 1, "nothing is written to that database");
}
