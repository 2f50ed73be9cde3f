//! Alerts on their way to whoever wants to know of them.
//!
//! ```text
//! findings of a bucket ── Forwarder ──► AlertStream (kept, one order) ──► Feed ──► Subscription
//!   any node's logins      any node       + a message to each node     one a node   one a caller
//!                                              │                                       ▲
//!                                              └─ Archiver ──► AlertArchive ───────────┘
//!                                                 any node      what the stream has no longer
//! ```
//!
//! A message may be lost, the stream is not: each alert names the one before it, so that whoever misses one
//! knows it and reads the stream. An alert is delivered at least once, and the same again has the same id.

mod archiver;
mod cursor;
mod feed;
mod filter;
mod forwarder;
mod gap;
mod history;
mod kept;
mod observer;
mod subscription;

pub use archiver::{Archiver, ArchiverStatus};
pub use cursor::{decode, encode};
pub use feed::{Feed, FeedSettings, FeedStatus};
pub use filter::Filter;
pub use forwarder::{Forwarder, ForwarderStatus};
pub use gap::{Gap, GapReason};
pub use kept::ReadError;
pub use observer::{AlertObserver, Ending, Unobserved};
pub use subscription::{Begin, Cut, Delivery, SubscribeError, Subscription};
