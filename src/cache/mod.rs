//! The near cache: validations at the speed of memory, and never out of date for longer than a bound.
//!
//! - [`near_cache::NearCache`] keeps what was read, and forgets what changes are told of. Pure: no I/O.
//! - [`session_reader::SessionReader`] answers from it under a lease that is young enough, else reads, and reads a session once for
//!   all who ask for it at the same time.
//! - [`invalidating_store::InvalidatingStore`] forgets what this node itself changes before it says so.
//! - `revocations` lists which tenants were signed out since a session was read, so that each revocation costs one read
//!   for all sessions of all buckets, and only those of its own tenant are read again.
//!
//! Who tells of changes, and renews the leases, is the store ([`crate::store::InvalidationSource`]).

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
