//! One connection: who is behind it, which protocol, within which bounds, until when.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::Request;
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use mainstay_core::{Clock, Shutdown};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::app::Parts;
use crate::forwarded::Trust;
use crate::layers::{HEAD_BYTES_MAX, Origin, Stack};
use crate::listener::activity::Activity;
use crate::listener::place::Place;
use crate::listener::refusals::Refusals;
use crate::listener::stream::Stream;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::proxy_protocol::{self, Preface};
use crate::tls::Tls;

/// Over HTTP/2 a list of headers that is longer is refused before it is read whole, with a bare status: below it, a head
/// that is too large is refused by a layer, which says why.
const HEADER_LIST_MAX: u32 = 2 * HEAD_BYTES_MAX as u32;

/// Requests at once on one HTTP/2 connection: what browsers and gRPC clients expect at least.
const STREAMS_MAX: u32 = 128;

/// Streams that a caller opened and reset before we looked at them; more is an attack (CVE-2023-44487), and ends the
/// connection.
const RESETS_PENDING_MAX: usize = 20;

/// Streams that we had to reset because of what a caller sent; more ends the connection.
const RESETS_OWN_MAX: usize = 100;

/// What waits to be written on one HTTP/2 stream: a slow reader holds no more than this of an answer.
const SEND_BUFFER_MAX: usize = 256 * 1_024;

/// A caller of whom nothing is heard is told that it ends, and has this long to hear it.
const FAREWELL: Duration = Duration::from_millis(500);

/// How connections are served; set up once.
pub(super) struct Protocols {
    builder: Builder<TokioExecutor>,
    clock: Clock,
    header_timeout: Duration,
    write_timeout: Duration,
    proxies: Option<Trust>,
    tls: Option<Arc<Tls>>,
    metrics: Metrics,
    stack: Arc<Stack>,
}

/// When a connection is to end.
#[derive(Clone)]
pub(super) struct Ending {
    /// When what is in flight is done.
    pub(super) graceful: Shutdown,
    /// Now.
    pub(super) cut: Shutdown,
}

impl Protocols {
    pub(super) fn new(parts: &Parts, tls: Option<Arc<Tls>>, metrics: Metrics, stack: Arc<Stack>) -> Self {
        let options = &parts.options;
        Self {
            builder: builder(options),
            clock: parts.clock.clone(),
            header_timeout: options.header_timeout(),
            write_timeout: options.write_timeout(),
            proxies: options
                .proxy_protocol
                .then(|| Trust::new(&options.trusted_proxies, options.forwarded_header)),
            tls,
            metrics,
            stack,
        }
    }

    /// Serves one connection until it ends, `ending` is heard, or the caller is silent for too long.
    pub(super) async fn serve(
        self: Arc<Self>,
        mut tcp: TcpStream,
        peer: IpAddr,
        _place: Place,
        ending: Ending,
    ) {
        let mut peer = peer.to_canonical();
        let mut first = Bytes::new();
        if self.proxies.as_ref().is_some_and(|proxies| proxies.includes(peer)) {
            let preface = self.clock.timeout(self.header_timeout, read_preface(&mut tcp));
            let heard = tokio::select! {
                heard = preface => heard.ok().flatten(),
                () = ending.graceful.requested() => return,
            };
            let Some((source, rest)) = heard else {
                self.metrics.handshake_failures.inc();
                return;
            };
            peer = source.unwrap_or(peer);
            first = rest;
        }
        let activity = Activity::new(&self.clock);
        let stream = Stream::new(tcp, first, &self.clock, self.write_timeout, Arc::clone(&activity));
        match &self.tls {
            None => self.speak(stream, peer, &activity, ending).await,
            Some(tls) => {
                let handshake = TlsAcceptor::from(tls.config()).accept(stream);
                let shaken = tokio::select! {
                    shaken = self.clock.timeout(self.header_timeout, handshake) => shaken,
                    () = ending.graceful.requested() => return,
                };
                match shaken {
                    Ok(Ok(stream)) => self.speak(stream, peer, &activity, ending).await,
                    Ok(Err(error)) => {
                        self.metrics.handshake_failures.inc();
                        tracing::debug!(%error, "a handshake failed");
                    }
                    Err(_) => {
                        self.metrics.handshake_failures.inc();
                    }
                }
            }
        }
    }

    async fn speak<I>(&self, io: I, peer: IpAddr, activity: &Arc<Activity>, ending: Ending)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = {
            let (stack, activity) = (Arc::clone(&self.stack), Arc::clone(activity));
            service_fn(move |request: Request<Incoming>| {
                let (stack, busy) = (Arc::clone(&stack), activity.begin());
                async move {
                    // Made in place: it is large, and awaited as it comes it would be moved.
                    let answer = pin!(stack.enter(request.map(incoming), Origin::Wire(peer)));
                    Ok::<_, Infallible>(busy.until_written(answer.await))
                }
            })
        };
        let io = Refusals::new(io, activity, &self.stack, peer);
        let mut connection = pin!(self.builder.serve_connection_with_upgrades(TokioIo::new(io), service));
        let mut silent = pin!(activity.idle_for(self.header_timeout));
        let ended = tokio::select! {
            biased;
            ended = connection.as_mut() => ended,
            () = ending.graceful.requested() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection.as_mut() => ended,
                    () = ending.cut.requested() => Ok(()),
                }
            }
            () = silent.as_mut() => {
                activity.end_waiting();
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection.as_mut() => ended,
                    () = self.clock.sleep(FAREWELL) => Ok(()),
                }
            }
        };
        if let Err(error) = ended {
            // Callers break connections all the time; it is worth knowing only when one looks for it.
            tracing::debug!(error, "a connection broke");
        }
    }
}

fn builder(options: &Options) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        // Whoever is slow is watched by the connection's own timer.
        .header_read_timeout(None)
        // A head of more than 100 headers is refused without being asked for: saying so would cost an allocation a request.
        .max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_LIST_MAX)
        .max_pending_accept_reset_streams(RESETS_PENDING_MAX)
        .max_local_error_reset_streams(RESETS_OWN_MAX)
        .max_send_buf_size(SEND_BUFFER_MAX)
        // A peer that is gone without a word is noticed by its silence.
        .keep_alive_interval(options.header_timeout())
        .keep_alive_timeout(options.header_timeout());
    builder
}

/// Reads the header that a balancer puts in front; the source, and what was read beyond it.
async fn read_preface(tcp: &mut TcpStream) -> Option<(Option<IpAddr>, Bytes)> {
    let mut bytes = BytesMut::with_capacity(proxy_protocol::HEADER_MAX);
    loop {
        match proxy_protocol::read(&bytes) {
            Preface::Header { length, source } => {
                let rest = bytes.split_off(length);
                return Some((source, rest.freeze()));
            }
            Preface::Invalid => return None,
            Preface::Incomplete if bytes.len() >= proxy_protocol::HEADER_MAX => return None,
            Preface::Incomplete => {}
        }
        if tcp.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// A body that is known to be empty needs no box.
fn incoming(body: Incoming) -> Body {
    if body.is_end_stream() { Body::empty() } else { Body::new(body) }
}
