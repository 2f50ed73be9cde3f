//! Notifications to users: which findings they are about, and their texts.
//!
//! ```text
//! AlertArchiver ──► NotificationFeeder ──► NotificationQueue ──► lease ──► compose ──► consumer, such as a mailer
//!   alerts, in the    one draft for each     audit database                  texts of a language
//!   order of the      sign-in
//!   stream
//! ```
//!
//! The archiver queues the notifications of a batch of alerts before it archives the batch. If a node stops in between,
//! the batch is read again, and its notifications, whose IDs are derived from the sign-ins, are known already. So each
//! sign-in is queued exactly once. A queue of its own position in the stream would need the same, and one more owner.

mod catalogue;
mod feeder;
mod grouping;
mod message;
mod settings;

pub use feeder::{FeederCounts, NotificationFeeder};
pub use message::{AnswerLinks, UserMessage, compose};
pub use settings::NotificationSettings;
