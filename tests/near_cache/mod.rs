//! What a node keeps of sessions in memory: how it is filled and forgotten, and that nothing out of date is given out,
//! whatever breaks.

mod counted;
mod feed;
mod feed_cluster;
mod feed_meddler;
mod feed_node;
mod feed_twin;
mod feed_unfit;
mod forgetting;
mod kept;
mod proofs;
mod spot_check;
mod stage;
//! The promise of the near cache, tried: users sign in, are validated on several nodes without a pause and are revoked,
//! while something breaks.
//!
//! Everything is recorded and checked ([`history`]): no validation that starts later than the bound after a revocation
//! was answered accepts, and no live session is rejected. Each test takes a few seconds; with `SOAK_SECONDS` its faults
//! come again and again for that long (`make soak`).

mod faults;
mod history;
mod load;
mod scene;
mod validator;

use std::time::Duration;

/// The bound of an installation that says nothing of it.
const MAX_STALENESS: Duration = Duration::from_millis(250);
