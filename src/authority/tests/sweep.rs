use super::fixture::{AuthorityFixture, HOUR, MINUTE, backlog_with, ids, login, uncompared_clock};
use crate::{
    authority::{BucketSweeper, CreatedSession, LoginRequest},
    domain::{Bucket, BucketSet, CallError, EndReason},
};

/// Creates a session that expires in an hour.
async fn short_session(fixture: &AuthorityFixture, user: &str) -> CreatedSession {
    fixture.creator().create(LoginRequest { lifetime: Some(HOUR), ..login(user) }).await.expect("a session")
}

#[tokio::test]
async fn a_sweep_ends_the_sessions_whose_time_is_up_and_records_its_progress() {
    let fixture = AuthorityFixture::new().await;
    let expired = short_session(&fixture, "ann").await;
    let active = fixture.sign_in("ann").await;
    fixture.clock.advance(HOUR + MINUTE);
    fixture.take_change_signal();
    let bucket = expired.session.id.handle.bucket();
    assert_eq!(fixture.sweeper().sweep(bucket).await, Ok(1));
    assert!(fixture.take_change_signal());
    assert_eq!(fixture.observer.reported().ended, [EndReason::Expired]);
    assert_eq!(ids(&fixture.list("ann").await), [active.session.id]);
    let swept: BucketSet = [bucket].into_iter().collect();
    assert!(fixture.sweep_progress.complete_until(swept, None).is_some());
    let all = fixture.sweep_progress.complete_until(BucketSet::ALL, None);
    assert_eq!(all, None, "the other buckets have not been swept");
    assert_eq!(fixture.sweeper().sweep(bucket).await, Ok(0), "nothing is left");
}

#[tokio::test]
async fn a_purge_sweeps_all_buckets() {
    let fixture = AuthorityFixture::new().await;
    for user in ["ann", "bob", "carol"] {
        short_session(&fixture, user).await;
    }
    fixture.clock.advance(HOUR + MINUTE);
    assert_eq!(fixture.sweeper().purge(MINUTE).await, Ok(3));
    assert_eq!(fixture.observer.reported().ended, [EndReason::Expired; 3]);
}

#[tokio::test]
async fn sweeps_stop_at_a_quarter_of_the_backlog() {
    let fixture = AuthorityFixture::new().await;
    short_session(&fixture, "ann").await;
    fixture.clock.advance(HOUR + MINUTE);
    let sweeper = |waiting| BucketSweeper { backlog: backlog_with(waiting), ..fixture.sweeper() };
    assert_eq!(sweeper(25).purge(MINUTE).await, Ok(0));
    assert_eq!(sweeper(24).purge(MINUTE).await, Ok(1));
}

#[tokio::test]
async fn no_session_is_ended_by_a_clock_that_is_not_known_to_be_right() {
    let fixture = AuthorityFixture::new().await;
    short_session(&fixture, "ann").await;
    fixture.clock.advance(HOUR + MINUTE);
    let sweeper = BucketSweeper { clock_monitor: uncompared_clock(), ..fixture.sweeper() };
    for bucket in Bucket::all() {
        let refused = sweeper.sweep(bucket).await;
        assert!(matches!(refused, Err(CallError::StoreUnavailable(_))), "{refused:?}");
    }
    assert!(fixture.observer.reported().ended.is_empty());
}
