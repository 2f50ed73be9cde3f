//! The near cache: validations at the speed of memory, and never out of date for longer than a bound.
//!
//! - [`near::NearCache`] keeps what was read, and forgets what changes are told of. Pure: no I/O.
//! - [`reads::Reads`] answers from it under a lease that is young enough, else reads, and reads a session once for
//!   all who ask for it at the same time.
//! - [`evicting::EvictingStore`] forgets what this node itself changes before it says so.
//! - `revocations` lists which tenants were signed out since a session was read, so that each revocation costs one read
//!   for all sessions of all buckets, and only those of its own tenant are read again.
//!
//! Who tells of changes, and renews the leases, is the store ([`crate::store::TrackedStore`]).

pub mod evicting;
mod flights;
mod kept;
#[cfg(test)]
#[cfg(model)]
mod model;
pub mod near;
pub mod observer;
pub mod pass;
pub mod reads;
mod revocation_reads;
mod revocations;
mod spot_check;

pub use evicting::EvictingStore;
pub use kept::{Known, Size};
pub use near::{Look, NearCache, RevocationsTicket, Ticket};
pub use observer::{CacheObserver, Fallback, Unobserved};
pub use pass::{Pass, Present};
pub use reads::{READS_AT_ONCE, Reads, Seen, Source, Standing};
pub use spot_check::SpotCheck;
