//! The codec for the messages of validations.

use std::marker::PhantomData;

use prost::{Message, Name};
use tonic::{
    Status,
    codec::{BufferSettings, Codec, EncodeBuf, Encoder},
};

use super::answer::WireEncode;
use crate::api::LenientDecoder;

/// The initial buffer sizes for a request and for a response, in bytes. They suffice for most messages and are no
/// limits.
const REQUEST_BUFFER_BYTES: usize = 512;
const ANSWER_BUFFER_BYTES: usize = 1024;
/// The size of encoded responses, in bytes, at which they are sent if there are many.
const YIELD_THRESHOLD: usize = 32 * 1024;

/// A codec that decodes messages `Q` and encodes answers `A`.
pub(super) struct ValidateCodec<Q, A>(PhantomData<(Q, A)>);

impl<Q, A> ValidateCodec<Q, A> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<Q, A> Codec for ValidateCodec<Q, A>
where
    Q: Message + Name + Default + Send + 'static,
    A: WireEncode + Send + 'static,
{
    type Encode = A;
    type Decode = Q;
    type Encoder = AnswerEncoder<A>;
    type Decoder = LenientDecoder<Q>;

    fn encoder(&mut self) -> Self::Encoder {
        AnswerEncoder(PhantomData)
    }

    fn decoder(&mut self) -> Self::Decoder {
        LenientDecoder::new(BufferSettings::new(REQUEST_BUFFER_BYTES, YIELD_THRESHOLD))
    }
}

pub(super) struct AnswerEncoder<A>(PhantomData<A>);

impl<A: WireEncode> Encoder for AnswerEncoder<A> {
    type Item = A;
    type Error = Status;

    fn encode(&mut self, answer: A, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        answer.encode(to);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(ANSWER_BUFFER_BYTES, YIELD_THRESHOLD)
    }
}
