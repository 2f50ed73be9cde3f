//! Real servers for tests and benches, which start them: nothing here imitates Redis or PostgreSQL.
//!
//! Every server runs on loopback, on a free port, in a temporary directory, and ends with the test process, however
//! that ends. A test that needs Redis starts its own, which takes milliseconds. PostgreSQL takes a second, so tests
//! share one and use a database each.

#![expect(clippy::expect_used, clippy::panic, reason = "a fixture that fails ends its test")]
#![expect(clippy::missing_panics_doc, reason = "said above for all of them")]

pub mod certificates;
pub mod directory;
pub mod mmdb;
mod password;
pub mod pgbouncer;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod raw_h2;
pub mod redis;
pub mod redis_cluster;
pub mod soak;
mod wait;
mod watchdog;
