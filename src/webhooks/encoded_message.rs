//! Messages as they are sent.

/// A message as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EncodedMessage {
    pub content_type: &'static str,
    pub body: String,
}
