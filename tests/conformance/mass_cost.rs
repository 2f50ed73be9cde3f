//! Revoking everyone costs the same for ten sessions and for ten million.

use std::ops::Range;
use std::time::Duration;

use session_authority::domain::event::RevocationScope;

use super::fixture::StoreFixture;
use super::operations::revoke_mass;
use super::users::{TestUser, after};

const LATER: Duration = Duration::from_mins(1);

/// The cost of revoking everyone must not grow with the number of sessions. It is the number of changed rows and, on
/// Redis, of all executed commands, including those in scripts.
pub async fn signing_everyone_out_costs_the_same_however_many_are_signed_in(f: StoreFixture) {
    cost_of(&f, 0).await;
    f.sweep_all(after(LATER)).await;
    f.drain().await;
    sign_in_users(&f, 0..2).await;
    let among_ten = cost_of(&f, 1).await;
    f.sweep_all(after(LATER)).await;
    f.drain().await;
    sign_in_users(&f, 2..82).await;
    let among_hundreds = cost_of(&f, 2).await;
    assert_eq!(among_ten, among_hundreds);
}

/// Signs in the users, with five sessions each.
async fn sign_in_users(f: &StoreFixture, users: Range<u32>) {
    for user in users {
        let user = TestUser::new(&format!("user {user}"));
        for number in 1..=5 {
            f.sign_in(user.login(number, after(LATER + Duration::from_secs(1)))).await;
        }
    }
}

/// Returns the numbers of removed or added rows, and of executed commands.
async fn cost_of(f: &StoreFixture, operation: u8) -> (usize, usize, u64) {
    let before = f.keyspace().await;
    let commands = executed_commands(f).await;
    f.revoke_mass(revoke_mass(RevocationScope::Everyone, after(LATER), operation)).await.expect("revoke everyone");
    let commands = executed_commands(f).await - commands;
    let now = f.keyspace().await;
    (before.difference(&now).count(), now.difference(&before).count(), commands)
}

async fn executed_commands(f: &StoreFixture) -> u64 {
    let mut executed = 0;
    for mut admin in f.engine.admins().await {
        let stats: String = redis::cmd("INFO").arg("commandstats").query_async(&mut admin).await.expect("INFO");
        let calls = |line: &str| line.split_once("calls=")?.1.split_once(',')?.0.parse::<u64>().ok();
        executed += stats.lines().filter_map(calls).sum::<u64>();
    }
    executed
}
