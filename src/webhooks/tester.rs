//! Test messages.

use std::sync::Arc;

use async_trait::async_trait;

use super::{attempt::AttemptFailure, parts::WebhookParts};
use crate::{
    authority::{WebhookTest, WebhookTester},
    clock::Stopwatch,
    domain::{CallError, EventId, webhook::WebhookName},
    entropy::random_bytes,
};

/// Sends test messages to endpoints.
pub struct EndpointTester(pub Arc<WebhookParts>);

#[async_trait]
impl WebhookTester for EndpointTester {
    async fn send_test(&self, name: &WebhookName) -> Result<Option<WebhookTest>, CallError> {
        let Self(parts) = self;
        let Some(active) = parts.directory.find(name).await? else { return Ok(None) };
        let random = random_bytes(parts.entropy.as_ref()).map_err(|error| CallError::Internal(error.into()))?;
        let (id, now) = (EventId::from_webhook_change(random).to_string(), parts.clock.now());
        let stopwatch = Stopwatch::start();
        let sent = match parts.encoder.encode_test(&active.endpoint, &id, now) {
            Ok(message) => {
                let secrets = parts.directory.secrets(&active, now);
                parts.sender.send(&active.endpoint, &secrets, &id, &message).await
            }
            Err(error) => Err(AttemptFailure::without_response(error)),
        };
        let (status, error) = match sent {
            Ok(status) => (Some(status), String::new()),
            Err(failure) => (failure.status, failure.error),
        };
        Ok(Some(WebhookTest { message_id: id, status, error, elapsed: stopwatch.elapsed() }))
    }
}
