//! Two processes, one lease: who lost it changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mainstay_events::Position;

use crate::support::{Node, record};

#[tokio::test]
async fn a_consumer_that_lost_its_lease_writes_nothing() {
    let node = Node::new().await;
    let runs = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&runs);
    node.run([node.subscription().handle(move |tx, ctx, envelope, event| {
        counted.fetch_add(1, Ordering::Relaxed);
        record(tx, ctx, envelope, event)
    })]);
    node.tell([("a", 1)]).await;
    node.reached(1).await;
    // Another process takes over while this one believes that it leads; the events come in the same transaction.
    let (outbox, ctx) = (node.outbox.clone(), node.ctx.clone());
    node.write(move |tx| {
        tx.execute(
            "UPDATE mainstay_leases SET fence = fence + 1, holder = 'somebody else', expires_at = ?1",
            &[i64::MAX.into()],
        )?;
        outbox.append(tx, &ctx, &crate::support::NOTES, "a", &crate::support::note(2))
    })
    .await;
    node.until(|status| status.state == mainstay_events::ConsumerState::Waiting).await;
    assert_eq!(node.numbers().await, [1]);
    assert_eq!(runs.load(Ordering::Relaxed), 1, "the number is compared before the handler runs");
    // The other one goes; this one leads again and finds the event where it was.
    node.write(|tx| tx.execute("UPDATE mainstay_leases SET expires_at = 0", &[])).await;
    node.until(|status| status.position == Position(2)).await;
    assert_eq!(node.numbers().await, [1, 2]);
    node.stop().await;
}

#[tokio::test]
async fn a_second_process_takes_over_where_the_first_one_stood() {
    let first = Node::new().await;
    first.run([first.subscription().handle(record)]);
    first.tell((1..=10).map(|number| ("a", number))).await;
    first.reached(10).await;
    let second = first.again().await;
    second.run([second.subscription().handle(record)]);
    first.tell((11..=20).map(|number| ("a", number))).await;
    first.reached(20).await;
    assert_eq!(second.consumers.status()[0].position, Position::START, "only one of them works");
    first.stop().await;
    second.tell((21..=30).map(|number| ("a", number))).await;
    second.reached(30).await;
    assert_eq!(second.numbers().await, (1..=30).collect::<Vec<_>>());
    second.stop().await;
}
