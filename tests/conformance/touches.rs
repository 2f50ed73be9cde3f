//! Activity moves forward only, and only on existing sessions.

use std::time::Duration;

use session_authority::domain::{Bucket, EndReason, SessionId, UnixMillis};
use session_authority::store::Touch;

use super::fixture::{StoreFixture, end_summaries};
use super::users::{CreationExt, IDLE, MARGIN, NOW, TestUser, after};

fn touch(session_id: SessionId, second: u64) -> Touch {
    Touch { session_id, at: at(second) }
}

fn at(second: u64) -> UnixMillis {
    after(Duration::from_secs(second))
}

pub async fn activity_moves_forward_and_never_back(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    let id = ann.session_id(1);

    assert_eq!(f.touch(&[touch(id, 20)]).await.expect("touch"), [Some(at(20))]);
    assert_eq!(f.touch(&[touch(id, 20)]).await.expect("touch"), [Some(at(20))]);
    assert_eq!(f.touch(&[touch(id, 10)]).await.expect("touch"), [Some(at(20))]);
    let sessions = f.list(&ann.owner, ann.handle, &[], at(60)).await.expect("list");
    assert_eq!(sessions[0].clock.last_active, at(20));
}

pub async fn what_does_not_exist_is_not_made_by_a_touch(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(ann.login(2, NOW).limited_to(1)).await;
    let before = f.keyspace().await;

    let gone = [ann.session_id(1), ann.session_id(3), TestUser::new("bob").session_id(1)];
    let touches = gone.map(|id| touch(id, 20));
    assert_eq!(f.touch(&touches).await.expect("touch"), [None, None, None]);
    assert_eq!(f.keyspace().await, before);
}

pub async fn answers_come_in_the_order_of_the_touches(f: StoreFixture) {
    let users: Vec<_> = (0..200).map(|n| TestUser::new(&format!("user {n}"))).collect();
    let mut touches = Vec::new();
    let mut expected = Vec::new();
    for (n, user) in (0_u64..).zip(&users) {
        if n % 3 > 0 {
            f.sign_in(user.login(1, NOW)).await;
        }
        touches.push(touch(user.session_id(1), n));
        expected.push((n % 3 > 0).then(|| at(n)));
    }
    assert_eq!(f.touch(&touches).await.expect("touch"), expected);
    assert_eq!(f.touch(&[]).await.expect("touch"), []);
}

pub async fn two_touches_of_one_session_leave_the_later(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    let id = ann.session_id(1);
    let answers = f.touch(&[touch(id, 30), touch(id, 20)]).await.expect("touch");
    assert_eq!(answers, [Some(at(30)), Some(at(30))]);
}

pub async fn activity_is_no_event_and_no_change_of_the_record(f: StoreFixture) {
    let ann = TestUser::new("ann");
    let creation = ann.login(1, NOW);
    let record = creation.session.record.clone();
    f.sign_in(creation).await;
    f.drain().await;

    f.touch(&[touch(ann.session_id(1), 20)]).await.expect("touch");
    assert!(f.drain().await.is_empty());
    let sessions = f.list(&ann.owner, ann.handle, &[], at(60)).await.expect("list");
    assert_eq!(sessions[0].record, record);
}

pub async fn a_used_session_stays_past_its_first_idle_deadline(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.touch(&[touch(ann.session_id(1), 600)]).await.expect("touch");

    let first_deadline = after(IDLE + MARGIN + Duration::from_secs(1));
    assert_eq!(f.sweep_all(first_deadline).await, []);
    assert_eq!(f.live_sessions(&ann, first_deadline).await, [ann.session_id(1)]);
    let ended = f.sweep_all(first_deadline.plus(Duration::from_mins(10))).await;
    let idle = at(600).plus(IDLE);
    assert_eq!(end_summaries(&ended), [(ann.session_id(1), EndReason::IdleTimeout, idle)]);
}

pub async fn a_list_writes_its_touches_before_it_looks(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(ann.login(2, at(10))).await;

    let touches = [touch(ann.session_id(1), 20), touch(ann.session_id(9), 20)];
    let sessions = f.list(&ann.owner, ann.handle, &touches, at(60)).await.expect("list");
    let order: Vec<_> = sessions.iter().map(|s| (s.id, s.clock.last_active)).collect();
    assert_eq!(order, [(ann.session_id(1), at(20)), (ann.session_id(2), at(10))]);
    assert_eq!(f.live_sessions(&ann, at(60)).await, [1, 2].map(|number| ann.session_id(number)));
}

pub async fn a_create_writes_its_touches_before_it_evicts(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.sign_in(ann.login(2, at(10))).await;

    let mut creation = ann.login(3, at(60)).limited_to(2);
    creation.touches = vec![touch(ann.session_id(1), 20)];
    let ended = f.sign_in(creation).await;
    assert_eq!(end_summaries(&ended), [(ann.session_id(2), EndReason::Evicted, at(60))]);
    let sessions = f.list(&ann.owner, ann.handle, &[], at(60)).await.expect("list");
    assert_eq!(sessions[1].clock.last_active, at(20));
}

pub async fn activity_reaches_every_bucket(f: StoreFixture) {
    let users: Vec<_> = Bucket::all().map(|bucket| TestUser::new("ann").in_bucket(bucket.0)).collect();
    for user in &users {
        f.sign_in(user.login(1, NOW)).await;
    }
    let touches: Vec<_> = users.iter().map(|user| touch(user.session_id(1), 20)).collect();
    assert_eq!(f.touch(&touches).await.expect("touch"), vec![Some(at(20)); 256]);
}
