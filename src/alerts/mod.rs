//! Alerts, from finding to subscriber.
//!
//! ```text
//! findings of a bucket ── FindingForwarder ──► AlertStream ──────────► AlertFeed ──► AlertSubscription
//!   logins on any node      on any node          stored, in one order,   one per node   one per caller
//!                                                + a message per node                        ▲
//!                                                  │                                         │
//!                                                  └─ AlertArchiver ──► AlertArchive ────────┘
//!                                                       on any node      alerts that the stream no longer has
//! ```
//!
//! A message may be lost; the stream is not. Each alert names the one before it, so a reader that misses one notices
//! the gap and reads the stream. An alert is delivered at least once, and a repeat has the same ID.

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
