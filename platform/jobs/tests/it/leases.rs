//! Restarts, take-overs and ends: no job is lost, and who lost the lease records nothing.

use std::time::Duration;

use mainstay_core::Clock;
use mainstay_jobs::inspect::JobState;
use mainstay_jobs::{Jobs, Policy};

use crate::support::{Deed, Node, Work, nap, work};

async fn lose_the_lease(node: &Node) {
    node.write(|tx| {
        tx.execute(
            "UPDATE mainstay_leases SET fence = fence + 1, holder = 'somebody else', expires_at = ?1",
            &[i64::MAX.into()],
        )
    })
    .await;
}

async fn free_the_lease(node: &Node) {
    node.write(|tx| tx.execute("UPDATE mainstay_leases SET expires_at = 0", &[])).await;
}

#[tokio::test]
async fn who_lost_the_lease_records_nothing_and_starts_nothing() {
    let node = Node::new().await;
    let kind = Work::on(&node).with_gate();
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    let job = node.enqueue(work(1)).await;
    kind.until_runs(1).await;
    lose_the_lease(&node).await;
    // It ends well, too late.
    kind.gate.add_permits(1);
    let second = node.enqueue(work(2)).await;
    for _ in 0..20 {
        nap().await;
    }
    assert_eq!(node.job(job.id).await.state, JobState::Running);
    assert_eq!(node.job(second.id).await.state, JobState::Queued);
    // The next leader runs it again; here that is the same process.
    free_the_lease(&node).await;
    kind.gate.add_permits(100);
    let row = node.pass_time_until(job.id, JobState::Done).await;
    assert_eq!(row.attempts, 2, "the attempt that was cut off counts");
    node.pass_time_until(second.id, JobState::Done).await;
    assert_eq!(kind.runs.lock().iter().filter(|run| run.payload == 1).count(), 2);
}

#[tokio::test]
async fn running_jobs_are_ended_when_the_lease_goes() {
    let node = Node::new().await;
    let kind = Work::on(&node).then(Deed::Hang);
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    node.enqueue(work(1)).await;
    kind.until_runs(1).await;
    lose_the_lease(&node).await;
    for _ in 0..1_000 {
        // The leadership finds out with its next renewal, within a second.
        if node.tasks.counts()["test.work"].running == 0 {
            return;
        }
        Clock::system().sleep(Duration::from_millis(5)).await;
    }
    panic!("it still runs");
}

#[tokio::test]
async fn a_job_that_ends_its_process_each_time_is_dead_in_the_end() {
    let mut node = Node::new().await;
    let policy = Policy { max_attempts: 2, ..Policy::default() };
    let job = node.enqueue(work(1)).await;
    for attempt in 1..=2 {
        let kind = Work::on(&node).with_policy(policy).then(Deed::Hang);
        node.jobs.register(kind.clone()).unwrap();
        let running = node.run();
        for _ in 0..2_000 {
            if kind.runs.lock().len() == 1 {
                break;
            }
            node.pass(Duration::from_millis(100)).await;
        }
        assert_eq!(kind.runs.lock()[0].attempt, attempt);
        // As a crash does: nothing is put down, and the lease runs out.
        running.abort();
        lose_the_lease(&node).await;
        free_the_lease(&node).await;
        node = node.again().await;
    }
    node.jobs.register(Work::on(&node).with_policy(policy)).unwrap();
    node.run();
    let row = node.pass_time_until(job.id, JobState::Dead).await;
    assert_eq!(row.attempts, 2);
}

#[tokio::test]
async fn at_the_end_what_runs_may_finish() {
    let node = Node::new().await;
    let kind = Work::on(&node).with_gate();
    node.jobs.register(kind.clone()).unwrap();
    let running = node.run();
    let job = node.enqueue(work(1)).await;
    kind.until_runs(1).await;
    node.shutdown.request();
    let late = node.enqueue(work(2)).await;
    nap().await;
    assert!(!running.is_finished());
    kind.gate.add_permits(1);
    running.join().await.unwrap();
    assert_eq!(node.job(job.id).await.state, JobState::Done);
    assert_eq!(node.job(late.id).await.state, JobState::Queued);
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_handed_over() {
    let node = Node::new().await;
    let kind = Work::on(&node).then(Deed::Hang);
    node.jobs.register(kind.clone()).unwrap();
    let running = node.run();
    let job = node.enqueue(work(1)).await;
    kind.until_runs(1).await;
    node.shutdown.request();
    nap().await;
    while !running.is_finished() {
        node.pass(Jobs::DRAIN / 4).await;
    }
    let row = node.job(job.id).await;
    assert_eq!((row.state, row.attempts), (JobState::Queued, 0));
    assert_eq!(node.tasks.counts()["test.work"].running, 0);
}
