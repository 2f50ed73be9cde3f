//! What a node keeps of sessions in memory.
//!
//! - `memory`: what is kept, forgotten and given out, over the embedded engine and with a lease that the test holds.
//! - `feed`: what Redis tells of changes, step by step, on real servers.
//! - `faults`: the promise as a whole, while something breaks.

mod faults;
mod memory;
mod tracking;

use std::time::Duration;

/// The bound of an installation that says nothing of it.
const MAX_STALENESS: Duration = Duration::from_millis(250);
