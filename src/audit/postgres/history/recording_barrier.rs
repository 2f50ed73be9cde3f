//! The sequence number up to which events are complete while others are being added.
//!
//! Numbers are assigned before a transaction commits, so a lower number may become visible after a higher one. A writer
//! holds a lock from before the first number is assigned until after the commit. The key of the lock is a lower bound
//! of its numbers. All events up to the highest visible number are therefore complete once every writer that held the
//! lock then has finished.

use std::{collections::HashMap, time::Duration};

use tokio::time::sleep;

use crate::audit::postgres::{
    locks::{RECORDERS, RECORDING_TAG},
    transaction::AuditTransaction,
};

/// Interval and maximum number of checks for finished writers: half a second in total, many times the duration of an
/// append.
const CHECK_INTERVAL: Duration = Duration::from_millis(10);
const MAX_CHECKS: usize = 50;

/// The extent of the complete events.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordingBarrier {
    pub complete_to: i64,
    /// Set if later events are visible already.
    pub is_behind: bool,
}

/// Waits for writers that are adding events. Later statements read complete events up to the returned number.
pub(super) async fn wait_for_barrier(transaction: &mut AuditTransaction<'_>) -> sqlx::Result<RecordingBarrier> {
    // In this order: a writer that takes the lock after the second statement gets numbers above the highest one read
    // first.
    let highest: i64 =
        sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM session_events").fetch_one(&mut *transaction).await?;
    let mut recorders = load_recorders(transaction).await?;
    recorders.retain(|_, above| *above < highest);
    for _ in 0..MAX_CHECKS {
        if recorders.is_empty() {
            return Ok(RecordingBarrier { complete_to: highest, is_behind: false });
        }
        sleep(CHECK_INTERVAL).await;
        let present = self::load_recorders(transaction).await?;
        recorders.retain(|recorder, _| present.contains_key(recorder));
    }
    let complete_to = recorders.values().copied().min().unwrap_or(highest);
    Ok(RecordingBarrier { complete_to, is_behind: complete_to < highest })
}

/// Returns the transactions that are adding events, with a lower bound of their numbers.
async fn load_recorders(transaction: &mut AuditTransaction<'_>) -> sqlx::Result<HashMap<String, i64>> {
    let recorders: Vec<(String, i64)> = sqlx::query_as(RECORDERS).bind(RECORDING_TAG).fetch_all(transaction).await?;
    Ok(recorders.into_iter().collect())
}
