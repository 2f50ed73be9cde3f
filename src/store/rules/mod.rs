//! The rules by which a step of the store decides, as pure functions of what it has read.
//!
//! The SQLite engine calls them. The Lua scripts of the Redis engine (`redis/lua`) implement the same rules. The
//! reference model in `tests/conformance` implements them independently, from the contract alone, and is compared with
//! both engines.

pub(super) mod deduplication;
pub(super) mod eviction;
pub(super) mod liveness;
pub(super) mod presentation;
pub(super) mod retention;
pub(super) mod start;
