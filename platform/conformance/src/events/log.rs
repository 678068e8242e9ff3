//! Cases of a source: complete, in order, as written, and awake.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use mainstay_core::Clock;
use mainstay_events::{Envelope, Event, Feed, MAX_EVENT_BYTES, Position};
use prost::Message;

use super::{Check, Log, NOTES, Note, OTHERS, Telling, telling};
use crate::case::{Outcome, ensure, same, told};

pub(super) const CASES: &[(&str, Check<Log>)] = &[
    ("a feed hands over everything, oldest first, as it was written", |log| complete(log).boxed()),
    ("an event whose transaction is undone is never told", |log| undone(log).boxed()),
    ("a feed begins just after the place that is asked for", |log| from_a_place(log).boxed()),
    ("a page has at most as many events as asked for", |log| limits(log).boxed()),
    ("other topics are passed over", |log| topics(log).boxed()),
    ("a waiting feed is woken by the commit", |log| awake(log).boxed()),
    ("a dropped wait loses nothing", |log| dropped(log).boxed()),
    ("feeds do not disturb each other", |log| several(log).boxed()),
    ("many producers at once: nothing is missed, each key in its order", |log| crowd(log).boxed()),
];

/// Far above what any engine needs, so that only a hang exceeds it.
const PATIENCE: Duration = Duration::from_secs(10);

async fn next(feed: &mut Box<dyn Feed>) -> Outcome<mainstay_events::Page> {
    let page = Clock::system().timeout(PATIENCE, feed.next()).await;
    page.map_err(|_| "the feed never woke".to_owned())?.map_err(told)
}

/// Reads `wanted` events and checks on the way what holds for every page.
async fn read(feed: &mut Box<dyn Feed>, wanted: usize, limit: usize) -> Outcome<Vec<Envelope>> {
    let mut events: Vec<Envelope> = Vec::new();
    let mut last = Position::START;
    while events.len() < wanted {
        let page = next(feed).await?;
        ensure(page.events.len() <= limit, format!("a page has at most {limit} events"))?;
        for event in page.events {
            ensure(event.position > last, "positions ascend")?;
            last = event.position;
            events.push(event);
        }
        ensure(page.through >= last, "a page reaches as far as its last event")?;
        last = page.through;
    }
    same("events", events.len(), wanted)?;
    Ok(events)
}

fn numbers(events: &[Envelope]) -> Outcome<Vec<i64>> {
    events
        .iter()
        .map(|event| {
            Note::decode(event.data.as_slice()).map(|note| note.number).map_err(|error| error.to_string())
        })
        .collect()
}

async fn complete(log: Log) -> Outcome {
    let notes = [
        ("", Vec::new()),
        ("a", vec![0, 0xff, 0x0a]),
        ("ключ \u{1f511} \0", vec![0x80; 1_000]),
        ("a", vec![7; MAX_EVENT_BYTES - 100]),
    ];
    let mut tellings = Vec::new();
    for (number, (key, bytes)) in (1..).zip(notes) {
        tellings.push(Telling { topic: NOTES, key: key.to_owned(), note: Note { number, bytes } });
    }
    (log.tell)(tellings.clone()).await.map_err(told)?;
    let events = read(&mut log.source.follow(NOTES.name(), Position::START, 10), 4, 10).await?;
    for (event, telling) in events.iter().zip(&tellings) {
        same("the key", &event.key, &telling.key)?;
        ensure(event.data == telling.note.encode_to_vec(), "the bytes are those that were written")?;
        same("the type", event.event_type.as_str(), Note::TYPE)?;
        same("the producer", &*event.source, log.source.name())?;
        ensure(event.trace.is_some(), "the trace of the work that told it comes along")?;
    }
    let again = read(&mut log.source.follow(NOTES.name(), Position::START, 1), 4, 1).await?;
    ensure(again == events, "a second reader sees exactly the same")?;
    let mut ids: Vec<_> = events.iter().map(|event| event.id).collect();
    ids.sort();
    ids.dedup();
    same("different ids", ids.len(), 4)
}

async fn undone(log: Log) -> Outcome {
    (log.undo)(vec![telling("a", 1)]).await.map_err(told)?;
    (log.tell)(vec![telling("a", 2)]).await.map_err(told)?;
    (log.undo)(vec![telling("a", 3)]).await.map_err(told)?;
    (log.tell)(vec![telling("a", 4)]).await.map_err(told)?;
    let events = read(&mut log.source.follow(NOTES.name(), Position::START, 10), 2, 10).await?;
    same("numbers", numbers(&events)?, vec![2, 4])
}

async fn from_a_place(log: Log) -> Outcome {
    (log.tell)((1..=6).map(|number| telling("a", number)).collect()).await.map_err(told)?;
    let all = read(&mut log.source.follow(NOTES.name(), Position::START, 10), 6, 10).await?;
    let rest = read(&mut log.source.follow(NOTES.name(), all[3].position, 10), 2, 10).await?;
    same("numbers", numbers(&rest)?, vec![5, 6])
}

async fn limits(log: Log) -> Outcome {
    (log.tell)((1..=25).map(|number| telling("a", number)).collect()).await.map_err(told)?;
    let events = read(&mut log.source.follow(NOTES.name(), Position::START, 4), 25, 4).await?;
    same("numbers", numbers(&events)?, (1..=25).collect())
}

async fn topics(log: Log) -> Outcome {
    let mixed = (1..=30).map(|number| {
        let topic = if number % 3 == 0 { OTHERS } else { NOTES };
        Telling { topic, ..telling("a", number) }
    });
    (log.tell)(mixed.collect()).await.map_err(told)?;
    let others = read(&mut log.source.follow(OTHERS.name(), Position::START, 5), 10, 5).await?;
    same("numbers", numbers(&others)?, (1..=30).filter(|number| number % 3 == 0).collect())?;
    let notes = read(&mut log.source.follow(NOTES.name(), Position::START, 5), 20, 5).await?;
    same("numbers", numbers(&notes)?, (1..=30).filter(|number| number % 3 != 0).collect())
}

async fn awake(log: Log) -> Outcome {
    let mut feed = log.source.follow(NOTES.name(), Position::START, 10);
    for number in 1..=5 {
        let (events, told_it) = tokio::join!(read(&mut feed, 1, 10), async {
            // The reader waits by then; if not, it finds the event at once, which is as well.
            Clock::system().sleep(Duration::from_millis(20)).await;
            (log.tell)(vec![telling("a", number)]).await
        });
        told_it.map_err(told)?;
        same("numbers", numbers(&events?)?, vec![number])?;
    }
    Ok(())
}

async fn dropped(log: Log) -> Outcome {
    let mut feed = log.source.follow(NOTES.name(), Position::START, 10);
    let mut found = Vec::new();
    for number in 1..=20 {
        // Given up at different moments: before the event, or while it is on its way.
        let wait = Duration::from_millis(number % 4);
        if let Ok(page) = Clock::system().timeout(wait, feed.next()).await {
            found.extend(page.map_err(told)?.events);
        }
        (log.tell)(vec![telling("a", number as i64)]).await.map_err(told)?;
    }
    while found.len() < 20 {
        found.extend(next(&mut feed).await?.events);
    }
    same("numbers", numbers(&found)?, (1..=20).collect())
}

async fn several(log: Log) -> Outcome {
    (log.tell)((1..=10).map(|number| telling("a", number)).collect()).await.map_err(told)?;
    let mut slow = log.source.follow(NOTES.name(), Position::START, 2);
    let first = read(&mut slow, 2, 2).await?;
    let quick = read(&mut log.source.follow(NOTES.name(), Position::START, 100), 10, 100).await?;
    same("numbers of the quick one", numbers(&quick)?, (1..=10).collect())?;
    let rest = read(&mut slow, 8, 2).await?;
    same("numbers of the slow one", [numbers(&first)?, numbers(&rest)?].concat(), (1..=10).collect())
}

async fn crowd(log: Log) -> Outcome {
    const PRODUCERS: i64 = 16;
    const EACH: i64 = 20;
    let mut feed = log.source.follow(NOTES.name(), Position::START, 7);
    let producers = (0..PRODUCERS).map(|producer| {
        let tell = log.tell.clone();
        async move {
            for number in 0..EACH {
                tell(vec![telling(&format!("key-{producer}"), number)]).await?;
            }
            Ok(())
        }
    });
    let total = usize::try_from(PRODUCERS * EACH).unwrap_or(usize::MAX);
    let (told_them, events) = tokio::join!(join_all(producers), read(&mut feed, total, 7));
    told_them.into_iter().collect::<mainstay_core::Result<()>>().map_err(told)?;
    let events = events?;
    let mut by_key: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (event, number) in events.iter().zip(numbers(&events)?) {
        by_key.entry(&event.key).or_default().push(number);
    }
    same("keys", by_key.len(), usize::try_from(PRODUCERS).unwrap_or_default())?;
    ensure(
        by_key.values().all(|numbers| *numbers == (0..EACH).collect::<Vec<_>>()),
        "each key is in its order",
    )
}
