//! The encoding of messages.

use std::sync::Arc;

use super::{encoded_message::EncodedMessage, json_message, set_message::SetEncoder, subject::MessageSubject};
use crate::domain::{
    UnixMillis,
    webhook::{WebhookEndpoint, WebhookFormat},
};

const JSON: &str = "application/json";

/// The error of a message that this node cannot sign.
const NO_KEY: &str = "this node has no key for security event tokens; set `webhooks.set_key_file`";

/// Encodes messages in the format of an endpoint.
#[derive(Clone)]
pub struct MessageEncoder {
    /// Encodes messages for `ocsf`.
    pub ocsf: Arc<dyn SubjectEncoder>,
    /// Encodes messages for `caep-set`. `None`: the installation has no key for them, and there is no such endpoint.
    pub sets: Option<SetEncoder>,
}

/// Encodes an event or an alert in a format that another part of the program defines.
pub trait SubjectEncoder: Send + Sync {
    fn encode(&self, subject: &MessageSubject, endpoint: &WebhookEndpoint) -> String;
}

impl MessageEncoder {
    /// Returns the message, or `None` if the format has none for it. Fails if it cannot be signed.
    pub(super) fn encode(
        &self,
        subject: &MessageSubject,
        endpoint: &WebhookEndpoint,
        now: UnixMillis,
    ) -> Option<Result<EncodedMessage, String>> {
        let json = |body| Some(Ok(EncodedMessage { content_type: JSON, body }));
        match endpoint.format {
            WebhookFormat::Json => json(json_message::encode(subject, endpoint)),
            WebhookFormat::Ocsf => json(self.ocsf.encode(subject, endpoint)),
            WebhookFormat::CaepSet => match &self.sets {
                Some(sets) => Some(sets.encode(subject, endpoint, now)?.map_err(|error| error.to_string())),
                None => Some(Err(NO_KEY.to_owned())),
            },
        }
    }

    /// Returns a message that tests an endpoint. Fails if it cannot be signed.
    pub(super) fn encode_test(
        &self,
        endpoint: &WebhookEndpoint,
        id: &str,
        now: UnixMillis,
    ) -> Result<EncodedMessage, String> {
        match (endpoint.format, &self.sets) {
            (WebhookFormat::CaepSet, None) => Err(NO_KEY.to_owned()),
            (WebhookFormat::CaepSet, Some(sets)) => {
                sets.encode_test(endpoint, id, now).map_err(|error| error.to_string())
            }
            (WebhookFormat::Json | WebhookFormat::Ocsf, _) => {
                Ok(EncodedMessage { content_type: JSON, body: json_message::encode_test(endpoint, id, now) })
            }
        }
    }
}
