//! Nothing stays behind for ever.

use std::time::Duration;

use session_authority::domain::event::Scope;
use session_authority::store::Touch;

use super::acts::{revoke, revoke_all, revoke_mass};
use super::fixture::Fixture;
use super::keyspace::Keyspace;
use super::people::{LIFETIME, LoginWith, NOW, User, after};

/// Longer than anything is remembered.
const LONG: Duration = Duration::from_hours(24 * 365);

/// Users come, are active, and go in every way there is. What they did has been taken from the outbox at the end.
async fn come_and_go(f: &Fixture, users: u64) {
    for number in 0..users {
        let user = User::new(&format!("user {number}"));
        f.sign_in(user.login(1, NOW).requested_as(1)).await;
        f.sign_in(user.login(2, NOW).on_device("phone")).await;
        f.sign_in(user.login(3, NOW).on_device("phone")).await;
        f.sign_in(user.login(4, NOW).limited_to(2)).await;
        let touch = Touch { session_id: user.session_id(4), at: after(Duration::from_secs(9)) };
        f.touch(&[touch]).await.expect("touch");
        match number % 4 {
            0 => drop(f.revoke(revoke(user.session_id(4), NOW)).await.expect("revoke")),
            1 => drop(f.revoke_all(revoke_all(&user, NOW, 1)).await.expect("revoke all")),
            2 => assert!(f.live(&user, after(LIFETIME)).await.is_empty()),
            _ => {}
        }
        let guest = User::new(&format!("guest {number}"));
        f.sign_in(guest.login(1, NOW)).await;
        assert!(f.live(&guest, after(LIFETIME)).await.is_empty());
    }
    f.sweep_all(after(LIFETIME)).await;
    f.drain().await;
}

pub async fn nothing_is_left_after_everything_has_ended_and_drained(f: Fixture) {
    let fresh = f.kept_for_ever().await;
    come_and_go(&f, 30).await;
    f.sweep_all(after(LONG)).await;
    assert_eq!(f.kept_for_ever().await, fresh);
}

pub async fn what_a_mass_revocation_leaves_does_not_depend_on_the_sessions(f: Fixture) {
    f.revoke_mass(revoke_mass(Scope::Everyone, NOW, 1)).await.expect("revoke everyone");
    f.drain().await;
    f.sweep_all(after(LONG)).await;
    let without_sessions = unlogged(&f.kept_for_ever().await);

    for number in 0..30 {
        let user = User::new(&format!("user {number}"));
        f.sign_in(user.login(1, after(Duration::from_secs(1)))).await;
    }
    let again = revoke_mass(Scope::Everyone, after(LIFETIME / 2), 2);
    f.revoke_mass(again).await.expect("revoke everyone");
    f.sweep_all(after(LIFETIME)).await;
    f.drain().await;
    f.sweep_all(after(LONG)).await;
    assert_eq!(unlogged(&f.kept_for_ever().await), without_sessions);
}

/// The number of rows besides the log of the latest mass revocations, which is bounded.
fn unlogged(rows: &Keyspace) -> usize {
    let is_logged = |row: &&String| row.contains(":g 72");
    rows.iter().filter(|row| !is_logged(row)).count()
}

pub async fn a_swept_user_who_comes_back_finds_no_trace_of_old_sessions(f: Fixture) {
    let ann = User::new("ann");
    f.sign_in(ann.login(1, NOW)).await;
    f.sweep_all(after(LIFETIME)).await;
    let later = after(LONG);
    assert!(f.sign_in(ann.login(2, later).refused_over(1)).await.is_empty());
    assert_eq!(f.live(&ann, later).await, [ann.session_id(2)]);
}
