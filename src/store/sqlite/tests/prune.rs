//! What is remembered, and for how long.

use super::*;
use crate::{
    domain::{Bucket, event::Scope, limits},
    store::{Loaded, MassRevocation, RequestKey},
};

const REMEMBERED: [&str; 5] = [
    "SELECT count(*) FROM tombstones",
    "SELECT count(*) FROM requests",
    "SELECT count(*) FROM operations",
    "SELECT count(*) FROM mass_operations",
    "SELECT count(*) FROM floors",
];

async fn counts(store: &SqliteSessionStore) -> [i64; 5] {
    let mut counts = [0; 5];
    for (count, query) in counts.iter_mut().zip(REMEMBERED) {
        *count = rows(store, query).await;
    }
    counts
}

fn request(id: u8) -> RequestKey {
    RequestKey { id: [id; 16], body: [2; 16], nonce: [3; 16], key_id: 4 }
}

#[tokio::test]
async fn nothing_is_left_of_sessions_but_generations_once_no_older_login_is_taken() {
    let store = in_memory().await;
    store.create(Creation { request: Some(request(1)), ..creation(session(1)) }).await.expect("create");
    store.revoke_all(user_revocation(1, NOW)).await.expect("revoke all");
    let mass = MassRevocation {
        now: NOW,
        scope: Scope::Everyone,
        operation: [9; 16],
        event: EventId([9; 16]),
        cause: Cause::default(),
    };
    store.revoke_mass(mass).await.expect("revoke mass");
    assert_eq!(rows(&store, "SELECT count(*) FROM users").await, 0);
    assert_eq!(rows(&store, "SELECT count(*) FROM sessions").await, 0);

    let day = NOW.plus(24 * HOUR);
    store.sweep(Bucket(0), day, 10).await.expect("sweep");
    assert_eq!(counts(&store).await, [1; 5]);
    store.sweep(Bucket(0), UnixMillis::new(day.get() + 1), 10).await.expect("sweep");
    assert_eq!(counts(&store).await, [0, 0, 0, 0, 1], "the floor stays as long as logins may be old");
    let month = NOW.plus(limits::AUTHENTICATION_AGE);
    store.sweep(Bucket(0), UnixMillis::new(month.get() + 1), 10).await.expect("sweep");
    assert_eq!(counts(&store).await, [0; 5]);
    assert_eq!(rows(&store, "SELECT count(*) FROM generations").await, 1);
}

#[tokio::test]
async fn only_the_newest_of_a_user_are_remembered() {
    let store = in_memory().await;
    let most = u8::try_from(limits::TOMBSTONES_PER_USER).expect("u8");
    for unique in 1..=most + 1 {
        let creation = Creation { request: Some(request(unique)), ..creation(session(unique)) };
        store.create(creation).await.expect("create");
        store.revoke_all(UserRevocation { owner: owner("ann"), ..user_revocation(unique, NOW) }).await.expect("end");
        sqlx::query("DELETE FROM floors").execute(&store.pool).await.expect("delete");
    }
    let most = i64::from(most);
    assert_eq!(counts(&store).await, [most, most, most, 0, 0]);
    assert_eq!(store.load(session(1).id).await.expect("load"), Loaded::Missing);
    assert!(matches!(store.load(session(2).id).await, Ok(Loaded::Ended(_))));
}
