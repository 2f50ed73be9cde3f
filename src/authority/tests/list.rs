use super::fixture::{AuthorityFixture, MINUTE, SECOND, START, ids, revocation};
use crate::authority::SessionSelector;

#[tokio::test]
async fn a_list_has_the_active_sessions_of_one_user_by_activity_written_or_not() {
    let fixture = AuthorityFixture::new().await;
    let mut created = Vec::new();
    for _ in 0..3 {
        fixture.clock.advance(SECOND);
        created.push(fixture.sign_in("ann").await);
    }
    fixture.sign_in("bob").await;
    fixture.revoker().revoke(revocation(SessionSelector::Session(created[1].session.id))).await.expect("revoked");
    fixture.clock.set(START.plus(MINUTE));
    fixture.validate(&created[0].token).await.outcome.expect("an active session");

    let listed = fixture.list("ann").await;
    assert_eq!(ids(&listed), [created[0].session.id, created[2].session.id]);
    assert_eq!(listed[0].clock.last_active, START.plus(MINUTE));
    assert_eq!(fixture.activity_writer().flush_all().await, Ok(0), "the list has written the activity");
    assert!(fixture.list("carol").await.is_empty());
}
