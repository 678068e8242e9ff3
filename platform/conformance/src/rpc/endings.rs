//! How a call ends otherwise than well: by time, by its caller's going, by panic, by too many.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use mainstay_core::{Context, codes};
use mainstay_rpc::{answer, request};

use super::Suite;
use super::transport::Link;
use super::v1::{EchoRequest, PanicRequest, WaitRequest};
use crate::case::{Outcome, ensure, refused, same, told};

const LIMIT: Duration = Duration::from_secs(2);

/// What a service works on at once, in `mainstay-rpc`.
const CALLS_MAX: usize = 1_024;

pub(super) fn add(suite: &mut Suite) {
    suite.case("a deadline ends the wait of the caller and the work of the callee", deadline_ends_both);
    suite.case("a call whose time is used up is not made", used_up);
    suite.case("a caller that goes away ends the work of the callee", going_ends);
    suite.case("a panic is the failure of its call and of nothing else", panic_is_contained);
    suite.case("a call too many is refused at once and the others go on", too_many);
}

async fn wait(link: &Link, ctx: &Context) -> Result<(), mainstay_core::Error> {
    answer(link.client().wait(request(ctx, WaitRequest {})).await).map(drop)
}

async fn works(link: &Link) -> Outcome {
    let outcome = answer(link.client().echo(request(&link.context(), EchoRequest::default())).await);
    outcome.map_err(told).map(drop)
}

async fn deadline_ends_both(link: Arc<Link>) -> Outcome {
    let ctx = link.context().with_deadline(link.clock.monotonic() + LIMIT);
    let call = wait(&link, &ctx);
    let passing = async {
        link.until("the call waits", |probe| probe.waiting() == 1).await?;
        link.time.advance(LIMIT - Duration::from_millis(1));
        same("calls that wait just before", link.probe.waiting(), 1)?;
        link.time.advance(Duration::from_millis(1));
        Outcome::Ok(())
    };
    let (outcome, passed) = futures::join!(call, passing);
    passed?;
    refused("the call", outcome, &codes::DEADLINE)?;
    link.until("the callee's work ends", |probe| probe.ended() == 1).await
}

async fn used_up(link: Arc<Link>) -> Outcome {
    let ctx = link.context().with_deadline(link.clock.monotonic());
    refused("the call", wait(&link, &ctx).await, &codes::DEADLINE)?;
    same("calls that arrived", link.probe.begun(), 0)
}

async fn going_ends(link: Arc<Link>) -> Outcome {
    let ctx = link.context();
    let mut call = Box::pin(wait(&link, &ctx));
    ensure((&mut call).now_or_never().is_none(), "the call waits")?;
    // Over a wire the call must be polled on while it finds its way.
    let arrived = link.until("the call arrives", |probe| probe.waiting() == 1);
    futures::future::select(Box::pin(arrived), &mut call).await;
    same("calls that wait", link.probe.waiting(), 1)?;
    drop(call);
    link.until("the callee's work ends", |probe| probe.ended() == 1).await?;
    works(&link).await
}

async fn panic_is_contained(link: Arc<Link>) -> Outcome {
    let ctx = link.context();
    let waiting = wait(&link, &ctx);
    let panicking = async {
        link.until("another call waits", |probe| probe.waiting() == 1).await?;
        for _ in 0..3 {
            let outcome = answer(link.client().panic(request(&ctx, PanicRequest {})).await);
            refused("the call that panics", outcome, &codes::INTERNAL)?;
            works(&link).await?;
        }
        same("calls that still wait", link.probe.waiting(), 1)
    };
    match futures::future::select(Box::pin(panicking), Box::pin(waiting)).await {
        futures::future::Either::Left((outcome, _)) => outcome,
        futures::future::Either::Right((outcome, _)) => Err(format!("the other call ended: {outcome:?}")),
    }
}

async fn too_many(link: Arc<Link>) -> Outcome {
    let calls: Vec<_> = (0..CALLS_MAX)
        .map(|_| {
            let link = Arc::clone(&link);
            Box::pin(async move { wait(&link, &link.context()).await })
        })
        .collect();
    let full = Box::pin(link.until("all places are taken", |probe| probe.waiting() == CALLS_MAX));
    let calls = futures::future::select_all(calls);
    let calls = match futures::future::select(full, calls).await {
        futures::future::Either::Left((outcome, calls)) => {
            outcome?;
            calls
        }
        futures::future::Either::Right(((outcome, _, _), _)) => {
            return Err(format!("one of {CALLS_MAX} calls ended: {outcome:?}"));
        }
    };
    refused("one more", wait(&link, &link.context()).await, &codes::OVERLOADED)?;
    drop(calls);
    link.until("all have gone", |probe| probe.ended() == CALLS_MAX).await?;
    works(&link).await
}
