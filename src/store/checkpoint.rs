//! Checkpoints, by which a store and an audit database that were put back to an older copy are recognised.
//!
//! Each server of a store carries the newest time at which it is known to have existed, and the audit database keeps a copy
//! of it; the store in turn carries the newest copy that it knows the audit database to have. Neither ever goes back by
//! itself, so one that did is older than what the other knows.

use std::{collections::BTreeMap, time::Duration};

use super::StoreError;
use crate::domain::{Bucket, UnixMillis};

/// How far a store may go back in a crash: a Redis that syncs its log every second loses little more than that, and
/// checkpoints are advanced every two seconds. One that goes back further was put back.
pub const CRASH_TOLERANCE: Duration = Duration::from_secs(10);

/// The newest checkpoint of each server, by one of its buckets.
pub type KnownCheckpoints = BTreeMap<Bucket, UnixMillis>;

/// What advancing the checkpoint of one server led to.
#[derive(Debug)]
pub struct CheckpointResult {
    /// Stands for the server that has it.
    pub bucket: Bucket,
    pub outcome: Result<AdvancedCheckpoint, StoreError>,
}

/// A checkpoint that was advanced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvancedCheckpoint {
    pub at: UnixMillis,
    /// How much the server lost in a crash since it was last asked.
    pub lost: Duration,
    /// The newest copy that the audit database is known to have; zero when there is none.
    pub audited: UnixMillis,
}
