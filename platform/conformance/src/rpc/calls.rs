//! What goes there and back: bytes, context, errors, sizes.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Context, Error, Principal, TenantId, TraceContext};
use mainstay_rpc::codes::{TOO_LARGE, WITHOUT_CONTEXT};
use mainstay_rpc::{answer, error, request};
use tonic::Request;

use super::Suite;
use super::probe::{FAILURES, PRIVATE, failure};
use super::transport::{CALLER, Link, customer};
use super::v1::{EchoRequest, EchoResponse, FailRequest};
use crate::case::{Outcome, ensure, refused, same, told};

/// Above the 4 MiB that a message may have.
const TOO_MANY_BYTES: usize = 4 * 1024 * 1024 + 1;

pub(super) fn add(suite: &mut Suite) {
    suite.case("bytes come back as they went", bytes_come_back);
    suite.case("the callee sees who asks, for whom, and in which trace", context_arrives);
    suite.case("the callee sees no more time than the caller has", time_is_not_gained);
    suite.case("an error arrives with all that is public and nothing that is private", errors_arrive);
    suite.case("headers that the caller adds do not change who asks", headers_change_nothing);
    suite.case("a call without a context is refused before it leaves", context_is_needed);
    suite.case("a message above the limit is refused and the next call works", large_requests);
    suite.case("an answer above the limit is refused and the next call works", large_answers);
    suite.case("calls at once do not disturb each other", many_at_once);
}

async fn echo(link: &Link, ctx: &Context, payload: Vec<u8>) -> Result<EchoResponse, Error> {
    answer(link.client().echo(request(ctx, EchoRequest { payload, answer_bytes: 0 })).await)
}

async fn works(link: &Link) -> Outcome {
    echo(link, &link.context(), vec![1]).await.map_err(told).map(drop)
}

async fn bytes_come_back(link: Arc<Link>) -> Outcome {
    for size in [0, 1, 1_000, 1_000_000] {
        let payload: Vec<u8> = (0..size).map(|place: u32| place as u8).collect();
        let seen = echo(&link, &link.context(), payload.clone()).await.map_err(told)?;
        ensure(seen.payload == payload, format!("{size} bytes come back"))?;
    }
    Ok(())
}

async fn context_arrives(link: Arc<Link>) -> Outcome {
    let trace = TraceContext { trace_id: 77, span_id: 78, sampled: true };
    let person = Principal::Customer(customer());
    let ctx = Context::new(TenantId::from_bytes([3; 16]), person.clone(), trace);
    let seen = echo(&link, &ctx, Vec::new()).await.map_err(told)?;
    same("principal", seen.principal.as_str(), &person.to_string())?;
    same("on behalf of", seen.on_behalf_of.as_str(), "")?;
    same("tenant", seen.tenant, vec![3; 16])?;
    same("caller", seen.caller.as_str(), CALLER)?;
    same("attempt", seen.attempt, 1)?;
    let trace: TraceContext = seen.traceparent.parse().map_err(told)?;
    same("trace", (trace.trace_id, trace.sampled), (77, true))?;

    let ctx = ctx.as_service(CALLER).with_attempt(3);
    let seen = echo(&link, &ctx, Vec::new()).await.map_err(told)?;
    same("principal", seen.principal.as_str(), &format!("service:{CALLER}"))?;
    same("on behalf of", seen.on_behalf_of.as_str(), &person.to_string())?;
    same("attempt", seen.attempt, 3)
}

async fn time_is_not_gained(link: Arc<Link>) -> Outcome {
    let limit = Duration::from_millis(1_234);
    let ctx = link.context().with_deadline(link.clock.monotonic() + limit);
    let seen = echo(&link, &ctx, Vec::new()).await.map_err(told)?;
    let seen = Duration::from_micros(seen.remaining_micros);
    ensure(seen <= limit && seen > limit / 2, format!("{seen:?} of {limit:?} are left"))?;
    // Without a deadline there is the default one.
    let seen = echo(&link, &link.context(), Vec::new()).await.map_err(told)?;
    ensure(seen.remaining_micros > 0, "there is always a deadline")
}

async fn errors_arrive(link: Arc<Link>) -> Outcome {
    for name in FAILURES {
        let asked = FailRequest { name: (*name).to_owned() };
        let outcome = link.client().fail(request(&link.context(), asked)).await;
        let status = outcome.err().ok_or_else(|| format!("{name} did not fail"))?;
        ensure(!format!("{status:?}").contains(PRIVATE), format!("{name} keeps its source"))?;
        let (seen, sent) = (error(status), failure(name));
        same(name, seen.kind(), sent.kind())?;
        same(name, seen.code(), sent.code())?;
        same(name, seen.title(), sent.title())?;
        same(name, seen.message(), sent.message())?;
        same(name, seen.retry(), sent.retry())?;
        same(name, seen.fields(), sent.fields())?;
    }
    Ok(())
}

async fn headers_change_nothing(link: Arc<Link>) -> Outcome {
    let mut forged = request(&link.context(), EchoRequest::default());
    for (name, value) in [
        ("authorization", "Bearer c3RhZmY"),
        ("mainstay-service", "mainstay.other"),
        ("mainstay-principal", "service:shop.orders"),
        ("x-forwarded-user", "staff"),
        ("grpc-timeout", "99999999H"),
    ] {
        let value = value.parse().map_err(|_| "not a header".to_owned())?;
        forged.metadata_mut().insert(name, value);
    }
    let seen = answer(link.client().echo(forged).await).map_err(told)?;
    same("principal", seen.principal.as_str(), &Principal::Customer(customer()).to_string())?;
    ensure(seen.remaining_micros < 60_000_000, "the deadline is the context's")
}

async fn context_is_needed(link: Arc<Link>) -> Outcome {
    let outcome = answer(link.client().echo(Request::new(EchoRequest::default())).await);
    refused("a bare request", outcome, &WITHOUT_CONTEXT)?;
    same("calls that arrived", link.probe.begun(), 0)
}

async fn large_requests(link: Arc<Link>) -> Outcome {
    let outcome = echo(&link, &link.context(), vec![0; TOO_MANY_BYTES]).await;
    refused("a request above the limit", outcome, &TOO_LARGE)?;
    same("calls that arrived", link.probe.begun(), 0)?;
    works(&link).await
}

async fn large_answers(link: Arc<Link>) -> Outcome {
    let asked = EchoRequest { payload: Vec::new(), answer_bytes: TOO_MANY_BYTES as u32 };
    let outcome = answer(link.client().echo(request(&link.context(), asked)).await);
    refused("an answer above the limit", outcome, &TOO_LARGE)?;
    works(&link).await
}

async fn many_at_once(link: Arc<Link>) -> Outcome {
    let calls = (0..200_u32).map(|number| {
        let link = &link;
        async move {
            let payload = number.to_be_bytes().to_vec();
            let seen = echo(link, &link.context(), payload.clone()).await.map_err(told)?;
            same("payload", seen.payload, payload)
        }
    });
    futures::future::try_join_all(calls).await.map(drop)
}
