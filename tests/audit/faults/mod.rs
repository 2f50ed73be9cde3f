//! The promise of the relay while something breaks.
//!
//! Users sign in and out at real servers, which are processes of their own. What they were answered is kept and compared
//! with the audit ([`ledger`]): every session made or ended is there exactly once, in the order of each user. Each test
//! takes a few seconds; with `SOAK_SECONDS` its faults come again and again for that long (`make soak`). [`mutants`] shows
//! what the comparison finds where a relay, a database or a reader is not what ours is.

mod crash;
mod disk_full;
pub mod ledger;
pub mod load;
mod mutants;
mod races;
mod recreated_outbox;
mod rejected_rows;
mod relay_steps;
pub mod scenario;
mod unavailable;
