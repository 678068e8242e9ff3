//! What jobs and schedules must do on every database. Time is the machine's own; waits are short.

mod place;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use mainstay_core::{Clock, Context, Id, Principal, TenantId, TraceContext, codes};
use mainstay_jobs::inspect::{self, JobState};
use mainstay_jobs::{NewJob, Priority};
use mainstay_sql::Database;

use self::place::{Place, Probe};
use crate::case::{Case, Outcome, ensure, same, told};

/// Every case. `fresh` opens an empty database for each.
pub fn cases<F, R>(fresh: F) -> Vec<Case>
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future<Output = Database> + Send + 'static,
{
    let fresh: Arc<dyn Fn() -> BoxFuture<'static, Database> + Send + Sync> =
        Arc::new(move || fresh().boxed());
    let checks = CASES.iter().map(|(promise, check)| {
        let fresh = Arc::clone(&fresh);
        Case::new(
            format!("jobs: {promise}"),
            move || async move { check(Place::new(fresh().await).await?).await },
        )
    });
    checks.collect()
}

type Check = fn(Place) -> BoxFuture<'static, Outcome>;

const CASES: &[(&str, Check)] = &[
    ("a job runs once, after its transaction committed, as whoever asked for it", |place| {
        runs(place).boxed()
    }),
    ("a unique job is queued once until it has ended", |place| unique(place).boxed()),
    ("the most urgent goes first", |place| priority(place).boxed()),
    ("a failure and a panic are tried again; what fails for ever is dead until it is retried", |place| {
        failures(place).boxed()
    }),
    ("who lost the lease records nothing", |place| fenced(place).boxed()),
    ("two processes fire a schedule once", |place| schedule(place).boxed()),
];

fn probe(number: i64) -> Outcome<NewJob> {
    NewJob::of::<Probe>(&number).map_err(told)
}

async fn runs(place: Place) -> Outcome {
    let probe_job = Probe::default();
    let worker = place.run(&probe_job, 4)?;
    let person = Principal::Customer(Id::from_bytes([7; 16]));
    let trace = TraceContext::root(true);
    let ctx = Context::new(TenantId::from_bytes([9; 16]), person.clone(), trace);
    let (jobs, asked, job) = (worker.jobs.clone(), ctx.clone(), probe(1)?);
    let undone = place.db.write(&ctx, move |tx| {
        jobs.enqueue(tx, &asked, job.clone())?;
        Err::<(), _>(codes::CANCELLED.error("undone on purpose"))
    });
    ensure(undone.await.is_err(), "the transaction was undone")?;
    let (jobs, asked, job) = (worker.jobs.clone(), ctx.clone(), probe(2)?);
    let enqueued =
        place.db.write(&ctx, move |tx| jobs.enqueue(tx, &asked, job.clone())).await.map_err(told)?;
    place.until(enqueued.id, JobState::Done).await?;
    Clock::system().sleep(Duration::from_millis(50)).await;
    same("runs", probe_job.numbers(), vec![2])?;
    let seen = probe_job.contexts().pop().ok_or("it saw no context")?;
    same("the principal", seen.principal(), &person)?;
    same("the tenant", seen.tenant(), TenantId::from_bytes([9; 16]))?;
    same("the trace", seen.trace().trace_id, trace.trace_id)?;
    worker.stop().await
}

async fn unique(place: Place) -> Outcome {
    let job = Probe::default();
    let idle = place.idle(&job)?;
    let first = place.enqueue(&idle, probe(1)?.unique("one")).await?;
    let second = place.enqueue(&idle, probe(2)?.unique("one")).await?;
    same("the second", (second.id, second.existed), (first.id, true))?;
    let worker = place.run(&job, 4)?;
    place.until(first.id, JobState::Done).await?;
    let third = place.enqueue(&worker.jobs, probe(3)?.unique("one")).await?;
    ensure(!third.existed, "the key is free when the job has ended")?;
    place.until(third.id, JobState::Done).await?;
    same("runs", job.numbers(), vec![1, 3])?;
    worker.stop().await
}

async fn priority(place: Place) -> Outcome {
    let job = Probe::default();
    let idle = place.idle(&job)?;
    let mut last = None;
    for (number, priority) in
        [(3, Priority::Low), (2, Priority::Normal), (4, Priority::Low), (1, Priority::High)]
    {
        let enqueued = place.enqueue(&idle, probe(number)?.priority(priority)).await?;
        if number == 4 {
            last = Some(enqueued.id);
        }
    }
    let worker = place.run(&job, 1)?;
    place.until(last.ok_or("nothing was enqueued")?, JobState::Done).await?;
    same("the order", job.numbers(), vec![1, 2, 3, 4])?;
    worker.stop().await
}

async fn failures(place: Place) -> Outcome {
    let job = Probe::failing(2);
    let worker = place.run(&job, 4)?;
    let heals = place.enqueue(&worker.jobs, probe(1)?).await?;
    let row = place.until(heals.id, JobState::Done).await?;
    same("attempts", row.attempts, 3)?;
    job.fail(Probe::MAX_ATTEMPTS);
    let fails = place.enqueue(&worker.jobs, probe(2)?).await?;
    let row = place.until(fails.id, JobState::Dead).await?;
    same("attempts", row.attempts, Probe::MAX_ATTEMPTS)?;
    ensure(row.reason.is_some(), "a dead job says why")?;
    place.write(move |tx| inspect::retry(tx, fails.id)).await?;
    place.until(fails.id, JobState::Done).await?;
    worker.stop().await
}

async fn fenced(place: Place) -> Outcome {
    let job = Probe::held();
    let worker = place.run(&job, 4)?;
    let held = place.enqueue(&worker.jobs, probe(1)?).await?;
    place.until(held.id, JobState::Running).await?;
    let steal = "UPDATE mainstay_leases SET fence = fence + 1, holder = 'somebody else', expires_at = ?1";
    place.write(move |tx| tx.execute(steal, &[i64::MAX.into()])).await?;
    job.let_go();
    Clock::system().sleep(Duration::from_millis(100)).await;
    let row = place.read(move |view| inspect::get(view, held.id)).await?.ok_or("the job is gone")?;
    same("the state", row.state, JobState::Running)?;
    place.write(|tx| tx.execute("UPDATE mainstay_leases SET expires_at = 0", &[])).await?;
    let row = place.until(held.id, JobState::Done).await?;
    same("attempts", row.attempts, 2)?;
    worker.stop().await
}

async fn schedule(place: Place) -> Outcome {
    let job = Probe::default();
    let workers = [place.run_scheduled(&job, "* * * * * *")?, place.run_scheduled(&job, "* * * * * *")?];
    let clock = Clock::system();
    let began = clock.monotonic();
    while job.numbers().len() < 3 {
        let waited = clock.monotonic().since(began);
        ensure(waited < Duration::from_secs(20), "it fires about once a second")?;
        clock.sleep(Duration::from_millis(20)).await;
    }
    for worker in workers {
        worker.stop().await?;
    }
    let seconds = place
        .read(|view| {
            view.query("SELECT enqueued_at / 1000000 FROM jobs ORDER BY 1", &[], |row| row.get::<i64>(0))
        })
        .await?;
    let mut different = seconds.clone();
    different.dedup();
    same("firings, by their seconds", seconds, different)
}
