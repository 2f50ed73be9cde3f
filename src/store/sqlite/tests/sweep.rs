//! Users that cannot be read do not prevent the sweep of the others in their bucket.

use super::*;
use crate::{domain::SessionEnding, store::StoreError};

/// Returns a store with ann, whose row cannot be read, and two neighbours.
async fn with_ann_unreadable() -> SqliteSessionStore {
    let store = in_memory().await;
    created(&store, 1).await;
    for number in [2, 3] {
        store.create(creation(neighbour(number))).await.expect("create");
    }
    set_owner(&store, vec![0xff]).await;
    store
}

async fn set_owner(store: &SqliteSessionStore, bytes: Vec<u8>) {
    let update = sqlx::query("UPDATE users SET owner = ?2 WHERE handle = ?1");
    let outcome = update.bind(&handle(&owner("ann")).0[..]).bind(bytes).execute(&store.pool).await.expect("update");
    assert_eq!(outcome.rows_affected(), 1);
}

fn uniques(ended: &[SessionEnding]) -> Vec<u8> {
    ended.iter().map(|ended| ended.session_id.unique[0]).collect()
}

#[tokio::test]
async fn an_unreadable_user_is_passed_over_and_looked_at_again_in_an_hour() {
    let store = with_ann_unreadable().await;
    let now = NOW.plus(2 * HOUR);
    let mut ended = Vec::new();
    for _ in 0..3 {
        ended.extend(store.sweep(bucket(), now, 1).await.expect("sweep").ended);
    }
    let mut ended = uniques(&ended);
    ended.sort_unstable();
    assert_eq!(ended, [2, 3]);
    let swept = store.sweep(bucket(), now.plus(HOUR / 2), 1).await.expect("sweep");
    assert_eq!((swept.ended.len(), swept.has_more), (0, false));

    set_owner(&store, owner("ann").to_bytes()).await;
    let early = store.sweep(bucket(), now.plus(HOUR / 2), 10).await.expect("sweep");
    assert!(early.ended.is_empty());
    let late = store.sweep(bucket(), now.plus(HOUR), 10).await.expect("sweep");
    assert_eq!(uniques(&late.ended), [1]);
}

#[tokio::test]
async fn a_mass_revocation_goes_on_past_an_unreadable_user() {
    let store = with_ann_unreadable().await;
    store.revoke_mass(mass_revocation(9, RevocationScope::Everyone)).await.expect("revoke mass");
    let swept = store.sweep(bucket(), NOW, 10).await.expect("sweep");
    assert_eq!((swept.ended.len(), swept.has_more), (2, false));

    set_owner(&store, owner("ann").to_bytes()).await;
    let swept = store.sweep(bucket(), NOW.plus(HOUR), 10).await.expect("sweep");
    assert_eq!(uniques(&swept.ended), [1]);
}

#[tokio::test]
async fn a_verb_for_an_unreadable_user_still_says_so() {
    let store = with_ann_unreadable().await;
    let error = store.create(creation(session(4))).await.expect_err("unreadable");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}
