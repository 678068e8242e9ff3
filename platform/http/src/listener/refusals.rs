//! What the parser refuses: heads that are no HTTP, or too large.
//!
//! hyper answers those by itself, with a bare status, and no layer hears of it. Here its bytes are exchanged for an answer
//! like every other: a problem with its code, the headers that all answers have, a trace, a line in the access log.
//!
//! Bytes of an answer of ours are never taken for one of the parser's, whatever they say: the parser speaks only where
//! no request was begun since everything that was to be written has been.

use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::response::Response;
use bytes::{Buf, Bytes, BytesMut};
use futures::FutureExt;
use http::StatusCode;
use http_body_util::BodyExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::codes::{HEAD_MALFORMED, HEAD_TOO_LARGE, URI_TOO_LONG};
use crate::layers::Stack;
use crate::listener::activity::Activity;
use crate::problem::Problem;

/// A connection whose parser's refusals are told as problems.
pub(super) struct Refusals<I> {
    io: I,
    activity: Arc<Activity>,
    stack: Arc<Stack>,
    peer: IpAddr,
    /// Requests begun when all answers had last been written.
    settled: Option<u32>,
    /// What is written in the parser's place, as far as it has not been.
    instead: Option<Bytes>,
}

impl<I> Refusals<I> {
    pub(super) fn new(io: I, activity: &Arc<Activity>, stack: &Arc<Stack>, peer: IpAddr) -> Self {
        let (activity, stack) = (Arc::clone(activity), Arc::clone(stack));
        Self { io, settled: activity.settled(), activity, stack, peer, instead: None }
    }

    /// What is to be written instead of the parser's own words; `None` for everything else.
    fn instead_of(&self, bytes: &[u8]) -> Option<Bytes> {
        // Speaks HTTP/1 only: no frame of HTTP/2 begins like this.
        let status = bytes.strip_prefix(b"HTTP/1.")?.get(2..5)?;
        if self.settled.is_none() || self.activity.settled() != self.settled {
            return None;
        }
        let problem: Problem = match StatusCode::from_bytes(status).ok()? {
            StatusCode::BAD_REQUEST => {
                HEAD_MALFORMED.error("the head of the request does not follow RFC 9112").into()
            }
            StatusCode::URI_TOO_LONG => URI_TOO_LONG.error("the address is too long").into(),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => HEAD_TOO_LARGE
                .error("the head of the request has more than 32 kB or more than 100 headers")
                .into(),
            _ => return None,
        };
        written(bytes, self.stack.refuse(problem, self.peer))
    }
}

/// The answer as bytes, with the parser's status line, its date and its word that the connection ends.
fn written(by_parser: &[u8], answer: Response) -> Option<Bytes> {
    let (parts, body) = answer.into_parts();
    // It is in memory, whole.
    let body = body.collect().now_or_never()?.ok()?.to_bytes();
    let mut bytes = BytesMut::with_capacity(by_parser.len() + body.len() + 1_024);
    let lines = by_parser.strip_suffix(b"\r\n")?;
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b"content-length:") {
            bytes.extend_from_slice(line);
        }
    }
    for (name, value) in &parts.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(&body);
    Some(bytes.freeze())
}

impl<I: AsyncWrite + Unpin> Refusals<I> {
    /// Writes what is to be written instead, all of it; then `length` bytes of the parser's count as written.
    fn poll_instead(
        &mut self,
        cx: &mut Context<'_>,
        mut left: Bytes,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        while left.has_remaining() {
            match Pin::new(&mut self.io).poll_write(cx, &left) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => left.advance(count),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.instead = Some(left);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(length))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Refusals<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Refusals<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.instead.take().or_else(|| self.instead_of(bytes)) {
            Some(instead) => self.poll_instead(cx, instead, bytes.len()),
            None => Pin::new(&mut self.io).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // A refusal has a head only, in one piece.
        if let [bytes] = slices {
            return self.poll_write(cx, bytes);
        }
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.io).poll_flush(cx))?;
        // hyper flushes when it has nothing more to write.
        self.settled = self.activity.settled();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
