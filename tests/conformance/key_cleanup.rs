//! The data of former sessions is removed eventually.

use std::time::Duration;

use session_authority::domain::event::RevocationScope;
use session_authority::store::Touch;

use super::fixture::StoreFixture;
use super::keyspace::StoredKeyspace;
use super::operations::{revoke, revoke_all, revoke_mass};
use super::users::{CreationExt, LIFETIME, NOW, TestUser, after};

/// A time longer than any retention.
const PAST_ALL_RETENTION: Duration = Duration::from_hours(24 * 365);

/// Users sign in, are active, and sign out in every possible way. Their events have been drained at the end.
async fn sign_in_and_out_users(f: &StoreFixture, users: u64) {
    for number in 0..users {
        let user = TestUser::new(&format!("user {number}"));
        f.sign_in(user.login(1, NOW).requested_as(1)).await;
        f.sign_in(user.login(2, NOW).on_device("phone")).await;
        f.sign_in(user.login(3, NOW).on_device("phone")).await;
        f.sign_in(user.login(4, NOW).limited_to(2)).await;
        let touch = Touch { session_id: user.session_id(4), at: after(Duration::from_secs(9)) };
        f.touch(&[touch]).await.expect("touch");
        match number % 4 {
            0 => drop(f.revoke(revoke(user.session_id(4), NOW)).await.expect("revoke")),
            1 => drop(f.revoke_all(revoke_all(&user, NOW, 1)).await.expect("revoke all")),
            2 => assert!(f.live_sessions(&user, after(LIFETIME)).await.is_empty()),
            _ => {}
        }
        let guest = TestUser::new(&format!("guest {number}"));
        f.sign_in(guest.login(1, NOW)).await;
        assert!(f.live_sessions(&guest, after(LIFETIME)).await.is_empty());
    }
    f.sweep_all(after(LIFETIME)).await;
    f.drain().await;
}

pub async fn nothing_is_left_after_everything_has_ended_and_drained(f: StoreFixture) {
    let fresh = f.rows_without_expiry().await;
    sign_in_and_out_users(&f, 30).await;
    f.sweep_all(after(PAST_ALL_RETENTION)).await;
    assert_eq!(f.rows_without_expiry().await, fresh);
}

pub async fn what_a_mass_revocation_leaves_does_not_depend_on_the_sessions(f: StoreFixture) {
    f.revoke_mass(revoke_mass(RevocationScope::Everyone, NOW, 1)).await.expect("revoke everyone");
    f.drain().await;
    f.sweep_all(after(PAST_ALL_RETENTION)).await;
    let without_sessions = rows_outside_log(&f.rows_without_expiry().await);

    for number in 0..30 {
        let user = TestUser::new(&format!("user {number}"));
        f.sign_in(user.login(1, after(Duration::from_secs(1)))).await;
    }
    let again = revoke_mass(RevocationScope::Everyone, after(LIFETIME / 2), 2);
    f.revoke_mass(again).await.expect("revoke everyone");
    f.sweep_all(after(LIFETIME)).await;
    f.drain().await;
    f.sweep_all(after(PAST_ALL_RETENTION)).await;
    assert_eq!(rows_outside_log(&f.rows_without_expiry().await), without_sessions);
}

/// Returns the number of rows without the log of the latest mass revocations, whose length is limited.
fn rows_outside_log(rows: &StoredKeyspace) -> usize {
    let is_logged = |row: &&String| row.contains(":g 72");
    rows.iter().filter(|row| !is_logged(row)).count()
}

pub async fn a_swept_user_who_comes_back_finds_no_trace_of_old_sessions(f: StoreFixture) {
    let ann = TestUser::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.sweep_all(after(LIFETIME)).await;
    let later = after(PAST_ALL_RETENTION);
    assert!(f.sign_in(ann.login(2, later).refused_over(1)).await.is_empty());
    assert_eq!(f.live_sessions(&ann, later).await, [ann.session_id(2)]);
}
