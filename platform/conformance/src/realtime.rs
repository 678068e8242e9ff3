//! What every fan-out must do.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use mainstay_core::{Clock, codes};
use mainstay_events::Position;
use mainstay_realtime::fanout::{BATCH_MAX, Heard, Listener, MESSAGE_BYTES_MAX};
use mainstay_realtime::{Batch, Fanout, Message, RoomName};

use crate::case::{Case, Outcome, ensure, refused, same, told};

/// Far above what any engine needs, so that only a hang exceeds it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Batches of a crowd: more than any queue holds, so that waiting or saying so is seen.
const CROWD: i64 = 500;

/// Makes one fan-out of the engine: each call gives another way into the same one.
pub type Make = Arc<dyn Fn() -> Arc<dyn Fanout> + Send + Sync>;

/// Every case of the port.
pub fn cases(make: &Make) -> Vec<Case> {
    let case = |promise: &str, check: fn(Arc<dyn Fanout>) -> BoxFuture<'static, Outcome>| {
        let make = Arc::clone(make);
        Case::new(format!("realtime: {promise}"), move || check(make()))
    };
    vec![
        case("every listener hears every batch as it was published", |fanout| heard(fanout).boxed()),
        case("nobody hears what was published before", |fanout| before(fanout).boxed()),
        case("batches of one publisher stay in order, and a loss is told", |fanout| crowd(fanout).boxed()),
        case("a listener that goes away holds nobody up", |fanout| gone(fanout).boxed()),
        case("a dropped wait loses nothing", |fanout| dropped(fanout).boxed()),
        case("what is too large or of another kind is refused", |fanout| bounds(fanout).boxed()),
    ]
}

fn batch(position: i64, data: &[u8]) -> Outcome<Batch> {
    let room = RoomName::new("note", &format!("key-{}", position % 3)).map_err(told)?;
    let message = Message { room, position: Position(position), data: Bytes::copy_from_slice(data) };
    Ok(Batch { kind: "note", begins_after: None, messages: vec![message], through: Position(position + 1) })
}

async fn next(listener: &mut Box<dyn Listener>) -> Outcome<Heard> {
    let heard = Clock::system().timeout(PATIENCE, listener.next()).await;
    heard.map_err(|_| "nothing was heard".to_owned())?.map_err(told)
}

async fn expect(listener: &mut Box<dyn Listener>, expected: &Batch) -> Outcome {
    match next(listener).await? {
        Heard::Batch(heard) => same("the batch", &*heard, expected),
        Heard::Gap => Err("a gap where nothing was lost".to_owned()),
    }
}

async fn heard(fanout: Arc<dyn Fanout>) -> Outcome {
    let (mut one, mut other) = (fanout.listen(), fanout.listen());
    let first = Batch { begins_after: Some(Position(0)), ..batch(1, br#"{"text":"\u0000 \"quoted\""}"#)? };
    let empty = Batch { messages: Vec::new(), ..batch(9, b"1")? };
    for batch in [&first, &empty] {
        fanout.publish(batch.clone()).await.map_err(told)?;
    }
    for listener in [&mut one, &mut other] {
        expect(listener, &first).await?;
        expect(listener, &empty).await?;
    }
    ensure(one.ready().is_none(), "nothing more is there")
}

async fn before(fanout: Arc<dyn Fanout>) -> Outcome {
    fanout.publish(batch(1, b"1")?).await.map_err(told)?;
    let mut late = fanout.listen();
    let second = batch(2, b"2")?;
    fanout.publish(second.clone()).await.map_err(told)?;
    expect(&mut late, &second).await
}

async fn crowd(fanout: Arc<dyn Fanout>) -> Outcome {
    let mut listener = fanout.listen();
    let publishing = async {
        for position in 1..=CROWD {
            fanout.publish(batch(position, b"1")?).await.map_err(told)?;
        }
        Ok(())
    };
    let listening = async {
        let mut last = 0;
        loop {
            match next(&mut listener).await? {
                Heard::Gap => {
                    return ensure(!fanout.capabilities().lossless, "a lossless engine has no gaps");
                }
                Heard::Batch(heard) => {
                    let position = heard.messages[0].position.0;
                    same("the next batch", position, last + 1)?;
                    last = position;
                    if last == CROWD {
                        return Ok(());
                    }
                }
            }
        }
    };
    let (published, heard): (Outcome, Outcome) = futures::join!(publishing, listening);
    published.and(heard)
}

async fn gone(fanout: Arc<dyn Fanout>) -> Outcome {
    let stays = fanout.listen();
    drop(fanout.listen());
    drop(stays);
    for position in 1..=CROWD {
        let published = Clock::system().timeout(PATIENCE, fanout.publish(batch(position, b"1")?)).await;
        published.map_err(|_| "publishing waits for nobody".to_owned())?.map_err(told)?;
    }
    Ok(())
}

async fn dropped(fanout: Arc<dyn Fanout>) -> Outcome {
    let mut listener = fanout.listen();
    for position in 1..=20 {
        // Polled once and given up.
        ensure(listener.next().now_or_never().is_none(), "nothing was published yet")?;
        let published = batch(position, b"1")?;
        fanout.publish(published.clone()).await.map_err(told)?;
        expect(&mut listener, &published).await?;
    }
    Ok(())
}

async fn bounds(fanout: Arc<dyn Fanout>) -> Outcome {
    let mut listener = fanout.listen();
    let largest = batch(1, &vec![b'1'; MESSAGE_BYTES_MAX])?;
    fanout.publish(largest.clone()).await.map_err(told)?;
    expect(&mut listener, &largest).await?;
    let too_large = batch(2, &vec![b'1'; MESSAGE_BYTES_MAX + 1])?;
    let too_many =
        Batch { messages: vec![batch(2, b"1")?.messages[0].clone(); BATCH_MAX + 1], ..batch(2, b"1")? };
    let foreign = Batch { kind: "other", ..batch(2, b"1")? };
    for bad in [too_large, too_many, foreign] {
        refused("a bad batch", fanout.publish(bad).await, &codes::INVALID)?;
    }
    ensure(listener.ready().is_none(), "what was refused is not heard")
}
