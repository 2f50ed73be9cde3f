//! The guarantees of the relay under faults.
//!
//! Users sign in and out at real servers, which are separate processes. Their responses are recorded and compared with
//! the audit ([`ledger`]): every session that was created or ended is there exactly once, in the order of each user.
//! Each test takes a few seconds; with `SOAK_SECONDS` its faults are repeated for that long (`make soak`). [`mutants`]
//! shows that the comparison finds a faulty relay, database or reader.

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
