//! One WebSocket from its handshake to its end, as one future: it reads what the client asks, enters rooms, and writes
//! what is new. It waits for nothing while it could write, and reads nothing while it has not answered.

use std::collections::VecDeque;
use std::future::Future;
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use futures::future::BoxFuture;
use mainstay_core::{Error, Result};
use mainstay_events::Position;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::codes::Close;
use crate::frame;
use crate::hub::member::{AWAY, NEWS, PULSE, SILENT};
use crate::protocol::{ASKED_BYTES_MAX, Asked, Said};
use crate::room::RoomName;
use crate::socket::decode::{Decoder, Event};
use crate::subscriber::Subscriber;

/// Read at once, on the stack: an idle connection has no buffer.
const READ_BYTES: usize = 4 * 1024;

/// Answers that may wait to be written before no further question is read.
const ANSWERS_MAX: usize = 64;

/// Pieces in one write.
const SLICES: usize = 16;

/// Frames that a client may send between two heartbeats: a page that follows a hundred rooms subscribes to all of them
/// six times over.
const FRAMES_MAX: u32 = 600;

/// A WebSocket.
pub(crate) struct Connection<I> {
    io: I,
    subscriber: Subscriber,
    decoder: Decoder,
    // What was read behind a question that is still being answered.
    unread: Vec<u8>,
    out: VecDeque<Bytes>,
    entering: Option<Entering>,
    recheck: Option<BoxFuture<'static, Result<()>>>,
    frames_left: u32,
    news: bool,
    end: End,
}

struct Entering {
    room: RoomName,
    after: Option<Position>,
    asked: BoxFuture<'static, Result<()>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    /// Our close frame is queued; what the client sends is read and dropped, or its arrival would reset the connection
    /// and the frame with it.
    Closing,
    /// The client has said its farewell: nothing more will come.
    Answered,
}

impl<I: AsyncRead + AsyncWrite + Unpin> Connection<I> {
    pub(crate) fn new(io: I, subscriber: Subscriber) -> Self {
        Self {
            io,
            subscriber,
            decoder: Decoder::new(ASKED_BYTES_MAX),
            unread: Vec::new(),
            out: VecDeque::new(),
            entering: None,
            recheck: None,
            frames_left: FRAMES_MAX,
            news: false,
            end: End::Open,
        }
    }

    fn close(&mut self, close: Close) {
        if self.end == End::Open {
            self.end = End::Closing;
            self.entering = None;
            self.recheck = None;
            self.subscriber.seat.hub.inner().metrics.closed(close);
            self.out.push_back(frame::close(close.code(), close.reason()));
        }
    }

    /// What others told it. `false` when there is nobody to talk to any more.
    fn heed(&mut self, flags: u32) -> bool {
        if flags & SILENT != 0 {
            self.subscriber.seat.hub.inner().metrics.closed(Close::Silent);
            return false;
        }
        self.news |= flags & NEWS != 0;
        if flags & AWAY != 0 {
            self.close(Close::GoingAway);
        }
        if flags & PULSE != 0 {
            if self.end != End::Open {
                // It had half a minute to take its farewell.
                return false;
            }
            self.frames_left = FRAMES_MAX;
            if self.out.len() < ANSWERS_MAX {
                self.out.push_back(frame::ping());
                self.out.push_back(self.subscriber.heartbeat());
            }
            if self.recheck.is_none() {
                self.recheck = Some(self.subscriber.recheck());
            }
        }
        true
    }

    /// What it waits for by itself.
    fn progress(&mut self, cx: &mut Context<'_>) {
        if let Some(recheck) = &mut self.recheck
            && let Poll::Ready(outcome) = recheck.as_mut().poll(cx)
        {
            self.recheck = None;
            if let Err(close) = self.subscriber.rechecked(outcome) {
                self.close(close);
            }
        }
        if let Some(entering) = &mut self.entering
            && let Poll::Ready(outcome) = entering.asked.as_mut().poll(cx)
            && let Some(Entering { room, after, .. }) = self.entering.take()
        {
            match outcome {
                Ok(()) => {
                    self.subscriber.enter(&room, after, &mut self.out);
                    self.news = true;
                }
                Err(error) => self.refuse(Some(&room), &error),
            }
        }
    }

    fn refuse(&mut self, room: Option<&RoomName>, error: &Error) {
        self.subscriber.seat.hub.inner().metrics.refused.inc();
        let said = Said::refused(room.map(RoomName::as_str), error, self.subscriber.trace_id());
        self.out.push_back(self.subscriber.say(&said));
    }

    /// Writes until all is written (`true`) or the peer takes no more.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        while let Some(first) = self.out.front() {
            let written = if self.out.len() == 1 || !self.io.is_write_vectored() {
                Pin::new(&mut self.io).poll_write(cx, first)
            } else {
                let mut slices = [IoSlice::new(&[]); SLICES];
                for (slice, bytes) in slices.iter_mut().zip(&self.out) {
                    *slice = IoSlice::new(bytes);
                }
                let used = self.out.len().min(SLICES);
                Pin::new(&mut self.io).poll_write_vectored(cx, &slices[..used])
            };
            let mut written = match written {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => written,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            };
            while let Some(bytes) = self.out.front_mut() {
                let taken = written.min(bytes.len());
                bytes.advance(taken);
                written -= taken;
                if !bytes.is_empty() {
                    break;
                }
                self.out.pop_front();
            }
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Reads once and does what it says. `Ready(false)` when the peer has gone.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        if !self.unread.is_empty() {
            let unread = std::mem::take(&mut self.unread);
            self.understand(&unread, cx);
            return Poll::Ready(true);
        }
        let mut space = [MaybeUninit::uninit(); READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut space);
        match Pin::new(&mut self.io).poll_read(cx, &mut buffer) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(_)) => Poll::Ready(false),
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => Poll::Ready(false),
            Poll::Ready(Ok(())) => {
                let seat = &self.subscriber.seat;
                seat.member.hear(seat.hub.inner().tick());
                if self.end == End::Open {
                    self.understand(buffer.filled(), cx);
                }
                Poll::Ready(true)
            }
        }
    }

    fn understand(&mut self, mut input: &[u8], cx: &mut Context<'_>) {
        while !input.is_empty() && self.end == End::Open {
            if self.entering.is_some() {
                self.unread = input.to_vec();
                return;
            }
            let Some(left) = self.frames_left.checked_sub(1) else { return self.close(Close::Policy) };
            match self.decoder.next(&mut input) {
                Ok(event) => {
                    // Pieces of a frame are not counted as frames, however small they come.
                    if event.is_some() || !input.is_empty() {
                        self.frames_left = left;
                    }
                    if let Some(event) = event {
                        self.answer(event, cx);
                    }
                }
                Err(close) => self.close(close),
            }
        }
    }

    fn answer(&mut self, event: Event, cx: &mut Context<'_>) {
        match event {
            Event::Pong => {}
            Event::Ping(payload) => self.out.push_back(frame::pong(&payload)),
            Event::Close(code) => {
                self.out.push_back(frame::close(code.unwrap_or(Close::Normal.code()), ""));
                self.end = End::Answered;
            }
            Event::Text(text) => match Asked::parse(&text) {
                Ok(Asked::Subscribe { room, after }) => match self.subscriber.ask(&room, after) {
                    Ok(asked) => {
                        self.entering = Some(Entering { room, after, asked });
                        // What everybody may enter is answered at once.
                        self.progress(cx);
                    }
                    Err(error) => self.refuse(Some(&room), &error),
                },
                Ok(Asked::Unsubscribe { room }) => {
                    self.subscriber.leave(&room);
                    let said = self.subscriber.say(&Said::Unsubscribed { room: room.as_str() });
                    self.out.push_back(said);
                }
                Err(error) => self.refuse(None, &error),
            },
        }
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> Future for Connection<I> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        // Before the flags are looked at: whoever sets one afterwards wakes.
        this.subscriber.seat.member.register(cx.waker());
        loop {
            let flags = this.subscriber.seat.member.take();
            if !this.heed(flags) {
                return Poll::Ready(());
            }
            this.progress(cx);
            let all_written = match this.write(cx) {
                Poll::Ready(Ok(())) => true,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => false,
            };
            match this.end {
                End::Answered if all_written => return Pin::new(&mut this.io).poll_shutdown(cx).map(drop),
                End::Open if all_written && this.news => {
                    match this.subscriber.take(&mut this.out) {
                        Ok(more) => this.news = more,
                        Err(close) => this.close(close),
                    }
                    if !this.out.is_empty() {
                        continue;
                    }
                }
                End::Open | End::Closing | End::Answered => {}
            }
            if this.end == End::Answered || this.entering.is_some() || this.out.len() >= ANSWERS_MAX {
                return Poll::Pending;
            }
            match this.read(cx) {
                Poll::Ready(true) => {}
                Poll::Ready(false) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
