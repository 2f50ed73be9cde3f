//! The near cache of a node.
//!
//! - `memory`: entries that are cached, invalidated and returned, over the embedded engine, with a lease that the test
//!   holds.
//! - `tracking`: invalidations from Redis, step by step, on real servers.
//! - `faults`: the whole guarantee, while something fails.

mod faults;
mod memory;
mod tracking;

use std::time::Duration;

/// The default staleness bound.
const MAX_STALENESS: Duration = Duration::from_millis(250);
