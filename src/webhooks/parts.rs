//! The parts that the deliverers of a node share.

use std::sync::Arc;

use super::{
    attempt::AttemptFailure,
    batch::MessageResult,
    directory::{ActiveEndpoint, EndpointDirectory},
    encoder::MessageEncoder,
    observer::WebhookObserver,
    sender::WebhookSender,
    subject::MessageSubject,
};
use crate::{
    audit::{AlertArchive, AuditHistory, WebhookLog},
    clock::Clock,
    entropy::Entropy,
};

/// The parts that deliverers share.
pub struct WebhookParts {
    pub directory: EndpointDirectory,
    pub log: Arc<dyn WebhookLog>,
    pub history: Arc<dyn AuditHistory>,
    pub archive: Arc<dyn AlertArchive>,
    pub encoder: MessageEncoder,
    pub sender: WebhookSender,
    pub observer: Arc<dyn WebhookObserver>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// Maximum number of concurrent attempts for each endpoint.
    pub max_concurrency: usize,
}

impl WebhookParts {
    /// Attempts to deliver one message. Without a subject there is nothing to send.
    pub(super) async fn attempt(&self, active: &ActiveEndpoint, subject: Option<&MessageSubject>) -> MessageResult {
        let now = self.clock.now();
        let encode =
            |subject: &MessageSubject| Some((subject.id(), self.encoder.encode(subject, &active.endpoint, now)?));
        let (id, message) = match subject.and_then(encode) {
            None => return MessageResult::Skipped,
            Some((_, Err(error))) => return MessageResult::Failed(AttemptFailure::without_response(error)),
            Some((id, Ok(message))) => (id, message),
        };
        let secrets = self.directory.secrets(active, now);
        match self.sender.send(&active.endpoint, &secrets, &id, &message).await {
            Ok(status) => MessageResult::Delivered(status),
            Err(failure) => MessageResult::Failed(failure),
        }
    }
}
