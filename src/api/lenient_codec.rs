//! The codec of the contract's messages.

use std::marker::PhantomData;

use prost::{Message, Name, bytes::Buf};
use tonic::{
    Status,
    codec::{BufferSettings, Codec, DecodeBuf, Decoder},
};
use tonic_prost::{ProstCodec, ProstEncoder};

use super::utf8_repair;

/// Encodes messages `T` and decodes messages `U`. Text that a browser supplies need not be UTF-8 in a decoded message.
#[derive(Clone, Debug)]
pub struct LenientCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for LenientCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for LenientCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Name + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = LenientDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::default().encoder()
    }

    fn decoder(&mut self) -> Self::Decoder {
        LenientDecoder::new(BufferSettings::default())
    }
}

/// Decodes messages `U`.
#[derive(Clone, Debug)]
pub struct LenientDecoder<U> {
    settings: BufferSettings,
    message: PhantomData<U>,
}

impl<U> LenientDecoder<U> {
    #[must_use]
    pub const fn new(settings: BufferSettings) -> Self {
        Self { settings, message: PhantomData }
    }
}

impl<U: Message + Name + Default> Decoder for LenientDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let encoded = from.copy_to_bytes(from.remaining());
        let message = U::decode(&*encoded).or_else(|error| {
            let mut encoded = encoded.to_vec();
            utf8_repair::replace_invalid_utf8(&U::full_name(), &mut encoded);
            // The error of the first attempt is returned.
            U::decode(&*encoded).map_err(|_| Status::internal(error.to_string()))
        });
        message.map(Some)
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.settings
    }
}
