//! Errors, panics, time-outs: tried again with growing waits, then dead, then in a person's hands.

use std::time::Duration;

use mainstay_core::codes;
use mainstay_jobs::inspect::{self, JobState};
use mainstay_jobs::{NewJob, Policy, codes as jobs};

use crate::support::{Deed, Node, Work, work};

fn unavailable() -> Deed {
    Deed::Fail(codes::UNAVAILABLE.error("the mail server is away"))
}

#[tokio::test]
async fn a_failure_is_tried_again_after_growing_waits_under_the_same_key() {
    let node = Node::new().await;
    let kind = Work::on(&node).then(unavailable()).then(unavailable()).then(unavailable());
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    let job = node.enqueue(work(1)).await;
    for attempt in 1..=3 {
        kind.until_runs(attempt).await;
        let row = node.until(job.id, JobState::Queued).await;
        // The error asks for a second at least; the policy doubles from one.
        let (wait, longest) =
            (row.due_at.since(node.db.clock().now()), Duration::from_secs(1 << (attempt - 1)));
        assert!(wait >= (longest / 2).max(Duration::from_secs(1)) && wait <= longest, "{attempt}: {wait:?}");
        node.pass(wait - Duration::from_millis(1)).await;
        assert_eq!(kind.runs.lock().len(), attempt, "it waits to the end");
        node.pass(Duration::from_millis(1)).await;
    }
    let row = node.until(job.id, JobState::Done).await;
    assert_eq!((row.attempts, row.reason), (4, None));
    let runs = kind.runs.lock().clone();
    assert_eq!(runs.iter().map(|run| run.attempt).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(runs.iter().all(|run| run.key == runs[0].key));
}

#[tokio::test]
async fn what_fails_for_ever_is_dead_and_a_person_retries_or_discards_it() {
    let node = Node::new().await;
    let kind = Work::on(&node).with_policy(Policy { max_attempts: 3, ..Policy::default() });
    let kind = kind.then(unavailable()).then(unavailable()).then(unavailable());
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    let job = node.enqueue(work(1).unique("one")).await;
    let row = node.pass_time_until(job.id, JobState::Dead).await;
    assert_eq!((row.attempts, row.code.as_deref()), (3, Some(codes::UNAVAILABLE.name)));
    assert!(row.reason.unwrap().contains("mail server"));
    assert_eq!(node.read(inspect::counts).await.len(), 1);
    let dead = node.read(|view| inspect::list(view, JobState::Dead, None, 10)).await;
    assert_eq!(dead.iter().map(|row| row.id).collect::<Vec<_>>(), [job.id]);
    // No time revives it, and its key is free.
    for _ in 0..20 {
        node.pass(Duration::from_secs(3_600)).await;
    }
    assert_eq!(node.job(job.id).await.state, JobState::Dead);
    kind.gate.forget_permits(kind.gate.available_permits());
    let other = node.enqueue(work(2).unique("one")).await;
    assert!(!other.existed);
    let retry = |id| node.db.write(&node.ctx, move |tx| inspect::retry(tx, id));
    assert!(retry(job.id).await.unwrap_err().is(&jobs::KEY_TAKEN));
    assert!(retry(other.id).await.unwrap_err().is(&jobs::NOT_DEAD));
    kind.gate.add_permits(100);
    node.pass_time_until(other.id, JobState::Done).await;
    retry(job.id).await.unwrap();
    let row = node.pass_time_until(job.id, JobState::Done).await;
    assert_eq!(row.attempts, 1, "all attempts lay before it again");
    let discard = |id| node.db.write(&node.ctx, move |tx| inspect::discard(tx, id));
    assert!(discard(job.id).await.unwrap_err().is(&jobs::NOT_DEAD));
    assert!(discard(mainstay_core::Id::from_bytes([0; 16])).await.unwrap_err().is(&jobs::NO_SUCH_JOB));
}

#[tokio::test]
async fn a_permanent_refusal_is_not_tried_again() {
    let node = Node::new().await;
    let refusal = Deed::Fail(codes::INVALID.error("no such mailbox"));
    let kind = Work::on(&node).then(refusal);
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    let job = node.enqueue(work(1)).await;
    assert_eq!(node.until(job.id, JobState::Dead).await.attempts, 1);
    node.write(move |tx| inspect::discard(tx, job.id)).await;
    assert_eq!(node.read(move |view| inspect::get(view, job.id)).await, None);
}

#[tokio::test]
async fn a_panic_is_a_failure_like_another_and_hurts_nobody() {
    let node = Node::new().await;
    let kind = Work::on(&node).then(Deed::Panic);
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    let job = node.enqueue(work(1)).await;
    kind.until_runs(1).await;
    let other = node.enqueue(work(2)).await;
    node.until(other.id, JobState::Done).await;
    let row = node.job(job.id).await;
    assert_eq!(row.code.as_deref(), Some(jobs::PANICKED.name));
    assert!(row.reason.unwrap().contains("as told"));
    node.pass_time_until(job.id, JobState::Done).await;
    assert_eq!(node.tasks.counts()["test.work"].panicked, 0, "it was caught before the task ended");
}

#[tokio::test]
async fn an_attempt_without_end_is_ended_and_tried_again() {
    let node = Node::new().await;
    let kind = Work::on(&node).then(Deed::Hang);
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    let job = node.enqueue(work(1)).await;
    kind.until_runs(1).await;
    for _ in 0..59 {
        node.pass(Duration::from_secs(1)).await;
    }
    assert_eq!(node.job(job.id).await.state, JobState::Running);
    let row = node.pass_time_until(job.id, JobState::Done).await;
    assert_eq!(row.attempts, 2);
}

#[tokio::test]
async fn a_payload_that_this_release_cannot_read_is_dead_at_once() {
    let node = Node::new().await;
    node.jobs.register(Work::on(&node)).unwrap();
    let job = node.enqueue(work(1)).await;
    node.write(|tx| tx.execute("UPDATE jobs SET payload = '\"words\"'", &[])).await;
    node.run();
    let row = node.until(job.id, JobState::Dead).await;
    assert_eq!(row.code.as_deref(), Some(jobs::UNREADABLE.name));
}

#[tokio::test]
async fn a_row_that_does_not_say_for_whom_it_runs_is_not_run() {
    let node = Node::new().await;
    let kind = Work::on(&node);
    node.jobs.register(kind.clone()).unwrap();
    let job = node.enqueue(work(1)).await;
    node.write(|tx| tx.execute("UPDATE jobs SET tenant = x'00'", &[])).await;
    node.run();
    node.until(job.id, JobState::Dead).await;
    assert!(kind.payloads().is_empty());
}

#[tokio::test]
async fn a_wall_clock_that_steps_back_does_not_make_a_retry_wait_for_it() {
    let node = Node::new().await;
    let kind = Work::on(&node).then(unavailable());
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    let job = node.enqueue(work(1)).await;
    kind.until_runs(1).await;
    node.until(job.id, JobState::Queued).await;
    // A job with a time of its own waits for that time, whatever the clock does.
    let absolute: NewJob = work(2).at(crate::support::start());
    node.time.set_wall(crate::support::start() - Duration::from_secs(86_400));
    let absolute = node.enqueue(absolute).await;
    let row = node.pass_time_until(job.id, JobState::Done).await;
    assert_eq!(row.attempts, 2);
    assert_eq!(node.job(absolute.id).await.state, JobState::Queued);
}

#[tokio::test]
async fn the_wait_that_the_other_side_asks_for_is_kept() {
    let node = Node::new().await;
    let busy = codes::OVERLOADED.error("come back later").retry_after(Duration::from_secs(30));
    let kind = Work::on(&node).then(Deed::Fail(busy));
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    let job = node.enqueue(work(1)).await;
    node.pass_time_until(job.id, JobState::Done).await;
    let runs = kind.runs.lock().clone();
    let waited = runs[1].at.since(runs[0].at);
    assert!(waited >= Duration::from_secs(30), "{waited:?}");
}
