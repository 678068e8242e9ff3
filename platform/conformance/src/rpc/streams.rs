//! Answers that come in pieces.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Error, codes};
use mainstay_rpc::{answer, error, open_ended_request};
use tonic::Streaming;

use super::Suite;
use super::transport::Link;
use super::v1::{CountRequest, CountResponse, Ending};
use crate::case::{Outcome, ensure, refused, same, told};

pub(super) fn add(suite: &mut Suite) {
    suite.case("a stream brings everything in order and ends", everything_in_order);
    suite.case("a stream that fails says why", failing);
    suite.case("a stream that panics fails alone", panicking);
    suite.case("a stream outlives the time of its beginning", outliving);
    suite.case("dropping a stream ends the callee's work", dropping);
    suite.case("a reader that does not read holds the callee back", reading_slowly);
}

async fn count(link: &Link, to: u32, ending: Ending) -> Result<Streaming<CountResponse>, Error> {
    let asked = CountRequest { to, ending: ending as i32 };
    answer(link.client().count(open_ended_request(&link.context(), asked)).await)
}

async fn next(stream: &mut Streaming<CountResponse>) -> Result<Option<u32>, Error> {
    stream.message().await.map(|message| message.map(|message| message.number)).map_err(error)
}

async fn everything_in_order(link: Arc<Link>) -> Outcome {
    let mut stream = count(&link, 20_000, Ending::Close).await.map_err(told)?;
    for expected in 1..=20_000 {
        same("number", next(&mut stream).await.map_err(told)?, Some(expected))?;
    }
    same("the end", next(&mut stream).await.map_err(told)?, None)?;
    drop(stream);
    link.until("the callee's work ends", |probe| probe.waiting() == 0).await
}

async fn failing(link: Arc<Link>) -> Outcome {
    let mut stream = count(&link, 2, Ending::Fail).await.map_err(told)?;
    same("first", next(&mut stream).await.map_err(told)?, Some(1))?;
    same("second", next(&mut stream).await.map_err(told)?, Some(2))?;
    match next(&mut stream).await {
        Err(error) => same("code", error.code(), "probe.refused"),
        Ok(number) => Err(format!("found {number:?} instead of a failure")),
    }
}

async fn panicking(link: Arc<Link>) -> Outcome {
    let mut other = count(&link, 1, Ending::Wait).await.map_err(told)?;
    let mut stream = count(&link, 1, Ending::Panic).await.map_err(told)?;
    same("first", next(&mut stream).await.map_err(told)?, Some(1))?;
    refused("after the panic", next(&mut stream).await, &codes::INTERNAL)?;
    same("the other stream", next(&mut other).await.map_err(told)?, Some(1))
}

async fn outliving(link: Arc<Link>) -> Outcome {
    let mut stream = count(&link, 100_000, Ending::Close).await.map_err(told)?;
    same("first", next(&mut stream).await.map_err(told)?, Some(1))?;
    link.time.advance(Duration::from_secs(86_400));
    for expected in 2..=100_000 {
        same("number", next(&mut stream).await.map_err(told)?, Some(expected))?;
    }
    Ok(())
}

async fn dropping(link: Arc<Link>) -> Outcome {
    let mut stream = count(&link, 1, Ending::Wait).await.map_err(told)?;
    same("first", next(&mut stream).await.map_err(told)?, Some(1))?;
    same("calls under way", link.probe.waiting(), 1)?;
    drop(stream);
    link.until("the callee's work ends", |probe| probe.waiting() == 0).await
}

async fn reading_slowly(link: Arc<Link>) -> Outcome {
    // More than any window holds: a callee that were not held back would be done with it at once.
    let mut stream = count(&link, 5_000_000, Ending::Close).await.map_err(told)?;
    same("first", next(&mut stream).await.map_err(told)?, Some(1))?;
    // Other calls pass meanwhile.
    for _ in 0..50 {
        let mut other = count(&link, 1, Ending::Close).await.map_err(told)?;
        same("another stream", next(&mut other).await.map_err(told)?, Some(1))?;
    }
    ensure(link.probe.waiting() >= 1, "the callee still has numbers to send")
}
