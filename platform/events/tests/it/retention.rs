//! What is old is deleted, but for what somebody here has yet to read, and nobody elsewhere misses an event without being
//! told.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::Shutdown;
use mainstay_events::{
    EventSource, Position, Readers, Retention, Subscription, codes as events, dead_letters,
};

use crate::support::{GROUP, NOTES, Node, is_failing, record};

const DAY: Duration = Duration::from_secs(86_400);

async fn prune(node: &Node, retention: &Retention) -> u64 {
    prune_beside(node, retention, &Readers::default()).await
}

async fn prune_beside(node: &Node, retention: &Retention, readers: &Readers) -> u64 {
    let lease = node.leadership.wait().await;
    retention.prune(&node.db, &lease, readers, &Shutdown::new()).await.unwrap()
}

async fn count(node: &Node, table: &'static str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    node.read(move |view| view.query_one(&sql, &[], |row| row.get(0))).await.unwrap()
}

#[tokio::test]
async fn old_events_go_the_newest_stays_and_positions_go_on() {
    let node = Node::new().await;
    let retention = Retention::default();
    node.tell((0..1_200).map(|number| ("a", number))).await;
    assert_eq!(prune(&node, &retention).await, 0);
    node.time.advance(31 * DAY);
    assert_eq!(prune(&node, &retention).await, 1_199);
    node.tell([("a", 1_200)]).await;
    assert_eq!(node.outbox.newest().await.unwrap(), Position(1_201));
    // A new consumer starts with what there is.
    let page = node.outbox.follow("test.notes", Position::START, 10).next().await.unwrap();
    assert_eq!(page.events.len(), 2);
}

#[tokio::test]
async fn the_log_has_no_gap_inside_although_the_wall_clock_stepped_back() {
    let node = Node::new().await;
    node.tell([("a", 1)]).await;
    node.time.set_wall(crate::support::start() - 100 * DAY);
    node.tell([("a", 2)]).await;
    node.time.set_wall(crate::support::start());
    node.tell([("a", 3)]).await;
    // The second is older than 30 days by its time, but stands behind one that is not.
    assert_eq!(prune(&node, &Retention::default()).await, 0);
    let page = node.outbox.follow("test.notes", Position(1), 10).next().await.unwrap();
    assert_eq!(page.events.len(), 2);
}

#[tokio::test]
async fn a_consumer_that_missed_events_stops_and_says_so() {
    let node = Node::new().await;
    let retention = Retention::default();
    node.tell([("a", 1)]).await;
    node.run([node.subscription().handle(record)]);
    node.reached(1).await;
    let next = node.again().await;
    node.stop().await;
    next.tell([("a", 2), ("a", 3)]).await;
    next.time.advance(40 * DAY);
    next.tell([("a", 4)]).await;
    prune(&next, &retention).await;
    next.run([next.subscription().handle(record)]);
    next.until(|status| is_failing(status, events::HISTORY_PRUNED.name)).await;
    assert_eq!(next.numbers().await, [1]);
    // A person accepts the gap.
    next.write(|tx| dead_letters::move_to(tx, GROUP, Position(3))).await;
    next.pass_time_until(|status| status.position == Position(4)).await;
    assert_eq!(next.numbers().await, [1, 4]);
    next.stop().await;
}

#[tokio::test]
async fn the_inbox_forgets_what_cannot_come_again() {
    let node = Node::new().await;
    node.tell((0..600).map(|number| ("a", number))).await;
    node.run([node.subscription().handle(record)]);
    node.reached(600).await;
    node.time.advance(30 * DAY + Duration::from_secs(3_600));
    node.tell([("a", 600)]).await;
    node.reached(601).await;
    prune(&node, &Retention::default()).await;
    assert_eq!((count(&node, "outbox").await, count(&node, "event_inbox").await), (1, 601));
    node.time.advance(DAY);
    prune(&node, &Retention::default()).await;
    assert_eq!(count(&node, "event_inbox").await, 1);
    node.stop().await;
}

#[tokio::test]
async fn what_a_consumer_here_has_not_read_waits_for_it() {
    let (producer, consumer) = (Node::new().await, Node::new().await);
    let readers = Readers::default();
    let consumer = consumer.reading(&readers);
    let retention = Retention::default();
    producer.tell((0..700).map(|number| ("a", number))).await;
    let follows = || Subscription::new(GROUP, &NOTES, Arc::new(producer.outbox.clone())).handle(record);
    consumer.consumers.add(follows()).unwrap();
    producer.time.advance(400 * DAY);
    producer.tell([("a", 700)]).await;
    assert_eq!(prune_beside(&producer, &retention, &readers).await, 0, "it has not even begun");

    consumer.run([]);
    consumer.reached(701).await;
    assert_eq!(consumer.numbers().await, (0..=700).collect::<Vec<_>>());
    // It stopped; more came, and became old.
    let next = consumer.again().await;
    consumer.stop().await;
    producer.tell([("a", 701)]).await;
    producer.time.advance(400 * DAY);
    producer.tell([("a", 702)]).await;
    let readers = Readers::default();
    let next = next.reading(&readers);
    next.consumers.add(follows()).unwrap();
    assert_eq!(prune_beside(&producer, &retention, &readers).await, 701, "all that it read");
    next.run([]);
    next.reached(703).await;
    assert_eq!(next.numbers().await, (0..=702).collect::<Vec<_>>());
    assert_eq!(prune_beside(&producer, &retention, &readers).await, 1);
    next.stop().await;
    producer.stop().await;
}

#[tokio::test]
async fn what_is_due_is_told_and_is_what_goes() {
    let node = Node::new().await;
    node.tell((0..60).map(|number| ("a", number))).await;
    node.run([node.subscription().handle(record)]);
    node.reached(60).await;
    let next = node.again().await;
    node.stop().await;
    let retention = Retention::default();
    let aged = async || {
        let (outbox, inbox) = next.read(|view| Retention::default().aged(view)).await;
        [(outbox.rows, outbox.due), (inbox.rows, inbox.due)]
    };
    next.time.advance(30 * DAY + Duration::from_secs(3_600));
    assert_eq!(aged().await, [(60, 60), (60, 0)]);
    next.time.advance(DAY);
    assert_eq!(aged().await, [(60, 60), (60, 60)]);
    // Positions are counted from the newest event, so it stays.
    assert_eq!(prune(&next, &retention).await, 119);
    assert_eq!(aged().await, [(1, 1), (0, 0)]);
}
