//! The service at the other end: does what it is asked for, and counts what becomes of its calls.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::{Stream, StreamExt};
use mainstay_core::{Clock, Code, Error, Kind, Result, codes};
use mainstay_rpc::{RpcService, caller, context, handle, reply, status};
use tonic::{Request, Response, Status};

use super::contract::FILE_DESCRIPTOR_SET;
use super::v1::probe_server::{Probe as ProbeTrait, ProbeServer};
use super::v1::{
    CountRequest, CountResponse, EchoRequest, EchoResponse, Ending, FailRequest, FailResponse, PanicRequest,
    PanicResponse, WaitRequest, WaitResponse,
};

/// Words that only ever stand in private sources: they must not reach a caller.
pub(super) const PRIVATE: &str = "only-for-the-log";

const REFUSED: Code =
    Code::new("probe.refused", Kind::FailedPrecondition, "It was refused", "Ask otherwise.");
const BUSY: Code = Code::new("probe.busy", Kind::ResourceExhausted, "It is busy", "Ask later.");

/// The failures that can be asked for, by name.
pub const FAILURES: &[&str] = &["refused", "busy", "permanent", "fields", "internal"];

pub(super) fn failure(name: &str) -> Error {
    match name {
        "refused" => REFUSED.because("not today", PRIVATE),
        "busy" => BUSY.because("two are before you", PRIVATE).retry_after(Duration::from_millis(1_500)),
        "permanent" => codes::UNAVAILABLE.because("closed for good", PRIVATE).permanent(),
        "fields" => codes::INVALID
            .because("two fields are wrong", PRIVATE)
            .with_field("lines.0.quantity", "is 0")
            .with_field("email", "has no \u{ab}@\u{bb}"),
        _ => codes::INTERNAL.because("something broke", PRIVATE),
    }
}

/// The probe. Clones share their counts.
#[derive(Clone)]
pub struct Probe {
    clock: Clock,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    waiting: AtomicUsize,
    ended: AtomicUsize,
}

/// Counts a call that waits in, and out when it is dropped.
struct Waiting(Arc<Counts>);

impl Waiting {
    fn new(counts: &Arc<Counts>) -> Self {
        counts.waiting.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(counts))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

impl Probe {
    pub fn new(clock: Clock) -> Self {
        Self { clock, counts: Arc::default() }
    }

    /// What to mount.
    pub fn service(&self) -> RpcService {
        RpcService::new(ProbeServer::new(self.clone()), FILE_DESCRIPTOR_SET)
    }

    /// Calls that reached the handler.
    pub fn begun(&self) -> usize {
        self.counts.begun.load(Ordering::SeqCst)
    }

    /// Calls that wait in the handler, or in its stream, now.
    pub fn waiting(&self) -> usize {
        self.counts.waiting.load(Ordering::SeqCst)
    }

    /// Waiting calls that were ended from outside.
    pub fn ended(&self) -> usize {
        self.counts.ended.load(Ordering::SeqCst)
    }

    fn begin(&self) {
        self.counts.begun.fetch_add(1, Ordering::SeqCst);
    }

    fn echo(&self, request: Request<EchoRequest>) -> Result<EchoResponse> {
        let ctx = context(&request)?;
        let caller = caller(&request)?.to_owned();
        let asked = request.into_inner();
        let left = ctx.remaining(&self.clock)?.unwrap_or_default();
        Ok(EchoResponse {
            payload: if asked.answer_bytes > 0 {
                vec![7; asked.answer_bytes as usize]
            } else {
                asked.payload
            },
            principal: ctx.principal().to_string(),
            on_behalf_of: ctx.on_behalf_of().map_or_else(String::new, ToString::to_string),
            tenant: ctx.tenant().as_bytes().to_vec(),
            caller,
            traceparent: ctx.trace().traceparent(),
            attempt: ctx.attempt(),
            remaining_micros: u64::try_from(left.as_micros()).unwrap_or(u64::MAX),
        })
    }
}

type Numbers = Pin<Box<dyn Stream<Item = Result<CountResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ProbeTrait for Probe {
    type CountStream = Numbers;

    async fn echo(&self, request: Request<EchoRequest>) -> Result<Response<EchoResponse>, Status> {
        self.begin();
        reply(self.echo(request))
    }

    async fn fail(&self, request: Request<FailRequest>) -> Result<Response<FailResponse>, Status> {
        self.begin();
        handle(request, |_, asked| async move { Err(failure(&asked.name)) }).await
    }

    async fn wait(&self, _: Request<WaitRequest>) -> Result<Response<WaitResponse>, Status> {
        self.begin();
        let _waiting = Waiting::new(&self.counts);
        std::future::pending().await
    }

    #[expect(clippy::panic, reason = "that is what it is asked for")]
    async fn panic(&self, _: Request<PanicRequest>) -> Result<Response<PanicResponse>, Status> {
        self.begin();
        panic!("a probe's handler panics on purpose");
    }

    async fn count(&self, request: Request<CountRequest>) -> Result<Response<Numbers>, Status> {
        self.begin();
        let asked = request.into_inner();
        let waiting = Waiting::new(&self.counts);
        let numbers = futures::stream::iter(1..=asked.to).map(|number| Ok(CountResponse { number }));
        let ending = futures::stream::once(end(asked.ending())).filter_map(|ending| async { ending });
        let numbers = numbers.chain(ending).inspect(move |_| {
            let _held = &waiting;
        });
        Ok(Response::new(Box::pin(numbers)))
    }
}

/// What comes after the last number.
#[expect(clippy::panic, reason = "that is what it is asked for")]
async fn end(ending: Ending) -> Option<Result<CountResponse, Status>> {
    // The encoder gathers what is there at once; what was said before goes out first.
    tokio::task::yield_now().await;
    match ending {
        Ending::Unspecified | Ending::Close => None,
        Ending::Fail => Some(Err(status(&failure("refused")))),
        Ending::Panic => panic!("a probe's stream panics on purpose"),
        Ending::Wait => std::future::pending().await,
    }
}
