//! The log as its readers see it.

use std::time::Duration;

use futures::FutureExt;
use mainstay_core::{Clock, Context, TraceContext, codes};
use mainstay_events::{EventSource, MAX_EVENT_BYTES, MAX_KEY_BYTES, Page, Position, codes as events};

use crate::support::{NOTES, Node, Note, OTHERS, note, start};

fn numbers(page: &Page) -> Vec<i64> {
    page.events
        .iter()
        .map(|envelope| <Note as prost::Message>::decode(&*envelope.data).unwrap().number)
        .collect()
}

#[tokio::test]
async fn an_event_is_told_if_and_only_if_its_transaction_commits() {
    let node = Node::new().await;
    let (outbox, ctx) = (node.outbox.clone(), node.ctx.clone());
    let undone = node
        .db
        .write(&node.ctx, move |tx| {
            outbox.append(tx, &ctx, &NOTES, "a", &note(1))?;
            Err::<(), _>(codes::PRECONDITION.error("changed my mind"))
        })
        .await;
    assert!(undone.is_err());
    let (outbox, ctx) = (node.outbox.clone(), node.ctx.clone());
    node.write(move |tx| {
        // A part that is undone takes its event with it.
        let part = tx.nested(|tx| {
            outbox.append(tx, &ctx, &NOTES, "a", &note(2))?;
            Err::<(), _>(codes::PRECONDITION.error("not this part"))
        });
        assert!(part.is_err());
        outbox.append(tx, &ctx, &NOTES, "a", &note(3))
    })
    .await;
    let page = node.outbox.follow("test.notes", Position::START, 10).next().await.unwrap();
    assert_eq!(numbers(&page), [3]);
    assert_eq!(page.through, Position(1));
    assert_eq!(node.outbox.newest().await.unwrap(), Position(1));
}

#[tokio::test]
async fn the_envelope_has_the_attributes_of_the_work_that_told_it() {
    let node = Node::new().await;
    let trace = TraceContext::root(true);
    let ctx = Context::background("test").with_trace(trace);
    let (outbox, event) = (node.outbox.clone(), Note { number: 7, text: "ü\0".to_owned() });
    let told = event.clone();
    node.write(move |tx| outbox.append(tx, &ctx, &NOTES, "ключ", &told)).await;
    let page = node.outbox.follow("test.notes", Position::START, 10).next().await.unwrap();
    let [envelope] = &*page.events else { panic!("{page:?}") };
    assert_eq!(&*envelope.source, "test");
    assert_eq!(envelope.event_type, "test.v1.Note");
    assert_eq!(envelope.key, "ключ");
    assert_eq!(envelope.time, start());
    assert_eq!(envelope.trace, Some(trace));
    assert_eq!(envelope.data, prost::Message::encode_to_vec(&event));
}

#[tokio::test]
async fn what_no_consumer_could_take_is_refused_at_once() {
    let node = Node::new().await;
    for (key, bytes) in [("k".repeat(MAX_KEY_BYTES + 1), 1), ("k".to_owned(), MAX_EVENT_BYTES + 1)] {
        let (outbox, ctx) = (node.outbox.clone(), node.ctx.clone());
        let event = Note { number: 1, text: "x".repeat(bytes) };
        let refused = node.db.write(&node.ctx, move |tx| outbox.append(tx, &ctx, &NOTES, &key, &event)).await;
        assert!(refused.unwrap_err().is(&events::TOO_LARGE));
    }
}

#[tokio::test]
async fn many_events_are_told_in_their_order_and_one_that_is_too_large_ends_them() {
    let node = Node::new().await;
    let (outbox, ctx) = (node.outbox.clone(), node.ctx.clone());
    // More than are written by one statement, and than are held in memory at once.
    let large = move |number| Note { number, text: "x".repeat(30_000) };
    node.write(move |tx| {
        outbox.append_all(tx, &ctx, &NOTES, (1..=100).map(|number| (number.to_string(), large(number))))?;
        outbox.append_all(tx, &ctx, &NOTES, Vec::<(&str, Note)>::new())
    })
    .await;
    let page = node.outbox.follow("test.notes", Position::START, 1_000).next().await.unwrap();
    assert_eq!((numbers(&page), page.through), ((1..=100).collect(), Position(100)));
    assert!(page.events.iter().zip(1..).all(|(envelope, number)| envelope.key == number.to_string()));

    let (outbox, ctx) = (node.outbox.clone(), node.ctx.clone());
    let huge = Note { number: 2, text: "x".repeat(MAX_EVENT_BYTES + 1) };
    let refused = node.db.write(&node.ctx, move |tx| {
        outbox.append_all(tx, &ctx, &NOTES, [("a", &note(1)), ("a", &huge), ("a", &note(3))])
    });
    assert!(refused.await.unwrap_err().is(&events::TOO_LARGE));
    assert_eq!(node.outbox.newest().await.unwrap(), Position(100));
}

#[tokio::test]
async fn a_feed_goes_on_where_it_stands_and_passes_over_other_topics() {
    let node = Node::new().await;
    let (outbox, ctx) = (node.outbox.clone(), node.ctx.clone());
    node.write(move |tx| {
        for number in 1..=10 {
            let topic = if number % 5 == 0 { &OTHERS } else { &NOTES };
            outbox.append(tx, &ctx, topic, "a", &note(number))?;
        }
        Ok(())
    })
    .await;
    let mut feed = node.outbox.follow("test.notes", Position(2), 4);
    let page = feed.next().await.unwrap();
    assert_eq!((numbers(&page), page.through), (vec![3, 4, 6], Position(6)));
    let page = feed.next().await.unwrap();
    assert_eq!((numbers(&page), page.through), (vec![7, 8, 9], Position(10)));
    let mut rare = node.outbox.follow("test.nobody", Position::START, 100);
    let page = rare.next().await.unwrap();
    assert_eq!((page.events.len(), page.through), (0, Position(10)));
}

#[tokio::test]
async fn a_commit_wakes_whoever_waits_and_a_dropped_wait_loses_nothing() {
    let node = Node::new().await;
    let mut feed = node.outbox.follow("test.notes", Position::START, 10);
    assert!(feed.next().now_or_never().is_none());
    node.tell([("a", 1)]).await;
    // Manual time stands still: only the wake-up can end this wait.
    let page = Clock::system().timeout(Duration::from_secs(5), feed.next()).await.unwrap().unwrap();
    assert_eq!(numbers(&page), [1]);
    for number in 2..50 {
        assert!(feed.next().now_or_never().is_none());
        node.tell([("a", number)]).await;
        let page = Clock::system().timeout(Duration::from_secs(5), feed.next()).await.unwrap().unwrap();
        assert_eq!(numbers(&page), [number]);
    }
}

#[tokio::test]
async fn another_process_s_events_are_found_by_looking_again() {
    let reader = Node::new().await;
    let writer = reader.again().await;
    let mut feed = reader.outbox.follow("test.notes", Position::START, 10);
    assert!(feed.next().now_or_never().is_none());
    writer.tell([("a", 1)]).await;
    let mut next = Box::pin(feed.next());
    assert!(next.as_mut().now_or_never().is_none(), "no wake-up crosses processes");
    reader.time.advance(Duration::from_secs(1));
    let page = Clock::system().timeout(Duration::from_secs(5), next).await.unwrap().unwrap();
    assert_eq!(numbers(&page), [1]);
}

#[tokio::test]
async fn a_page_is_bounded_in_bytes() {
    let node = Node::new().await;
    let (outbox, ctx) = (node.outbox.clone(), node.ctx.clone());
    node.write(move |tx| {
        for number in 0..40 {
            let event = Note { number, text: "x".repeat(MAX_EVENT_BYTES - 100) };
            outbox.append(tx, &ctx, &NOTES, "a", &event)?;
        }
        Ok(())
    })
    .await;
    let mut feed = node.outbox.follow("test.notes", Position::START, 1_000);
    let mut found = Vec::new();
    while found.len() < 40 {
        let page = feed.next().await.unwrap();
        let bytes: usize = page.events.iter().map(|envelope| envelope.data.len()).sum();
        assert!(bytes <= 5 * 1024 * 1024, "{bytes}");
        found.extend(numbers(&page));
    }
    assert_eq!(found, (0..40).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_log_that_was_put_back_to_an_earlier_state_is_noticed() {
    let node = Node::new().await;
    node.tell([("a", 1), ("a", 2)]).await;
    let error = node.outbox.follow("test.notes", Position(5), 10).next().await.unwrap_err();
    assert!(error.is(&events::HISTORY_REWOUND), "{error:?}");
    let empty = Node::new().await;
    let error = empty.outbox.follow("test.notes", Position(1), 10).next().await.unwrap_err();
    assert!(error.is(&events::HISTORY_REWOUND), "{error:?}");
}
