//! Cached entries: insertion, invalidation and lookup.

mod cache_fixture;
mod cached_entries;
pub mod counting_observer;
mod denylist;
mod forgetting;
mod lease_checks;
mod refill;
mod revocations;
mod spot_check;
