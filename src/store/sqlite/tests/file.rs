//! The file: exclusive use, permissions and contents.

use tempfile::TempDir;

use super::*;
use crate::store::LoadOutcome;

fn url(dir: &TempDir) -> String {
    format!("sqlite://{}", dir.path().join("sessions.db").display())
}

async fn open(dir: &TempDir) -> SqliteSessionStore {
    SqliteSessionStore::open(&url(dir)).await.expect("open")
}

async fn open_error(dir: &TempDir) -> String {
    SqliteSessionStore::open(&url(dir)).await.expect_err("must be refused").to_string()
}

#[tokio::test]
async fn sessions_survive_a_restart() {
    let dir = TempDir::new().expect("dir");
    let store = open(&dir).await;
    let session = created(&store, 1).await;
    store.close().await;

    let store = open(&dir).await;
    let LoadOutcome::Found(found) = store.load(session.id).await.expect("load") else { panic!("not found") };
    assert_eq!(found.session, session);
    assert_eq!(store.backlog().await.expect("backlog").events, 1);
}

#[tokio::test]
async fn what_was_answered_survives_an_end_without_warning() {
    let dir = TempDir::new().expect("dir");
    let store = open(&dir).await;
    let session = created(&store, 1).await;
    // The files as a killed process leaves them: nothing was moved from the log into the database.
    let copy = TempDir::new().expect("dir");
    for name in ["sessions.db", "sessions.db-wal"] {
        std::fs::copy(dir.path().join(name), copy.path().join(name)).expect("copy");
    }

    let store = open(&copy).await;
    assert!(matches!(store.load(session.id).await, Ok(LoadOutcome::Found(_))));
}

#[tokio::test]
async fn a_second_process_gets_an_error_that_names_the_remedy() {
    let dir = TempDir::new().expect("dir");
    let store = open(&dir).await;
    let refusal = open_error(&dir).await;
    assert!(refusal.contains("in use by another process"), "{refusal}");
    assert!(refusal.contains("Redis"), "{refusal}");

    store.close().await;
    open(&dir).await;
}

#[tokio::test]
async fn a_closed_store_takes_nothing() {
    let store = in_memory().await;
    store.close().await;
    let error = store.create(creation(session(1))).await.expect_err("closed");
    assert!(!error.is_ambiguous(), "{error}");
}

#[tokio::test]
async fn a_newer_layout_is_refused() {
    let dir = TempDir::new().expect("dir");
    let store = open(&dir).await;
    sqlx::query("PRAGMA user_version = 3").execute(&store.pool).await.expect("pragma");
    store.close().await;
    let refusal = open_error(&dir).await;
    assert!(refusal.contains("the file has schema version 3 but this release supports version 2"), "{refusal}");
}

#[tokio::test]
async fn another_database_is_refused_and_left_alone() {
    let dir = TempDir::new().expect("dir");
    let store = open(&dir).await;
    sqlx::query("PRAGMA application_id = 1").execute(&store.pool).await.expect("pragma");
    store.close().await;
    let refusal = open_error(&dir).await;
    assert!(refusal.contains("not a session store"), "{refusal}");
}

#[tokio::test]
async fn a_directory_that_is_missing_is_named() {
    let dir = TempDir::new().expect("dir");
    let url = format!("sqlite://{}/missing/sessions.db", dir.path().display());
    let error = SqliteSessionStore::open(&url).await.expect_err("no directory");
    assert!(error.to_string().contains("missing/sessions.db"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_a_new_file_and_its_log() {
    use std::os::unix::fs::PermissionsExt;

    let dir = TempDir::new().expect("dir");
    let store = open(&dir).await;
    created(&store, 1).await;
    for name in ["sessions.db", "sessions.db-wal"] {
        let mode = std::fs::metadata(dir.path().join(name)).expect(name).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn every_commit_reaches_the_disk_unless_the_url_says_otherwise() {
    for (option, level) in [("", 2), ("?synchronous=full", 2), ("?synchronous=normal", 1)] {
        let dir = TempDir::new().expect("dir");
        let store = SqliteSessionStore::open(&format!("{}{option}", url(&dir))).await.expect("open");
        assert_eq!(rows(&store, "PRAGMA synchronous").await, level);
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&store.pool).await.expect("pragma");
        assert_eq!(journal, "wal");
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_half_made_step() {
    let store = in_memory().await;
    for unique in 1..=20 {
        let creating = store.create(creation(session(unique)));
        let _ = tokio::time::timeout(Duration::from_micros(u64::from(unique) * 40), creating).await;
    }
    let begun_minus_ended = "SELECT coalesce(sum(CASE kind WHEN 1 THEN 1 ELSE -1 END), 0) FROM outbox";
    assert_eq!(rows(&store, "SELECT count(*) FROM sessions").await, rows(&store, begun_minus_ended).await);
    created(&store, 21).await;
}

#[tokio::test]
async fn a_probe_writes_to_the_disk_and_fails_where_nothing_can_be_written() {
    let directory = tempfile::tempdir().expect("directory");
    let file = directory.path().join("sessions.db");
    let store = SqliteSessionStore::open(&format!("sqlite://{}", file.display())).await.expect("open");
    store.probe_write(NOW).await.expect("the store is writable");
    let log = file.with_extension("db-wal");
    let written = || std::fs::metadata(&log).expect("the write-ahead log").len();
    let before = written();
    store.probe_write(NOW).await.expect("the store is writable");
    assert!(written() > before, "{} bytes", written());

    let read_only = "PRAGMA query_only = ON";
    sqlx::query(read_only).execute(&store.pool).await.expect("a read-only connection");
    store.time().await.expect("a read");
    store.probe_write(NOW).await.expect_err("read-only");
}
