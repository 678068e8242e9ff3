//! What is queued runs: once, as its caller, in order of urgency, within bounds.

use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Context, Id, Principal, Result, TenantId, TraceContext, codes};
use mainstay_jobs::inspect::{self, JobState};
use mainstay_jobs::{Job, JobContext, Jobs, MAX_PAYLOAD_BYTES, NewJob, Policy, Priority, codes as jobs};

use crate::support::{Node, Work, nap, start, work};

#[tokio::test]
async fn a_job_runs_once_after_its_transaction_committed() {
    let node = Node::new().await;
    let kind = Work::on(&node);
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    let (queue, ctx) = (node.jobs.clone(), node.ctx.clone());
    let undone = node.db.write(&node.ctx, move |tx| {
        queue.enqueue(tx, &ctx, work(1))?;
        Err::<(), _>(codes::PRECONDITION.error("changed my mind"))
    });
    assert!(undone.await.is_err());
    let second = node.enqueue(work(2)).await;
    let row = node.until(second.id, JobState::Done).await;
    assert_eq!((row.attempts, row.ended_at, row.reason), (1, Some(start()), None));
    for _ in 0..10 {
        node.pass(Duration::from_secs(60)).await;
    }
    assert_eq!(kind.payloads(), [2]);
}

#[tokio::test]
async fn it_runs_as_whoever_asked_for_it() {
    let node = Node::new().await;
    let kind = Work::on(&node);
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    let person = Principal::Customer(Id::from_bytes([7; 16]));
    let tenant = TenantId::from_bytes([9; 16]);
    let trace = TraceContext::root(true);
    let ctx = Context::new(tenant, person.clone(), trace).as_service("shop.orders");
    let queue = node.jobs.clone();
    let enqueued = node.write(move |tx| queue.enqueue(tx, &ctx, work(1))).await;
    node.until(enqueued.id, JobState::Done).await;
    let ctx = kind.contexts.lock().pop().unwrap();
    assert_eq!(ctx.tenant(), tenant);
    assert_eq!(ctx.principal(), &Principal::Service("shop.orders".into()));
    assert_eq!(ctx.on_behalf_of(), Some(&person));
    assert_eq!((ctx.trace().trace_id, ctx.trace().sampled), (trace.trace_id, true));
    assert_eq!(ctx.deadline(), Some(node.db.clock().monotonic() + Policy::default().timeout));
    assert_eq!(kind.runs.lock()[0].key, enqueued.id.to_string());
}

#[tokio::test]
async fn a_unique_job_is_queued_once_until_it_ended() {
    let node = Node::new().await;
    let kind = Work::on(&node).with_gate();
    node.jobs.register(kind.clone()).unwrap();
    let unique = |payload| work(payload).unique("order-1");
    let first = node.enqueue(unique(1)).await;
    let again = node.enqueue(unique(2)).await;
    assert_eq!((again.id, again.existed), (first.id, true));
    node.run();
    kind.until_runs(1).await;
    assert!(node.enqueue(unique(3)).await.existed, "it runs");
    assert!(!node.enqueue(work(4).unique("order-2")).await.existed);
    assert!(!node.enqueue(work(5)).await.existed, "without a key nothing is the same");
    kind.gate.add_permits(100);
    node.until(first.id, JobState::Done).await;
    let later = node.enqueue(unique(6)).await;
    assert!(!later.existed);
    node.until(later.id, JobState::Done).await;
    let mut payloads = kind.payloads();
    payloads.sort_unstable();
    assert_eq!(payloads, [1, 4, 5, 6]);
}

#[tokio::test]
async fn the_most_urgent_goes_first_and_then_the_longest_due() {
    let node = Node::with_concurrency(1).await;
    let kind = Work::on(&node);
    node.jobs.register(kind.clone()).unwrap();
    let later = |seconds| start() + Duration::from_secs(seconds);
    for job in [
        work(5).priority(Priority::Low),
        work(3).at(later(2)),
        work(2).at(later(1)),
        work(4).at(later(3)),
        work(1).priority(Priority::High).at(later(4)),
        work(6).priority(Priority::Low).at(later(3)),
    ] {
        node.enqueue(job).await;
    }
    node.time.advance(Duration::from_secs(5));
    node.run();
    kind.until_runs(6).await;
    assert_eq!(kind.payloads(), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_delayed_job_waits_for_its_time() {
    let node = Node::new().await;
    let kind = Work::on(&node);
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    let delayed = node.enqueue(work(1).after(Duration::from_secs(90))).await;
    let absolute = node.enqueue(work(2).at(start() + Duration::from_secs(30))).await;
    for _ in 0..29 {
        node.pass(Duration::from_secs(1)).await;
    }
    assert!(kind.payloads().is_empty());
    node.pass(Duration::from_secs(1)).await;
    node.until(absolute.id, JobState::Done).await;
    for _ in 0..59 {
        node.pass(Duration::from_secs(1)).await;
    }
    assert_eq!(node.job(delayed.id).await.state, JobState::Queued);
    node.pass(Duration::from_secs(1)).await;
    node.until(delayed.id, JobState::Done).await;
    assert_eq!(kind.payloads(), [2, 1]);
}

struct Other(Work);

#[async_trait]
impl Job for Other {
    const KIND: &'static str = "test.other";
    type Payload = i64;

    fn policy(&self) -> Policy {
        self.0.policy
    }

    async fn run(&self, cx: &JobContext, payload: i64) -> Result<()> {
        self.0.run(cx, payload).await
    }
}

#[tokio::test]
async fn no_more_run_at_a_time_than_the_kind_and_the_service_allow() {
    let node = Node::with_concurrency(5).await;
    let kind = Work::on(&node).with_gate();
    let kind = kind.with_policy(Policy { concurrency: 3, ..Policy::default() });
    let other = Work { runs: std::sync::Arc::default(), ..kind.clone() };
    node.jobs.register(kind.clone()).unwrap();
    node.jobs.register(Other(other.clone())).unwrap();
    for payload in 0..10 {
        node.enqueue(work(payload)).await;
    }
    // The others are all due later, so that order alone would leave them no room.
    node.time.advance(Duration::from_secs(1));
    for payload in 0..10 {
        node.enqueue(NewJob::of::<Other>(&payload).unwrap()).await;
    }
    node.run();
    kind.until_runs(3).await;
    other.until_runs(2).await;
    for _ in 0..10 {
        nap().await;
    }
    assert_eq!((kind.runs.lock().len(), other.runs.lock().len()), (3, 2));
    kind.gate.add_permits(100);
    kind.until_runs(10).await;
    other.until_runs(10).await;
}

// Longer than any test: what the pace holds back, only the loop's end lets go.
const SLOW: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn what_comes_within_the_pace_shares_a_write() {
    let node = Node::with_pace(8, SLOW).await;
    let kind = Work::on(&node);
    node.jobs.register(kind.clone()).unwrap();
    let running = node.run();
    let first = node.enqueue(work(1)).await;
    kind.until_runs(1).await;
    let second = node.enqueue(work(2)).await;
    for _ in 0..20 {
        nap().await;
    }
    assert_eq!(kind.payloads(), [1]);
    assert_eq!(node.job(first.id).await.state, JobState::Running);
    node.shutdown.request();
    running.join().await.unwrap();
    assert_eq!(node.job(first.id).await.state, JobState::Done);
    assert_eq!(node.job(second.id).await.state, JobState::Queued);
}

#[tokio::test]
async fn who_waits_for_a_place_does_not_wait_for_the_pace() {
    let node = Node::with_pace(2, SLOW).await;
    let kind = Work::on(&node);
    node.jobs.register(kind.clone()).unwrap();
    for payload in 1..=7 {
        node.enqueue(work(payload)).await;
    }
    node.run();
    kind.until_runs(7).await;
}

#[tokio::test]
async fn a_kind_that_nobody_here_knows_waits_for_one_who_does() {
    let node = Node::new().await;
    node.jobs.register(Other(Work::on(&node))).unwrap();
    node.run();
    let unknown = node.enqueue(work(1)).await;
    for _ in 0..5 {
        node.pass(Duration::from_secs(60)).await;
    }
    assert_eq!(node.job(unknown.id).await.state, JobState::Queued);
}

#[tokio::test]
async fn another_process_s_job_is_found_by_looking_again() {
    let node = Node::new().await;
    let kind = Work::on(&node);
    node.jobs.register(kind.clone()).unwrap();
    node.run();
    let first = node.enqueue(work(1)).await;
    node.until(first.id, JobState::Done).await;
    let other = node.again().await;
    let foreign = other.enqueue(work(2)).await;
    node.pass_time_until(foreign.id, JobState::Done).await;
}

#[tokio::test]
async fn what_is_too_large_or_registered_twice_is_refused() {
    let node = Node::new().await;
    node.jobs.register(Work::on(&node)).unwrap();
    assert!(node.jobs.register(Work::on(&node)).unwrap_err().is(&jobs::BAD_REGISTRATION));
    let (queue, ctx) = (node.jobs.clone(), node.ctx.clone());
    let long = node.db.write(&node.ctx, move |tx| queue.enqueue(tx, &ctx, work(1).unique("x".repeat(1_000))));
    assert!(long.await.unwrap_err().is(&jobs::TOO_LARGE));
    struct Text;
    #[async_trait]
    impl Job for Text {
        const KIND: &'static str = "test.text";
        type Payload = String;
        async fn run(&self, _: &JobContext, _: String) -> Result<()> {
            Ok(())
        }
    }
    assert!(NewJob::of::<Text>(&"x".repeat(MAX_PAYLOAD_BYTES)).unwrap_err().is(&jobs::TOO_LARGE));
}

#[tokio::test]
async fn finished_jobs_are_kept_for_a_day() {
    let node = Node::new().await;
    node.jobs.register(Work::on(&node)).unwrap();
    node.run();
    let job = node.enqueue(work(1)).await;
    node.until(job.id, JobState::Done).await;
    for _ in 0..23 {
        node.pass(Duration::from_secs(3_600)).await;
    }
    assert_eq!(node.job(job.id).await.state, JobState::Done);
    assert_eq!(node.read(|view| inspect::list(view, JobState::Done, None, 10)).await.len(), 1);
    node.pass(Duration::from_secs(3_600) + Jobs::DRAIN).await;
    for _ in 0..500 {
        if node.read(move |view| inspect::get(view, job.id)).await.is_none() {
            return;
        }
        node.pass(Duration::from_secs(10)).await;
    }
    panic!("it is still there");
}
