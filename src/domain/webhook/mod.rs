//! Webhooks: endpoints of other systems that receive events and alerts.

mod change;
mod endpoint;
mod event_type;
mod health;
mod name;
mod secret;
mod url;

pub use change::{WebhookAction, WebhookChange, WebhookChangeEvent};
pub use endpoint::{ConfiguredEndpoint, WebhookEndpoint, WebhookFormat};
pub use event_type::WebhookEventType;
pub use health::{QueuedMessage, WebhookHealth};
pub use name::WebhookName;
pub use secret::{SecretSalts, WebhookSecret};
pub use url::WebhookUrl;

/// Maximum number of endpoints of an installation: each has a task and connections on one of the nodes.
pub const MAX_ENDPOINTS: usize = 50;
/// Maximum number of tenants that an endpoint may be limited to.
pub const MAX_TENANTS: usize = 100;
/// Maximum number of messages that one call sends again by their IDs.
pub const MAX_REPLAYED_IDS: usize = 200;
