//! The answers to validations, encoded without building messages first.
//!
//! A [`LiveSession`](crate::authority::LiveSession) contains its message in encoded form, without the timestamps that
//! change while it is used. The fields of a message may come in any order, so these timestamps are appended.

use std::time::Duration;

use prost::{Message, bytes::BufMut};
use prost_types::Timestamp;

use crate::{
    api,
    authority::{TokenVerdict, ValidatedSession, VerdictSource},
    transport::grpc::{
        response::{duration, rejection, timestamp},
        wire::{begin_field, field_len, length_delimited_key},
    },
};

const SESSION_KEY: u8 = length_delimited_key(1);
const RESPONSE_KEY: u8 = length_delimited_key(2);

/// A value that can be encoded into the send buffer.
pub(super) trait WireEncode {
    /// Encodes the value into `to`, which grows as needed.
    fn encode(&self, to: &mut impl BufMut);
}

/// A `ValidateResponse`.
pub(super) struct ValidateAnswer {
    live: Option<ValidatedSession>,
    /// The fields besides a live session.
    other_fields: api::ValidateResponse,
}

impl From<TokenVerdict> for ValidateAnswer {
    fn from(verdict: TokenVerdict) -> Self {
        use api::validate_response::Outcome;
        let (live, outcome) = match verdict.outcome {
            Ok(live) => (Some(live), None),
            Err(refused) => (None, Some(Outcome::Rejection(rejection(refused)))),
        };
        let rotate_after = live.as_ref().and_then(|live| live.rotate_after).map(timestamp);
        let source = match verdict.source {
            VerdictSource::Token => api::Source::Token,
            VerdictSource::Cache => api::Source::Cache,
            VerdictSource::Store => api::Source::Store,
        };
        let rest = api::ValidateResponse {
            outcome,
            source: source.into(),
            as_of: Some(timestamp(verdict.as_of)),
            cache_ttl: Some(duration(Duration::ZERO)),
            rotate_after,
        };
        Self { live, other_fields: rest }
    }
}

impl ValidateAnswer {
    pub(super) fn encoded_len(&self) -> usize {
        let session = |live: &ValidatedSession| {
            let len = live.session.encoded_session.len() + activity_timestamps(live).encoded_len();
            field_len(len)
        };
        self.live.as_ref().map_or(0, session) + self.other_fields.encoded_len()
    }
}

impl WireEncode for ValidateAnswer {
    fn encode(&self, to: &mut impl BufMut) {
        if let Some(live) = &self.live {
            let activity = activity_timestamps(live);
            begin_field(SESSION_KEY, live.session.encoded_session.len() + activity.encoded_len(), to);
            to.put_slice(&live.session.encoded_session);
            write_message(&activity, to);
        }
        write_message(&self.other_fields, to);
    }
}

/// A `ValidateStreamResponse`.
pub(super) struct TaggedAnswer {
    pub(super) tag: u64,
    pub(super) result: Result<ValidateAnswer, api::ValidateFailure>,
}

impl TaggedAnswer {
    /// Returns the fields besides an answer.
    fn without_answer(&self) -> api::ValidateStreamResponse {
        use api::validate_stream_response::Result::Failure;
        let failure = self.result.as_ref().err().cloned();
        api::ValidateStreamResponse { tag: self.tag, result: failure.map(Failure) }
    }
}

impl WireEncode for TaggedAnswer {
    fn encode(&self, to: &mut impl BufMut) {
        write_message(&self.without_answer(), to);
        if let Ok(answer) = &self.result {
            begin_field(RESPONSE_KEY, answer.encoded_len(), to);
            answer.encode(to);
        }
    }
}

/// The fields of an [`api::Session`] that its encoded form lacks, under the same numbers. Encoding a whole session
/// would have to skip twenty fields.
#[derive(Clone, PartialEq, Message)]
struct ActivityTimestamps {
    #[prost(message, optional, tag = "11")]
    last_active_at: Option<Timestamp>,
    #[prost(message, optional, tag = "12")]
    idle_expires_at: Option<Timestamp>,
}

fn activity_timestamps(live: &ValidatedSession) -> ActivityTimestamps {
    ActivityTimestamps {
        last_active_at: Some(timestamp(live.clock.last_active)),
        idle_expires_at: Some(timestamp(live.clock.idle_expires_at())),
    }
}

fn write_message(message: &impl Message, to: &mut impl BufMut) {
    // Fails only for lack of space, and the send buffer grows.
    let _ = message.encode(to);
}

#[cfg(test)]
mod tests;
