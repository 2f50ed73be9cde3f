//! Up to which number events are complete, while others are being added.
//!
//! Numbers are given before a transaction is committed, so a lower one may become visible after a higher one. Whoever
//! adds events holds a lock from before the first number is taken until after the commit, which says below what its
//! numbers cannot be. So all up to the highest number seen are complete once those who held the lock then are done.

use std::{collections::HashMap, time::Duration};

use tokio::time::sleep;

use crate::audit::postgres::{
    locks::{RECORDERS, RECORDING_TAG},
    transaction::AuditTransaction,
};

/// How often, and how often at most, it is looked whether they are done: half a second, many times what adding takes.
const CHECK_INTERVAL: Duration = Duration::from_millis(10);
const MAX_CHECKS: usize = 50;

/// Up to where events are complete.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordingBarrier {
    pub complete_to: i64,
    /// Events beyond that can be seen already.
    pub is_behind: bool,
}

/// What is read by a statement after this, up to the number, is complete.
pub(super) async fn wait_for_barrier(transaction: &mut AuditTransaction<'_>) -> sqlx::Result<RecordingBarrier> {
    // In this order: whoever takes the lock after the second statement takes numbers above what the first one saw.
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

/// The transactions that are adding events, and below what number theirs cannot be.
async fn load_recorders(transaction: &mut AuditTransaction<'_>) -> sqlx::Result<HashMap<String, i64>> {
    let recorders: Vec<(String, i64)> = sqlx::query_as(RECORDERS).bind(RECORDING_TAG).fetch_all(transaction).await?;
    Ok(recorders.into_iter().collect())
}
