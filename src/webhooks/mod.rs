//! Webhooks: delivery of events and alerts to the endpoints of other systems, by Standard Webhooks 1.0.0.
//!
//! The audit database is the source of the messages, and holds the progress of each endpoint. One node at a time
//! delivers to an endpoint ([`crate::audit::WebhookLease`]). A message is delivered at least once, with the same ID each
//! time.

mod address;
mod attempt;
mod batch;
mod deliverer;
mod directory;
mod encoded_message;
mod encoder;
mod files;
mod json_message;
mod observer;
mod parts;
mod replay;
mod schedule;
mod sender;
mod set_message;
mod subject;
mod supervisor;
mod tester;

pub use address::{AddressResolver, SystemResolver};
pub use batch::DeliveryOutcome;
pub use directory::EndpointDirectory;
pub use encoder::{MessageEncoder, SubjectEncoder};
pub use files::WebhookFiles;
pub use observer::WebhookObserver;
pub use parts::WebhookParts;
pub use sender::WebhookSender;
pub use set_message::SetEncoder;
pub use subject::MessageSubject;
pub use supervisor::WebhookSupervisor;
pub use tester::EndpointTester;
