//! A connection's bytes. A caller that asks and then reads nothing would hold the connection, and what waits to be
//! written to it, for ever: when the system takes no bytes for long enough, the connection is reset.
//!
//! The wait is only set up when a write does not go through at once, which answers of ordinary size never see.

use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use mainstay_core::Clock;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::listener::activity::Activity;

/// The head and the body of an answer that has no more bytes are handed to the system in one piece: copying them costs it
/// less than taking a list of pieces.
const JOINED_MAX: usize = 2 * 1_024;

/// A TCP stream that gives up on a caller who does not read.
pub(super) struct Stream {
    tcp: TcpStream,
    /// Read already, while it was looked for a header in front.
    first: Bytes,
    clock: Clock,
    patience: Duration,
    activity: Arc<Activity>,
    // Runs while the system takes nothing.
    stalled: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Stream {
    pub(super) fn new(
        tcp: TcpStream,
        first: Bytes,
        clock: &Clock,
        patience: Duration,
        activity: Arc<Activity>,
    ) -> Self {
        Self { tcp, first, clock: clock.clone(), patience, activity, stalled: None }
    }

    /// Lets a write that went through pass, and bounds the wait of one that did not.
    fn bound<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            // A long answer goes through in many writes, the first of which had to wait.
            if self.stalled.take().is_some() {
                self.activity.touch();
            }
            return written;
        }
        let (clock, patience) = (&self.clock, self.patience);
        let stalled = self.stalled.get_or_insert_with(|| {
            let clock = clock.clone();
            Box::pin(async move { clock.sleep(patience).await })
        });
        let Poll::Ready(()) = stalled.as_mut().poll(cx) else { return Poll::Pending };
        // Closed as usual, the system would keep what it was given, megabytes of it, and offer it for minutes. One that is
        // gone already has nothing to keep.
        let _ = self.tcp.set_zero_linger();
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let count = self.first.len().min(buffer.remaining());
            buffer.put_slice(&self.first[..count]);
            self.first.advance(count);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.tcp).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(cx, bytes);
        self.bound(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut joined = [0; JOINED_MAX];
        let mut length = 0;
        for slice in slices {
            let Some(place) = joined.get_mut(length..length + slice.len()) else {
                let written = Pin::new(&mut self.tcp).poll_write_vectored(cx, slices);
                return self.bound(cx, written);
            };
            place.copy_from_slice(slice);
            length += slice.len();
        }
        let written = Pin::new(&mut self.tcp).poll_write(cx, &joined[..length]);
        self.bound(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
