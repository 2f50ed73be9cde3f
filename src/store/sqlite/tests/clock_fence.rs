//! A wrong clock ends no session and deletes no state.

use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::*;
use crate::{
    clock::Clock,
    domain::{Bucket, time::ClockInstant},
    store::{StoreError, sqlite::ClockSettings},
};

const DAY: Duration = Duration::from_hours(24);
const SKEW: Duration = Duration::from_secs(2);

/// A clock whose time of day can be set independently of the elapsed time.
#[derive(Debug)]
struct AdjustableClock(Mutex<ClockInstant>);

impl AdjustableClock {
    fn new(wall: UnixMillis) -> Arc<Self> {
        Arc::new(Self(Mutex::new(ClockInstant { since_boot: HOUR, wall_clock: wall })))
    }

    fn advance(&self, span: Duration) {
        let mut moment = self.0.lock().expect("the clock");
        *moment = ClockInstant { since_boot: moment.since_boot + span, wall_clock: moment.wall_clock.plus(span) };
    }

    fn set(&self, wall: UnixMillis) {
        self.0.lock().expect("the clock").wall_clock = wall;
    }
}

impl Clock for AdjustableClock {
    fn now(&self) -> UnixMillis {
        self.instant().wall_clock
    }

    fn instant(&self) -> ClockInstant {
        *self.0.lock().expect("the clock")
    }
}

struct FencedStoreFile {
    directory: TempDir,
}

impl FencedStoreFile {
    /// Returns a file with a session of ann that was last used at `NOW`, and her floor one minute before.
    async fn with_session_and_floor() -> Self {
        let file = Self { directory: TempDir::new().expect("a directory") };
        let store = file.open(&AdjustableClock::new(NOW), false).await.expect("open");
        store.revoke_all(user_revocation(1, NOW.minus(Duration::from_mins(1)))).await.expect("a floor");
        created(&store, 1).await;
        store.close().await;
        file
    }

    async fn open(&self, clock: &Arc<AdjustableClock>, accept_clock: bool) -> Result<SqliteSessionStore, StoreError> {
        let url = format!("sqlite://{}", self.directory.path().join("sessions.db").display());
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        SqliteSessionStore::open_with_clock(&url, ClockSettings { clock, max_skew: SKEW, accept_clock }).await
    }
}

async fn sweep(store: &SqliteSessionStore, now: UnixMillis) -> Result<usize, StoreError> {
    let swept = store.sweep(handle(&owner("ann")).bucket(), now, 10).await?;
    Ok(swept.ended.len())
}

async fn create_at(store: &SqliteSessionStore, now: UnixMillis) -> Result<CreateOutcome, StoreError> {
    let mut session = session(9);
    (session.record.created_at, session.clock.last_active) = (now, now);
    session.clock.expires_at = now.plus(DAY);
    store.create(SessionCreation { now, authenticated_at: Some(now), ..creation(session) }).await
}

fn is_skewed<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::ClockSkewed { .. }))
}

#[tokio::test]
async fn a_start_with_a_clock_far_ahead_is_refused_with_both_times() {
    let file = FencedStoreFile::with_session_and_floor().await;
    let ahead = AdjustableClock::new(NOW.plus(5 * 365 * DAY));
    let error = file.open(&ahead, false).await.expect_err("refused").to_string();
    for part in [&NOW.to_string(), &ahead.now().to_string(), "1 active sessions", "--accept-clock"] {
        assert!(error.contains(part), "{part} in {error}");
    }
    let store = file.open(&AdjustableClock::new(NOW.plus(HOUR / 2)), false).await.expect("clock corrected");
    assert_eq!(sweep(&store, NOW.plus(HOUR / 2)).await.expect("a sweep"), 0);
}

/// The counterpart: without the protection a wrong clock ends the session.
#[tokio::test]
async fn a_clock_that_is_accepted_ends_what_is_over_by_it() {
    let file = FencedStoreFile::with_session_and_floor().await;
    let ahead = AdjustableClock::new(NOW.plus(5 * 365 * DAY));
    let store = file.open(&ahead, true).await.expect("accepted");
    assert_eq!(sweep(&store, ahead.now()).await.expect("a sweep"), 1);
    store.close().await;
    file.open(&ahead, false).await.expect("once is enough");
}

#[tokio::test]
async fn a_standstill_of_less_than_a_day_or_with_nothing_to_end_needs_no_word() {
    let file = FencedStoreFile::with_session_and_floor().await;
    let later = AdjustableClock::new(NOW.plus(DAY));
    let store = file.open(&later, false).await.expect("a day later");
    assert_eq!(sweep(&store, later.now()).await.expect("a sweep"), 1);
    store.close().await;
    // The floor is kept for ninety days.
    file.open(&AdjustableClock::new(NOW.plus(80 * DAY)), false).await.expect("nothing would end").close().await;
    let error =
        file.open(&AdjustableClock::new(NOW.plus(180 * DAY)), false).await.expect_err("the floor would be deleted");
    assert!(error.to_string().contains("stored state of 1 users"), "{error}");
}

#[tokio::test]
async fn a_jump_ends_nothing_until_the_clock_is_right_again() {
    let clock = AdjustableClock::new(NOW);
    let store = FencedStoreFile::with_session_and_floor().await.open(&clock, false).await.expect("open");
    for wrong in [NOW.plus(2 * DAY), NOW.plus(Duration::from_secs(5)), NOW.minus(2 * DAY)] {
        clock.set(wrong);
        assert!(is_skewed(&sweep(&store, wrong).await), "{wrong}");
        assert!(is_skewed(&create_at(&store, wrong).await), "{wrong}");
        assert!(is_skewed(&store.load(session(1).id).await), "{wrong}");
        assert!(is_skewed(&store.time().await), "{wrong}");
        let owner = owner("ann");
        assert!(is_skewed(&store.list(&owner, handle(&owner), &[], wrong).await), "{wrong}");
    }
    clock.set(NOW);
    clock.advance(HOUR / 2);
    assert_eq!(sweep(&store, clock.now()).await.expect("clock corrected"), 0);
    assert_eq!(rows(&store, "SELECT count(*) FROM sessions").await, 1);
}

#[tokio::test]
async fn time_that_passes_and_small_corrections_are_no_jump() {
    let clock = AdjustableClock::new(NOW);
    let store = FencedStoreFile::with_session_and_floor().await.open(&clock, false).await.expect("open");
    for _ in 0..20 {
        clock.advance(2 * HOUR);
        clock.set(clock.now().plus(SKEW / 2));
        sweep(&store, clock.now()).await.expect("a sweep");
    }
    clock.advance(400 * DAY);
    sweep(&store, clock.now()).await.expect("a sweep");
}

/// A floor in the future would refuse every login.
#[tokio::test]
async fn a_clock_before_the_newest_time_stored_is_an_error_and_bars_nobody() {
    let file = FencedStoreFile::with_session_and_floor().await;
    let behind = AdjustableClock::new(NOW.minus(2 * DAY));
    let store = file.open(&behind, false).await.expect("open");
    assert!(is_skewed(&create_at(&store, behind.now()).await));
    assert!(is_skewed(&store.time().await), "the readiness check reads the time");

    behind.set(NOW.plus(HOUR / 2));
    let outcome = create_at(&store, behind.now()).await.expect("clock corrected");
    assert!(matches!(outcome, CreateOutcome::Created { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_time_that_does_not_come_from_the_clock_is_refused() {
    let clock = AdjustableClock::new(NOW);
    let store = FencedStoreFile::with_session_and_floor().await.open(&clock, false).await.expect("open");
    assert!(is_skewed(&sweep(&store, NOW.plus(DAY)).await));
    assert!(is_skewed(&store.sweep(Bucket(0), NOW.minus(DAY), 1).await));
}

#[tokio::test]
async fn the_newest_time_of_a_file_from_before_is_found_in_its_rows() {
    let file = FencedStoreFile::with_session_and_floor().await;
    let store = file.open(&AdjustableClock::new(NOW), false).await.expect("open");
    sqlx::query("DELETE FROM clock").execute(&store.pool).await.expect("without the stored time");
    sqlx::query("DELETE FROM outbox").execute(&store.pool).await.expect("drained");
    store.pool.close().await;
    let error = file.open(&AdjustableClock::new(NOW.plus(3 * DAY)), false).await.expect_err("refused").to_string();
    assert!(error.contains(&format!("the newest stored time is {NOW}")), "{error}");
}
