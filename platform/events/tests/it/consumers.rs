//! One effect, order per key, and going on where it stood.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mainstay_core::{Clock, TraceContext, codes};
use mainstay_events::{ConsumerState, Position, Subscription, codes as events, dead_letters};
use parking_lot::Mutex;

use crate::support::{GROUP, NOTES, Node, Scripted, envelope, is_failing, record};

#[tokio::test]
async fn every_event_has_its_effect_once_and_in_order() {
    let node = Node::new().await;
    node.tell((1..=500).map(|number| ("a", number))).await;
    node.run([node.subscription().batch(64).handle(record)]);
    node.reached(500).await;
    node.tell((501..=700).map(|number| ("a", number))).await;
    node.reached(700).await;
    assert_eq!(node.numbers().await, (1..=700).collect::<Vec<_>>());
    node.stop().await;
}

#[tokio::test]
async fn ten_thousand_keys_fan_out() {
    let node = Node::new().await;
    let keys: Vec<String> = (0..10_000).map(|key| format!("key-{key}")).collect();
    for round in 0..2 {
        node.tell(keys.iter().map(|key| (&**key, round))).await;
    }
    node.run([node.subscription().handle(record)]);
    node.reached(20_000).await;
    let wrong = node
        .read(|view| {
            view.query_one(
                "SELECT count(*) FROM (SELECT key FROM effects GROUP BY key HAVING group_concat(number) <> '0,1')",
                &[],
                |row| row.get::<i64>(0),
            )
        })
        .await;
    assert_eq!(wrong, Some(0), "each key has its two effects in their order");
    node.stop().await;
}

#[tokio::test]
async fn a_restart_goes_on_where_the_last_commit_was() {
    let node = Node::new().await;
    node.tell((1..=300).map(|number| ("a", number))).await;
    node.run([node.subscription().batch(7).handle(record)]);
    node.until(|status| status.position > Position::START).await;
    let next = node.again().await;
    node.stop().await;
    next.run([next.subscription().handle(record)]);
    next.reached(300).await;
    assert_eq!(next.numbers().await, (1..=300).collect::<Vec<_>>());
    next.stop().await;
}

#[tokio::test]
async fn what_comes_after_a_pause_is_handled_at_once_and_what_comes_soon_after_it_gathers() {
    let node = Node::new().await;
    // Longer than any test.
    node.run([node.subscription().pace(Duration::from_secs(3_600)).handle(record)]);
    node.tell([("a", 1)]).await;
    node.reached(1).await;
    node.tell([("a", 2)]).await;
    Clock::system().sleep(Duration::from_millis(50)).await;
    assert_eq!(node.numbers().await, [1]);
    let next = node.again().await;
    node.stop().await;
    next.run([next.subscription().handle(record)]);
    next.reached(2).await;
    next.stop().await;
}

#[tokio::test]
async fn a_source_that_repeats_itself_changes_nothing() {
    let node = Node::new().await;
    let source = Scripted::default();
    // The same page again, the same event inside a page, and known events at new places in the log, as a relay that
    // died between publishing and remembering would tell them.
    source.events(vec![envelope(1, "a", 1), envelope(2, "a", 2)]);
    source.events(vec![envelope(1, "a", 1), envelope(2, "a", 2)]);
    source.events(vec![envelope(2, "a", 2), envelope(3, "a", 3), envelope(3, "a", 3)]);
    let again = |number| mainstay_events::Envelope {
        position: Position(number + 10),
        ..envelope(number, "a", number)
    };
    source.events(vec![again(1), again(2), again(3), envelope(14, "a", 4)]);
    node.run([Subscription::new(GROUP, &NOTES, Arc::new(source)).handle(record)]);
    node.reached(14).await;
    assert_eq!(node.numbers().await, [1, 2, 3, 4]);
    node.stop().await;
}

#[tokio::test]
async fn an_identity_is_the_consumer_s_own() {
    let node = Node::new().await;
    node.tell([("a", 1)]).await;
    let source = Arc::new(node.outbox.clone());
    node.run([
        node.subscription().handle(record),
        Subscription::new("test.others", &NOTES, source).handle(record),
    ]);
    node.reached(1).await;
    node.until_of("test.others", |status| status.position == Position(1)).await;
    assert_eq!(node.numbers().await, [1, 1]);
    node.stop().await;
}

#[tokio::test]
async fn a_new_generation_replays_on_purpose() {
    let node = Node::new().await;
    node.tell([("a", 1), ("a", 2)]).await;
    node.run([node.subscription().handle(record)]);
    node.reached(2).await;
    let next = node.again().await;
    node.stop().await;
    next.run([next.subscription().generation(2).handle(record)]);
    next.until_of("test.readers#2", |status| status.position == Position(2)).await;
    assert_eq!(next.numbers().await, [1, 2, 1, 2]);
    next.stop().await;
}

#[tokio::test]
async fn a_name_belongs_to_one_consumer_and_one_log() {
    let node = Node::new().await;
    node.consumers.add(node.subscription().handle(record)).unwrap();
    let second = node.consumers.add(node.subscription().handle(record)).unwrap_err();
    assert!(second.is(&events::BAD_SUBSCRIPTION));
    node.run([]);
    node.tell([("a", 1)]).await;
    node.reached(1).await;
    let next = node.again().await;
    node.stop().await;
    let other = Subscription::new(GROUP, &NOTES, Arc::new(Scripted::default())).handle(record);
    next.run([other]);
    next.until(|status| is_failing(status, events::BAD_SUBSCRIPTION.name)).await;
    next.stop().await;
}

#[tokio::test]
async fn the_handler_continues_the_producer_s_trace() {
    // A span is a handler's own where somebody records it.
    mainstay_telemetry::capture(&Clock::system());
    let node = Node::new().await;
    let trace = TraceContext::root(true);
    let (outbox, ctx) = (node.outbox.clone(), node.ctx.with_trace(trace));
    node.write(move |tx| outbox.append(tx, &ctx, &NOTES, "a", &crate::support::note(1))).await;
    let seen = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&seen);
    node.run([node.subscription().handle(move |_, ctx, _, _| {
        *kept.lock() = Some((ctx.trace(), ctx.attempt(), ctx.principal().to_string()));
        Ok(())
    })]);
    node.reached(1).await;
    let (found, attempt, principal) = seen.lock().take().unwrap();
    assert_eq!((found.trace_id, found.sampled), (trace.trace_id, true));
    assert_ne!(found.span_id, trace.span_id);
    assert_eq!((attempt, &*principal), (1, "service:test"));
    node.stop().await;
}

#[tokio::test]
async fn a_source_that_fails_is_asked_again_and_nothing_is_lost() {
    let node = Node::new().await;
    let source = Scripted::default();
    source.events(vec![envelope(1, "a", 1)]);
    source.push(Err(codes::UNAVAILABLE.error("the producer is away")));
    source.push(Err(codes::UNAVAILABLE.error("the producer is still away")));
    node.run([Subscription::new(GROUP, &NOTES, Arc::new(source.clone())).handle(record)]);
    node.until(|status| is_failing(status, codes::UNAVAILABLE.name)).await;
    source.events(vec![envelope(2, "a", 2)]);
    node.pass_time_until(|status| status.position == Position(2) && status.state == ConsumerState::Following)
        .await;
    assert_eq!(node.numbers().await, [1, 2]);
    node.stop().await;
}

#[tokio::test]
async fn an_operator_may_move_a_consumer() {
    let node = Node::new().await;
    node.tell((1..=5).map(|number| ("a", number))).await;
    node.run([node.subscription().handle(record)]);
    node.reached(5).await;
    node.write(|tx| {
        tx.execute("DELETE FROM event_inbox", &[])?;
        dead_letters::move_to(tx, GROUP, Position(3))
    })
    .await;
    // The running consumer notices with its next page, and takes that up from the new place.
    node.tell([("a", 6)]).await;
    node.eventually(
        |view| view.query("SELECT number FROM effects ORDER BY place", &[], |row| row.get::<i64>(0)),
        |numbers| *numbers == [1, 2, 3, 4, 5, 4, 5, 6],
    )
    .await;
    node.stop().await;
}

#[tokio::test]
async fn a_handler_that_runs_twice_still_has_one_effect() {
    let node = Node::new().await;
    node.tell((1..=50).map(|number| ("a", number))).await;
    let runs = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&runs);
    node.run([node.subscription().handle(move |tx, ctx, envelope, event| {
        counted.fetch_add(1, Ordering::Relaxed);
        record(tx, ctx, envelope, event)
    })]);
    node.reached(50).await;
    assert!(runs.load(Ordering::Relaxed) >= 50);
    assert_eq!(node.numbers().await.len(), 50);
    node.stop().await;
}

#[tokio::test]
async fn events_of_other_topics_are_passed_and_not_read_again() {
    let node = Node::new().await;
    let (outbox, ctx) = (node.outbox.clone(), node.ctx.clone());
    node.run([node.subscription().batch(4).handle(record)]);
    node.write(move |tx| {
        for number in 1..=10 {
            outbox.append(tx, &ctx, &crate::support::OTHERS, "a", &crate::support::note(number))?;
        }
        Ok(())
    })
    .await;
    node.reached(10).await;
    assert!(node.numbers().await.is_empty());
    let kept = node.read(dead_letters::consumers).await;
    assert_eq!((&*kept[0].name, kept[0].position), (GROUP, Position(10)));
    node.stop().await;
}

/// A source whose first feed panics.
#[derive(Clone, Default)]
struct Panicking(Scripted, Arc<AtomicU64>);

#[async_trait::async_trait]
impl mainstay_events::EventSource for Panicking {
    fn name(&self) -> &str {
        "scripted"
    }

    async fn newest(&self) -> mainstay_core::Result<mainstay_events::Position> {
        panic!("asked in vain")
    }

    fn follow(&self, topic: &str, after: Position, limit: usize) -> Box<dyn mainstay_events::Feed> {
        assert!(self.1.fetch_add(1, Ordering::Relaxed) > 0, "the first feed is broken");
        self.0.follow(topic, after, limit)
    }
}

#[tokio::test]
async fn a_source_that_panics_does_not_end_its_consumers() {
    let node = Node::new().await;
    let source = Panicking::default();
    source.0.events(vec![envelope(1, "a", 1)]);
    node.run([Subscription::new(GROUP, &NOTES, Arc::new(source)).handle(record)]);
    node.until(|status| is_failing(status, codes::INTERNAL.name)).await;
    node.pass_time_until(|status| status.position == Position(1)).await;
    assert_eq!(node.numbers().await, [1]);
    node.stop().await;
}
