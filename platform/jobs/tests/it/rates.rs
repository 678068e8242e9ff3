//! A kind with a rate starts no faster than it says, whoever runs it.

use std::time::Duration;

use mainstay_core::codes;
use mainstay_jobs::inspect::JobState;
use mainstay_jobs::{Policy, Rate};

use crate::support::{Deed, Node, Work, nap, work};

/// One in each half second, two at once after a pause.
fn slow() -> Policy {
    Policy { rate: Some(Rate::new(2, Duration::from_secs(1))), ..Policy::default() }
}

async fn settle() {
    for _ in 0..20 {
        nap().await;
    }
}

#[tokio::test]
async fn starts_are_spread_and_nothing_is_lost() {
    let node = Node::new().await;
    let kind = Work::on(&node).with_policy(slow());
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    for payload in 0..6 {
        node.enqueue(work(payload)).await;
    }
    kind.until_runs(2).await;
    settle().await;
    assert_eq!(kind.payloads().len(), 2, "the bucket is empty");
    for runs in 3..=6 {
        node.pass(Duration::from_millis(499)).await;
        settle().await;
        assert_eq!(kind.payloads().len(), runs - 1, "a moment too early");
        node.pass(Duration::from_millis(1)).await;
        kind.until_runs(runs).await;
    }
    let mut payloads = kind.payloads();
    payloads.sort_unstable();
    assert_eq!(payloads, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_new_leader_finds_the_bucket_as_it_was_left() {
    let node = Node::new().await;
    let kind = Work::on(&node).with_policy(slow());
    node.jobs.register(kind.clone()).unwrap();
    let running = node.run();
    for payload in 0..2 {
        node.enqueue(work(payload)).await;
    }
    kind.until_runs(2).await;
    let last = node.enqueue(work(2)).await;
    node.shutdown.request();
    running.join().await;

    // Its clock begins where the other one's did: no time has passed, so there is no token.
    let next = node.again().await;
    let second = Work::on(&next).with_policy(slow());
    next.jobs.register(second.clone()).unwrap();
    next.run();
    settle().await;
    assert_eq!(second.payloads(), Vec::<i64>::new());
    next.pass_time_until(last.id, JobState::Done).await;
    assert_eq!(second.payloads(), [2]);
}

#[tokio::test]
async fn repeats_count_and_other_kinds_do_not_wait() {
    let node = Node::new().await;
    let rate = Rate::new(1, Duration::from_secs(3_600));
    let policy = Policy { rate: Some(rate), first_retry: Duration::from_secs(1), ..Policy::default() };
    let kind = Work::on(&node).with_policy(policy).then(Deed::Fail(codes::UNAVAILABLE.error("not now")));
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    let job = node.enqueue(work(1)).await;
    kind.until_runs(1).await;
    for _ in 0..10 {
        node.pass(Duration::from_secs(60)).await;
    }
    assert_eq!(kind.payloads().len(), 1, "the second attempt has no token");
    node.pass(Duration::from_secs(3_000)).await;
    node.until(job.id, JobState::Done).await;
}
