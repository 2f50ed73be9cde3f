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

mod alert_history;
mod archiver;
mod cursor;
mod feed;
mod filter;
mod forwarder;
mod gap;
mod observer;
mod stream_pages;
mod subscription;

pub use alert_history::HistoryReadError;
pub use archiver::{AlertArchiver, ArchiverStatus};
pub use cursor::{decode, encode};
pub use feed::{AlertFeed, FeedSettings, FeedStatus};
pub use filter::AlertFilter;
pub use forwarder::{FindingForwarder, ForwarderStatus};
pub use gap::{AlertGap, GapReason};
pub use observer::{AlertObserver, NoopAlertObserver, SubscriptionEndReason};
pub use subscription::{AlertDelivery, AlertSubscription, StartPosition, SubscribeError, SubscriptionError};
