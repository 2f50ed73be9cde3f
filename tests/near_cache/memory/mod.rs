//! What is kept, forgotten and given out.

mod cache_fixture;
mod cached_entries;
pub mod counting_observer;
mod forgetting;
mod lease_checks;
mod refill;
mod revocations;
mod spot_check;
