//! The near cache: validations served from memory, with bounded staleness.
//!
//! - [`near_cache::NearCache`] holds the results of reads until they are invalidated. It does no I/O.
//! - [`session_reader::SessionReader`] serves sessions from it under a lease that is fresh enough. Otherwise it reads
//!   the store, once for all concurrent calls for the same session.
//! - [`invalidating_store::InvalidatingStore`] invalidates the users that this node changes before the change is
//!   acknowledged.
//! - `revocations` lists the tenants that were signed out since a session was read. Each mass revocation therefore
//!   costs one read for all sessions of all buckets, and only the sessions of its own tenant are read again.
//!
//! The store sends the invalidations and renews the leases ([`crate::store::InvalidationSource`]).

mod hit_sample;
pub mod invalidating_store;
pub mod live_session;
#[cfg(test)]
#[cfg(model)]
mod model;
pub mod near_cache;
pub mod observer;
mod revocation_reads;
mod revocations;
pub mod session_reader;
mod shard;
mod single_flight;
mod spot_check;

pub use invalidating_store::InvalidatingStore;
pub use live_session::{LiveSession, SessionEncoder};
pub use near_cache::{CacheLookup, NearCache, ReadTicket, RevocationsTicket};
pub use observer::{CacheObserver, Fallback, NoopCacheObserver};
pub use session_reader::{MAX_CONCURRENT_READS, SessionRead, SessionReader, SessionSource, SessionStatus};
pub use shard::{CacheEntry, CacheSize};
pub use spot_check::SpotCheckResult;
