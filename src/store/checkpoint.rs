//! Checkpoints, which reveal that a store or an audit database was restored from an older copy.
//!
//! Each server of a store carries the newest time at which it is known to have existed, and the audit database keeps a
//! copy of it. The store in turn carries the newest copy that the audit database is known to have. Neither ever goes
//! back by itself, so a database that did is older than the other one knows it to be.

use std::{collections::BTreeMap, time::Duration};

use super::StoreError;
use crate::domain::{Bucket, UnixMillis};

/// The time by which a store may go back in a crash. A Redis that syncs its log every second loses little more than
/// that, and checkpoints are advanced every two seconds. A store that goes back further was restored from an older
/// copy.
pub const CRASH_TOLERANCE: Duration = Duration::from_secs(10);

/// The newest checkpoint of each server, by one of its buckets.
pub type KnownCheckpoints = BTreeMap<Bucket, UnixMillis>;

/// The result of advancing the checkpoint of one server.
#[derive(Debug)]
pub struct CheckpointResult {
    /// A bucket that stands for its server.
    pub bucket: Bucket,
    pub outcome: Result<AdvancedCheckpoint, StoreError>,
}

/// A checkpoint that was advanced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvancedCheckpoint {
    pub at: UnixMillis,
    /// The time that the server lost in a crash since the last call.
    pub lost: Duration,
    /// The newest copy that the audit database is known to have; zero if it has no copy.
    pub audited: UnixMillis,
}
