//! How messages become bytes: protobuf, in buffers of a size that most messages fit into.

use std::marker::PhantomData;

use prost::Message;
use tonic::codec::BufferSettings;
use tonic_prost::{ProstCodec, ProstDecoder, ProstEncoder};

/// A call takes four buffers, and tonic's own choice for each is 8 KiB. The shop's messages have some hundred bytes,
/// and the C library hands out blocks of up to 1,032 bytes from a list of its thread, in a fraction of the time. A
/// larger message grows its buffer.
const BUFFER_BYTES: usize = 1_000;

/// tonic's own choice: a stream hands over what it has gathered when it passes this.
const YIELD_BYTES: usize = 32 * 1024;

/// The codec of all generated clients and servers.
#[derive(Clone, Debug)]
pub struct Codec<T, U>(PhantomData<fn() -> (T, U)>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> tonic::codec::Codec for Codec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = ProstDecoder<U>;

    fn encoder(&mut self) -> ProstEncoder<T> {
        ProstCodec::<T, U>::raw_encoder(BufferSettings::new(BUFFER_BYTES, YIELD_BYTES))
    }

    fn decoder(&mut self) -> ProstDecoder<U> {
        ProstCodec::<T, U>::raw_decoder(BufferSettings::new(BUFFER_BYTES, YIELD_BYTES))
    }
}
