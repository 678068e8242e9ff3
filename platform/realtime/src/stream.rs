//! Server-sent events: the same messages as the body of an answer that does not end.
//!
//! Its rooms are named when it is opened and are of one kind, so that one number, the place in the kind's log, is all
//! that a browser needs to come back with; it sends it by itself as Last-Event-ID.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures::Stream;
use futures::future::BoxFuture;
use mainstay_core::Result;

use crate::codes::Close;
use crate::hub::member::{AWAY, NEWS, PULSE, SILENT};
use crate::subscriber::Subscriber;

/// What a subscriber reads as events.
pub(crate) struct Events {
    subscriber: Subscriber,
    // What was said when the rooms were entered.
    first: Vec<Bytes>,
    recheck: Option<BoxFuture<'static, Result<()>>>,
    ended: bool,
}

impl Events {
    pub(crate) fn new(subscriber: Subscriber, first: Vec<Bytes>) -> Self {
        Self { subscriber, first, recheck: None, ended: false }
    }

    fn end(&mut self, close: Close) {
        self.ended = true;
        self.subscriber.seat.hub.inner().metrics.closed(close);
    }

    fn heed(&mut self, flags: u32, out: &mut Vec<Bytes>) {
        // Nothing is ever read of an event stream: that somebody is there shows in that it takes what is written, and
        // the listener cuts off who does not.
        if flags & AWAY != 0 {
            self.end(Close::GoingAway);
        } else if flags & (PULSE | SILENT) != 0 {
            out.push(self.subscriber.heartbeat());
            if self.recheck.is_none() {
                self.recheck = Some(self.subscriber.recheck());
            }
        }
    }
}

impl Stream for Events {
    type Item = std::result::Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        this.subscriber.seat.member.register(cx.waker());
        let mut out = std::mem::take(&mut this.first);
        let flags = this.subscriber.seat.member.take();
        if let Some(recheck) = &mut this.recheck
            && let Poll::Ready(outcome) = recheck.as_mut().poll(cx)
        {
            this.recheck = None;
            if let Err(close) = this.subscriber.rechecked(outcome) {
                this.end(close);
            }
        }
        if (flags & NEWS != 0 || !out.is_empty())
            && let Err(close) = this.subscriber.take_in_order(&mut out)
        {
            this.end(close);
        }
        this.heed(flags, &mut out);
        if let Some(recheck) = &mut this.recheck {
            // Begun just now: it must be polled once to wake anybody.
            if let Poll::Ready(outcome) = recheck.as_mut().poll(cx) {
                this.recheck = None;
                if let Err(close) = this.subscriber.rechecked(outcome) {
                    this.end(close);
                }
            }
        }
        match out.len() {
            0 if this.ended => Poll::Ready(None),
            0 => Poll::Pending,
            1 => Poll::Ready(out.pop().map(Ok)),
            _ => {
                let mut joined = BytesMut::with_capacity(out.iter().map(Bytes::len).sum());
                out.iter().for_each(|bytes| joined.extend_from_slice(bytes));
                Poll::Ready(Some(Ok(joined.freeze())))
            }
        }
    }
}
