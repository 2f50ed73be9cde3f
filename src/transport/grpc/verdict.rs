//! The answers of validations, written without being made messages first.
//!
//! A session's pass has its message encoded already, all but what moves while it is used. Fields of a message may
//! come in any order, so what moves is written behind it.

use std::time::Duration;

use prost::{Message, bytes::BufMut, encode_length_delimiter, length_delimiter_len};
use prost_types::Timestamp;

use super::answer::{duration, rejection, timestamp};
use crate::{
    api,
    authority::{Live, Verdict, VerdictSource},
};

/// Keys of fields that have messages: the field's number and the wire type LEN.
const SESSION: u8 = key(1);
const RESPONSE: u8 = key(2);

const fn key(field: u8) -> u8 {
    (field << 3) | 2
}

/// What can be written into the buffer that is sent.
pub(super) trait Encode {
    /// `to` makes room as it is needed.
    fn encode(&self, to: &mut impl BufMut);
}

/// A `ValidateResponse`.
pub(super) struct Answer {
    live: Option<Live>,
    /// All but a live session.
    rest: api::ValidateResponse,
}

impl From<Verdict> for Answer {
    fn from(verdict: Verdict) -> Self {
        use api::validate_response::Outcome;
        let (live, outcome) = match verdict.outcome {
            Ok(live) => (Some(live), None),
            Err(refused) => (None, Some(Outcome::Rejection(rejection(refused)))),
        };
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
        };
        Self { live, rest }
    }
}

impl Answer {
    pub(super) fn encoded_len(&self) -> usize {
        let session = |live: &Live| {
            let len = live.pass.answer.len() + moving(live).encoded_len();
            1 + length_delimiter_len(len) + len
        };
        self.live.as_ref().map_or(0, session) + self.rest.encoded_len()
    }
}

impl Encode for Answer {
    fn encode(&self, to: &mut impl BufMut) {
        if let Some(live) = &self.live {
            let moving = moving(live);
            begin(SESSION, live.pass.answer.len() + moving.encoded_len(), to);
            to.put_slice(&live.pass.answer);
            write(&moving, to);
        }
        write(&self.rest, to);
    }
}

/// A `ValidateStreamResponse`.
pub(super) struct Tagged {
    pub(super) tag: u64,
    pub(super) result: Result<Answer, api::ValidateFailure>,
}

impl Tagged {
    /// All but an answer.
    fn rest(&self) -> api::ValidateStreamResponse {
        use api::validate_stream_response::Result::Failure;
        let failure = self.result.as_ref().err().cloned();
        api::ValidateStreamResponse { tag: self.tag, result: failure.map(Failure) }
    }
}

impl Encode for Tagged {
    fn encode(&self, to: &mut impl BufMut) {
        write(&self.rest(), to);
        if let Ok(answer) = &self.result {
            begin(RESPONSE, answer.encoded_len(), to);
            answer.encode(to);
        }
    }
}

/// What of an [`api::Session`] is not in its pass, under the same numbers. A whole one has twenty fields to pass over.
#[derive(Clone, PartialEq, Message)]
struct Moving {
    #[prost(message, optional, tag = "11")]
    last_active_at: Option<Timestamp>,
    #[prost(message, optional, tag = "12")]
    idle_expires_at: Option<Timestamp>,
}

fn moving(live: &Live) -> Moving {
    Moving {
        last_active_at: Some(timestamp(live.clock.last_active)),
        idle_expires_at: Some(timestamp(live.clock.idle_expires_at())),
    }
}

/// Begins a field that has a message of `len` bytes.
fn begin(key: u8, len: usize, to: &mut impl BufMut) {
    to.put_u8(key);
    // Fails only for want of room, and a buffer that is sent makes it.
    let _ = encode_length_delimiter(len, to);
}

fn write(message: &impl Message, to: &mut impl BufMut) {
    // As above.
    let _ = message.encode(to);
}

#[cfg(test)]
mod tests;
