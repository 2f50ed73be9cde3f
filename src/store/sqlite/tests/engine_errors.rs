//! An error of the engine leaves nothing behind.

use tempfile::TempDir;

use super::*;
use crate::store::{LoadOutcome, StoreError};

/// Stops the database from growing.
async fn fill_database(store: &SqliteSessionStore) {
    // The page count cannot fall below the current one, so this allows no further pages.
    sqlx::query("PRAGMA max_page_count = 1").execute(&store.pool).await.expect("pragma");
}

async fn free_space(store: &SqliteSessionStore) {
    sqlx::query("PRAGMA max_page_count = 1000000").execute(&store.pool).await.expect("pragma");
}

/// Creates sessions until one does not fit. Returns the number of sessions created.
async fn create_until_full(store: &SqliteSessionStore) -> (u8, StoreError) {
    for unique in 1..=u8::MAX {
        let creation = SessionCreation { limit: 256, ..creation(session(unique)) };
        if let Err(error) = store.create(creation).await {
            return (unique - 1, error);
        }
    }
    panic!("the database does not fill");
}

async fn is_found(store: &SqliteSessionStore, unique: u8) -> bool {
    matches!(store.load(session(unique).id).await, Ok(LoadOutcome::Found(_)))
}

async fn recovers_from_a_full_disk(store: &SqliteSessionStore) {
    fill_database(store).await;
    let (made, error) = create_until_full(store).await;
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert!(made > 0 && is_found(store, made).await);

    free_space(store).await;
    store.create(SessionCreation { limit: 256, ..creation(session(made + 1)) }).await.expect("create");
    assert!(is_found(store, made).await && is_found(store, made + 1).await);
    let sessions_minus_events = "SELECT (SELECT count(*) FROM sessions) - (SELECT count(*) FROM outbox)";
    assert_eq!(rows(store, sessions_minus_events).await, 0);
}

#[tokio::test]
async fn a_full_disk_is_written_to_again_once_there_is_room() {
    let dir = TempDir::new().expect("dir");
    let url = format!("sqlite://{}", dir.path().join("sessions.db").display());
    recovers_from_a_full_disk(&SqliteSessionStore::open(&url).await.expect("open")).await;
}

#[tokio::test]
async fn sessions_in_memory_outlive_a_lack_of_it() {
    recovers_from_a_full_disk(&in_memory().await).await;
}

#[tokio::test]
async fn a_connection_that_counts_a_transaction_too_many_is_replaced() {
    let dir = TempDir::new().expect("dir");
    let url = format!("sqlite://{}", dir.path().join("sessions.db").display());
    let store = SqliteSessionStore::open(&url).await.expect("open");
    created(&store, 1).await;
    let mut transaction = store.pool.begin_with("BEGIN IMMEDIATE").await.expect("begin");
    sqlx::query("ROLLBACK").execute(&mut *transaction).await.expect("roll back as SQLite does by itself");
    drop(transaction);

    created(&store, 2).await;
    assert!(is_found(&store, 1).await && is_found(&store, 2).await);
}

#[tokio::test]
async fn a_list_is_read_although_what_it_would_write_does_not_fit() {
    let dir = TempDir::new().expect("dir");
    let url = format!("sqlite://{}", dir.path().join("sessions.db").display());
    let store = SqliteSessionStore::open(&url).await.expect("open");
    fill_database(&store).await;
    let (made, error) = create_until_full(&store).await;
    assert!(error.to_string().contains("the disk is full: "), "{error}");

    let owner = owner("ann");
    let (now, used) = (NOW.plus(HOUR + Duration::from_millis(1)), session(made).id);
    let touches = [crate::store::Touch { session_id: used, at: NOW.plus(HOUR / 2) }];
    // Except for the one in use, the sessions have timed out, and a list would write their endings.
    for _ in 0..2 {
        let listed = store.list(&owner, handle(&owner), &touches, now).await.expect("a list");
        assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [used]);
    }
    assert_eq!(rows(&store, "SELECT count(*) FROM sessions").await, i64::from(made), "nothing was written");

    free_space(&store).await;
    // The next write of activity includes the deferred one.
    store.touch(&[]).await.expect("touch");
    let listed = store.list(&owner, handle(&owner), &[], now).await.expect("a list");
    assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [used]);
    assert_eq!(rows(&store, "SELECT count(*) FROM sessions").await, 1);
}
