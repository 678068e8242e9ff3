//! Compressing what is answered, piece by piece, so that memory and the time of one turn stay bounded whatever the size.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderValue;
use http_body::{Body as HttpBody, Frame};

/// Compressed at once before others get their turn: a fifth of a millisecond.
const PIECE_BYTES: usize = 16 * 1_024;

/// Half of brotli's scale is slower than gzip and little smaller; this level is both smaller and quicker.
const BROTLI_QUALITY: u32 = 4;

/// 256 kB of window, which is what an encoder holds for each answer that is under way.
const BROTLI_WINDOW: u32 = 18;

/// How an answer's body is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coding {
    #[default]
    Identity,
    Gzip,
    Brotli,
}

impl Coding {
    /// The value of `Content-Encoding`.
    pub(crate) fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        })
    }

    fn encoder(self) -> Encoder {
        match self {
            Self::Gzip | Self::Identity => {
                Encoder::Gzip(Box::new(GzEncoder::new(Vec::new(), Compression::new(5))))
            }
            Self::Brotli => Encoder::Brotli(Box::new(brotli::CompressorWriter::new(
                Vec::new(),
                PIECE_BYTES,
                BROTLI_QUALITY,
                BROTLI_WINDOW,
            ))),
        }
    }

    /// All of it at once, for what is small.
    pub(crate) fn encode(self, bytes: &[u8]) -> io::Result<Bytes> {
        let mut encoder = self.encoder();
        encoder.write(bytes)?;
        encoder.finish()
    }
}

enum Encoder {
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
}

impl Encoder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.write_all(bytes),
            Self::Brotli(encoder) => encoder.write_all(bytes),
        }
    }

    /// Makes readable what was written so far: somebody waits for it.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Gzip(encoder) => encoder.flush(),
            Self::Brotli(encoder) => encoder.flush(),
        }
    }

    fn take(&mut self) -> Bytes {
        let made = match self {
            Self::Gzip(encoder) => std::mem::take(encoder.get_mut()),
            Self::Brotli(encoder) => std::mem::take(encoder.get_mut()),
        };
        made.into()
    }

    fn finish(self) -> io::Result<Bytes> {
        Ok(match self {
            Self::Gzip(encoder) => encoder.finish()?.into(),
            Self::Brotli(encoder) => encoder.into_inner().into(),
        })
    }
}

/// A body that is compressed while it is read.
pub(crate) struct Encoded {
    plain: Body,
    encoder: Option<Encoder>,
    // Read and not compressed yet.
    left: Bytes,
    unflushed: bool,
}

impl Encoded {
    pub(crate) fn new(plain: Body, coding: Coding) -> Self {
        Self { plain, encoder: Some(coding.encoder()), left: Bytes::new(), unflushed: false }
    }
}

impl HttpBody for Encoded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        loop {
            let Some(encoder) = &mut this.encoder else { return Poll::Ready(None) };
            if !this.left.is_empty() {
                let piece = this.left.split_to(this.left.len().min(PIECE_BYTES));
                if let Err(error) = encoder.write(&piece) {
                    this.encoder = None;
                    return Poll::Ready(Some(Err(axum::Error::new(error))));
                }
                this.unflushed = true;
                let made = encoder.take();
                if !made.is_empty() {
                    return Poll::Ready(Some(Ok(Frame::data(made))));
                }
                if !this.left.is_empty() {
                    // Others are due; we are called again at once.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                continue;
            }
            match Pin::new(&mut this.plain).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers have no place behind a compressed body.
                    if let Ok(data) = frame.into_data() {
                        this.left = data;
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    this.encoder = None;
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(None) => {
                    let finished = this.encoder.take().map_or(Ok(Bytes::new()), Encoder::finish);
                    return match finished {
                        Ok(made) if made.is_empty() => Poll::Ready(None),
                        Ok(made) => Poll::Ready(Some(Ok(Frame::data(made)))),
                        Err(error) => Poll::Ready(Some(Err(axum::Error::new(error)))),
                    };
                }
                Poll::Pending if this.unflushed => {
                    this.unflushed = false;
                    if let Err(error) = encoder.flush() {
                        this.encoder = None;
                        return Poll::Ready(Some(Err(axum::Error::new(error))));
                    }
                    let made = encoder.take();
                    if !made.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(made))));
                    }
                    return Poll::Pending;
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
