//! Retention of stored state.

use super::*;
use crate::{
    domain::{LoginHistory, limits},
    store::{HistoryUpdate, LoadOutcome, RequestKey},
};

const COUNT_STATEMENTS: [&str; 5] = [
    "SELECT count(*) FROM tombstones",
    "SELECT count(*) FROM requests",
    "SELECT count(*) FROM operations",
    "SELECT count(*) FROM mass_operations",
    "SELECT count(*) FROM floors",
];

async fn counts(store: &SqliteSessionStore) -> [i64; 5] {
    let mut counts = [0; 5];
    for (count, query) in counts.iter_mut().zip(COUNT_STATEMENTS) {
        *count = rows(store, query).await;
    }
    counts
}

/// Sweeps all buckets, each of which prunes one of the tables.
async fn sweep(store: &SqliteSessionStore, now: UnixMillis) {
    for bucket in Bucket::all() {
        store.sweep(bucket, now, 10).await.expect("sweep");
    }
}

fn request(id: u8) -> RequestKey {
    RequestKey { id: [id; 16], body: [2; 16], nonce: [3; 16], key_id: 4 }
}

#[tokio::test]
async fn nothing_is_left_of_sessions_but_generations_once_no_older_login_is_taken() {
    let store = in_memory().await;
    store.create(SessionCreation { request: Some(request(1)), ..creation(session(1)) }).await.expect("create");
    store.revoke_all(user_revocation(1, NOW)).await.expect("revoke all");
    store.revoke_mass(mass_revocation(9, RevocationScope::Everyone)).await.expect("revoke mass");
    assert_eq!(rows(&store, "SELECT count(*) FROM users").await, 0);
    assert_eq!(rows(&store, "SELECT count(*) FROM sessions").await, 0);

    let day = NOW.plus(24 * HOUR);
    sweep(&store, day).await;
    assert_eq!(counts(&store).await, [1; 5]);
    sweep(&store, UnixMillis::new(day.get() + 1)).await;
    assert_eq!(counts(&store).await, [0, 0, 0, 0, 1], "the floor stays for the maximum age of an authentication");
    let month = NOW.plus(limits::MAX_AUTHENTICATION_AGE);
    sweep(&store, UnixMillis::new(month.get() + 1)).await;
    assert_eq!(counts(&store).await, [0; 5]);
    assert_eq!(rows(&store, "SELECT count(*) FROM generations").await, 1);
}

#[tokio::test]
async fn only_the_newest_of_a_user_are_remembered() {
    let store = in_memory().await;
    let most = u8::try_from(limits::MAX_TOMBSTONES_PER_USER).expect("u8");
    for unique in 1..=most + 1 {
        let creation = SessionCreation { request: Some(request(unique)), ..creation(session(unique)) };
        store.create(creation).await.expect("create");
        store.revoke_all(UserRevocation { owner: owner("ann"), ..user_revocation(unique, NOW) }).await.expect("end");
        sqlx::query("DELETE FROM floors").execute(&store.pool).await.expect("delete");
    }
    let most = i64::from(most);
    assert_eq!(counts(&store).await, [most, most, most, 0, 0]);
    assert_eq!(store.load(session(1).id).await.expect("load"), LoadOutcome::NotFound);
    assert!(matches!(store.load(session(2).id).await, Ok(LoadOutcome::Ended(_))));
}

#[tokio::test]
async fn a_history_and_what_raised_alerts_are_forgotten_when_their_time_is_over() {
    let store = in_memory().await;
    let keep_for = 90 * 24 * HOUR;
    let update = HistoryUpdate { history: LoginHistory::default(), expected_version: None, keep_for };
    store.create(SessionCreation { history: Some(update), ..creation(session(1)) }).await.expect("create");
    let dedup_entry = "INSERT INTO matters VALUES (x'000102030405060708090a0b', x'0001020304050607', ?1, 0)";
    let at = i64::try_from(NOW.get()).expect("a time");
    sqlx::query(dedup_entry).bind(at).execute(&store.pool).await.expect("insert");

    for (now, left) in [(NOW.plus(limits::MAX_DEDUP_WINDOW), [1, 1]), (NOW.plus(keep_for), [1, 0])] {
        let counts = ["SELECT count(*) FROM histories", "SELECT count(*) FROM matters"];
        sweep(&store, now).await;
        assert_eq!([rows(&store, counts[0]).await, rows(&store, counts[1]).await], left);
    }
    sweep(&store, UnixMillis::new(NOW.plus(keep_for).get() + 1)).await;
    assert_eq!(rows(&store, "SELECT count(*) FROM histories").await, 0);
}

#[tokio::test]
async fn a_history_that_cannot_be_read_starts_empty() {
    let store = in_memory().await;
    let owner = owner("ann");
    created(&store, 1).await;
    let broken = "INSERT INTO histories VALUES (?1, 7, x'ff', 9999999999999)";
    sqlx::query(broken).bind(&handle(&owner).0[..]).execute(&store.pool).await.expect("insert");
    let known = store.load_user_state(&owner, handle(&owner), NOW).await.expect("load the user state");
    assert_eq!((known.version, known.history, known.live_sessions.len()), (7, LoginHistory::default(), 1));
}
