//! What never becomes a request: heads that are no HTTP or too large, which the parser refuses, and such as do not end in
//! time, which nobody would answer.
//!
//! hyper answers those by itself, with a bare status, and no layer hears of it. Here its bytes are exchanged for an answer
//! like every other: a problem with its code, the headers that all answers have, a trace, a line in the access log.
//!
//! Bytes of an answer of ours are never taken for one of the parser's, whatever they say: the parser speaks only where
//! no request was begun since everything that was to be written has been. A head that is late is one of which bytes came in
//! since then; on a connection that was merely silent nothing is said.

use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, UNIX_EPOCH};

use axum::response::Response;
use bytes::{Buf, Bytes, BytesMut};
use futures::FutureExt;
use http::StatusCode;
use http_body_util::BodyExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::codes::{HEAD_MALFORMED, HEAD_TOO_LARGE, HEAD_TOO_SLOW, URI_TOO_LONG};
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
    /// How the first bytes were: those of HTTP/2 have its preface.
    first: [u8; PREFACE.len()],
    first_length: usize,
    /// Requests begun when bytes last came in with nothing to answer.
    heard: Option<u32>,
    /// What is written of a head that is late, as far as it has not been.
    farewell: Option<Bytes>,
}

/// What HTTP/2 begins with (RFC 9113, 3.4), as far as nothing else does.
const PREFACE: &[u8; 3] = b"PRI";

impl<I> Refusals<I> {
    pub(super) fn new(io: I, activity: &Arc<Activity>, stack: &Arc<Stack>, peer: IpAddr) -> Self {
        let (activity, stack) = (Arc::clone(activity), Arc::clone(stack));
        Self {
            io,
            settled: activity.settled(),
            activity,
            stack,
            peer,
            instead: None,
            first: [0; PREFACE.len()],
            first_length: 0,
            heard: None,
            farewell: None,
        }
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
        let written = poll_all(&mut self.io, cx, &mut left);
        if written.is_pending() {
            self.instead = Some(left);
        }
        written.map_ok(|()| length)
    }

    /// Tells the caller of a head that is late; ready when there is nothing to tell, or nothing more.
    fn poll_farewell(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if !self.activity.is_late() {
            return Poll::Ready(Ok(false));
        }
        let Some(mut left) = self.farewell.take().or_else(|| self.farewell()) else {
            return Poll::Ready(Ok(false));
        };
        let mut written = poll_all(&mut self.io, cx, &mut left);
        if let Poll::Ready(Ok(())) = written {
            written = Pin::new(&mut self.io).poll_flush(cx);
        }
        if written.is_pending() {
            self.farewell = Some(left);
        }
        written.map_ok(|()| true)
    }
}

fn poll_all<I: AsyncWrite + Unpin>(
    io: &mut I,
    cx: &mut Context<'_>,
    left: &mut Bytes,
) -> Poll<io::Result<()>> {
    while left.has_remaining() {
        match ready!(Pin::new(&mut *io).poll_write(cx, left))? {
            0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            count => left.advance(count),
        }
    }
    Poll::Ready(Ok(()))
}

impl<I> Refusals<I> {
    /// Notes what came in.
    fn hear(&mut self, bytes: &[u8]) {
        let first = &mut self.first[self.first_length..];
        let count = first.len().min(bytes.len());
        first[..count].copy_from_slice(&bytes[..count]);
        self.first_length += count;
        if !bytes.is_empty() {
            self.heard = self.activity.settled();
        }
    }

    /// What a caller is told whose head did not come in time; nothing when it is none of HTTP/1.
    fn farewell(&mut self) -> Option<Bytes> {
        let has_begun = self.heard.take().is_some_and(|heard| self.activity.settled() == Some(heard));
        if !has_begun || PREFACE.starts_with(&self.first[..self.first_length]) {
            return None;
        }
        let now = u64::try_from(self.activity.clock.now().as_micros()).unwrap_or_default();
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_micros(now));
        let head = format!("HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ndate: {date}\r\n\r\n");
        let problem = HEAD_TOO_SLOW.error("the head of the request did not arrive in time");
        written(head.as_bytes(), self.stack.refuse(problem.into(), self.peer))
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncRead for Refusals<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if ready!(self.poll_farewell(cx))? {
            // Nothing more is read.
            return Poll::Ready(Ok(()));
        }
        let filled = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
        self.hear(&buffer.filled()[filled..]);
        Poll::Ready(Ok(()))
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
        ready!(self.poll_farewell(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
