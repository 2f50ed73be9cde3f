//! Real servers for the tests, started by the tests: nothing here imitates Redis or PostgreSQL.
//!
//! Every server runs on loopback, on a free port, in a temporary directory, and ends with the test process, however
//! that ends. A test that needs Redis starts its own, which takes milliseconds. PostgreSQL takes a second, so tests
//! share one and use a database each.

pub mod certificates;
pub mod clock;
pub mod directory;
pub mod mmdb;
pub mod pgbouncer;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod raw_h2;
pub mod redis;
pub mod redis_cluster;
mod self_test;
pub mod soak;

/// Returns a random password, so that a client never mistakes another test's server for its own.
#[expect(clippy::disallowed_methods, reason = "a password for a server of a test")]
fn random_password() -> String {
    format!("{:032x}", rand::random::<u128>())
}
