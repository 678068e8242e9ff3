//! Cases of consumers: one effect, order per key, parked keys, and writes only under the lease.

use std::sync::Arc;

use futures::FutureExt;
use mainstay_events::{ConsumerState, Envelope, Position, dead_letters};
use mainstay_sql::Tx;

use super::place::{GROUP, Place, record};
use super::{Check, NOTES};
use crate::case::{Outcome, ensure, same};

pub(super) const CASES: &[(&str, Check<Place>)] = &[
    ("every event has its effect once and in order, over a restart", |place| restart(place).boxed()),
    ("a failing event parks its key, the others go on, and it catches up", |place| parks(place).boxed()),
    ("a key that fails for ever is dead until it is replayed, in order", |place| dies(place).boxed()),
    ("a dead letter has the bytes that were written", |place| bytes(place).boxed()),
    ("a skipped event counts as handled", |place| skips(place).boxed()),
    ("a panic parks one key and undoes what it did", |place| panics(place).boxed()),
    ("a consumer that lost its lease changes nothing", |place| fenced(place).boxed()),
];

async fn restart(place: Place) -> Outcome {
    let mut expected = Vec::new();
    for round in 0..3 {
        let running = place.run(place.consumer())?;
        for number in round * 40..(round + 1) * 40 {
            place.tell(&[("a", number)]).await?;
            expected.push(number);
        }
        if round < 2 {
            // Stopped anywhere.
            running.until(|status| status.position > Position::START).await?;
        } else {
            running.until(|status| status.position >= Position(120)).await?;
        }
        running.stop().await?;
    }
    same("numbers", place.numbers().await?, expected)
}

async fn parks(place: Place) -> Outcome {
    place.refused.lock().insert(1);
    place.tell(&[("a", 1), ("b", 2), ("a", 3), ("b", 4)]).await?;
    let running = place.run(place.consumer())?;
    running.until(|status| status.position >= Position(4)).await?;
    same("numbers", place.numbers().await?, vec![2, 4])?;
    // In one piece of the consumer's own database, so that no attempt of its own comes between.
    let refused = Arc::clone(&place.refused);
    let replay = move |tx: &Tx<'_>| {
        refused.lock().clear();
        dead_letters::replay(tx, GROUP, "a")
    };
    place.write(replay).await?;
    running.until(|status| status.parked == 0).await?;
    same("numbers", place.numbers().await?, vec![2, 4, 1, 3])?;
    running.stop().await
}

async fn dead_key(place: &Place, running: &super::place::Running, parked: u64) -> Outcome {
    running.until(|status| status.parked == parked).await?;
    for _ in 0..1_000 {
        let dead = place.read(|view| dead_letters::dead(view, GROUP, "", 10)).await?;
        if let [key] = &dead[..] {
            same("attempts", key.attempts, 3)?;
            return same("messages", key.messages, parked);
        }
        mainstay_core::Clock::system().sleep(std::time::Duration::from_millis(5)).await;
    }
    Err("the key is not dead after its attempts".to_owned())
}

async fn dies(place: Place) -> Outcome {
    place.refused.lock().insert(1);
    place.tell(&[("a", 1), ("a", 2)]).await?;
    let running = place.run(place.consumer())?;
    dead_key(&place, &running, 2).await?;
    place.refused.lock().clear();
    place.tell(&[("a", 3), ("b", 4)]).await?;
    running.until(|status| status.position >= Position(4)).await?;
    same("numbers", place.numbers().await?, vec![4])?;
    place.write(|tx| dead_letters::replay(tx, GROUP, "a")).await?;
    running.until(|status| status.parked == 0).await?;
    same("numbers", place.numbers().await?, vec![4, 1, 2, 3])?;
    running.stop().await
}

async fn bytes(place: Place) -> Outcome {
    place.refused.lock().insert(1);
    place.tell(&[("a", 1), ("a", 2)]).await?;
    let written = place.log.source.follow(NOTES.name(), Position::START, 10).next().await;
    let written = written.map_err(crate::case::told)?.events;
    let running = place.run(place.consumer())?;
    dead_key(&place, &running, 2).await?;
    let kept: Vec<Envelope> = place.read(|view| dead_letters::messages(view, GROUP, "a", 10)).await?;
    ensure(kept == written, "the dead letters are the events as they were written")?;
    running.stop().await
}

async fn skips(place: Place) -> Outcome {
    place.refused.lock().insert(1);
    place.tell(&[("a", 1), ("a", 2)]).await?;
    let running = place.run(place.consumer())?;
    dead_key(&place, &running, 2).await?;
    let kept = place.read(|view| dead_letters::messages(view, GROUP, "a", 1)).await?;
    let first = kept[0].id;
    place.write(move |tx| dead_letters::skip(tx, GROUP, "a", first).map(|_| ())).await?;
    running.until(|status| status.parked == 0).await?;
    same("numbers", place.numbers().await?, vec![2])?;
    running.stop().await
}

async fn panics(place: Place) -> Outcome {
    place.tell(&[("a", 1), ("b", 2)]).await?;
    let running = place.run(place.subscription().handle(|tx, _, envelope, note| {
        record(tx, envelope, &note)?;
        assert!(note.number != 1, "on purpose");
        Ok(())
    }))?;
    running.until(|status| status.position >= Position(2)).await?;
    same("numbers", place.numbers().await?, vec![2])?;
    running.stop().await
}

async fn fenced(place: Place) -> Outcome {
    let running = place.run(place.consumer())?;
    place.tell(&[("a", 1)]).await?;
    running.until(|status| status.position >= Position(1)).await?;
    let steal = "UPDATE mainstay_leases SET fence = fence + 1, holder = 'somebody else', expires_at = ?1";
    place.write(move |tx| tx.execute(steal, &[i64::MAX.into()])).await?;
    place.tell(&[("a", 2)]).await?;
    running.until(|status| status.state == ConsumerState::Waiting).await?;
    same("numbers", place.numbers().await?, vec![1])?;
    place.write(|tx| tx.execute("UPDATE mainstay_leases SET expires_at = 0", &[])).await?;
    running.until(|status| status.position >= Position(2)).await?;
    same("numbers", place.numbers().await?, vec![1, 2])?;
    running.stop().await
}
