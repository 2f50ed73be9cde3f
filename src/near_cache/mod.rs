//! The near cache: validations served from memory, with bounded staleness.
//!
//! - [`memory::NearCache`] holds the results of reads until they are invalidated. It does no I/O. It lists the tenants
//!   that were signed out since a session was read. Each mass revocation therefore costs one read for all sessions of
//!   all buckets, and only the sessions of its own tenant are read again.
//! - [`reader::SessionReader`] serves sessions from it under a lease that is fresh enough. Otherwise it reads the store,
//!   once for all concurrent calls for the same session.
//! - [`invalidating_store::InvalidatingStore`] invalidates the users that this node changes before the change is
//!   acknowledged.
//!
//! It rests on a [`source::InvalidationSource`], which each engine implements: it sends the invalidations and renews the
//! leases. `docs/freshness.md` states the guarantee and the argument for it, and `model` checks the argument.

mod invalidating_store;
pub mod live_session;
pub mod memory;
#[cfg(test)]
#[cfg(model)]
mod model;
pub mod observer;
pub mod reader;
pub mod source;

pub use invalidating_store::InvalidatingStore;
pub use live_session::{LiveSession, SessionEncoder};
pub use memory::{CacheEntry, CacheLookup, CacheSize, NearCache, ReadTicket, RevocationsTicket};
pub use observer::{CacheObserver, Fallback, NoopCacheObserver};
pub use reader::{MAX_CONCURRENT_READS, SessionRead, SessionReader, SessionSource, SessionStatus, SpotCheckResult};
