//! The guarantee of the near cache under faults.
//!
//! Users sign in, are validated on several nodes without a pause, and are revoked. Everything is recorded and checked
//! ([`history`]): no validation that starts later than the bound after the response to a revocation accepts the
//! session, and no active session is rejected. Each test takes a few seconds; with `SOAK_SECONDS` its faults are
//! repeated for that long (`make soak`).

mod clocks;
mod cluster;
mod connection;
mod demotion;
mod floods;
mod flushed_redis;
mod history;
mod hostile;
mod load;
mod mutants;
mod no_fault;
mod paused_process;
mod restart;
mod restored_backup;
mod scenario;
mod server;
mod swapped_redis;
mod unread_streams;
mod validator;

use super::{MAX_STALENESS, tracking};
