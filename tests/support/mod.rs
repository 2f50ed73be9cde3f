//! The servers of the tests, which are those of `crates/test-support`, and the clock of a node.

pub mod clock;

pub use test_support::*;
