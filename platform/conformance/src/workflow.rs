//! What sagas and aggregates must do on every database. Time is the machine's own; waits are short.

mod aggregate;
mod place;
mod script;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use mainstay_core::{Clock, Context, Id, Principal, TenantId, TraceContext, codes};
use mainstay_sql::Database;
use mainstay_workflow::codes::RUN_EXISTS;
use mainstay_workflow::{Delivery, RunState};

use self::place::Place;
use self::script::Trail;
use crate::case::{Case, Outcome, ensure, refused, same, told};

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
        Case::new(format!("workflow: {promise}"), move || async move {
            check(Place::new(fresh().await).await?).await
        })
    });
    checks.collect()
}

type Check = fn(Place) -> BoxFuture<'static, Outcome>;

const CASES: &[(&str, Check)] = &[
    ("a run starts with its transaction, once, and each step is recorded with its effect", |place| {
        starts(place).boxed()
    }),
    ("a run goes on as whoever started it", |place| context(place).boxed()),
    ("a refusal before the pivot undoes everything, last first", |place| turns_back(place).boxed()),
    ("after the pivot a run is parked, and done when somebody resumes it", |place| parks(place).boxed()),
    ("a signal is kept whether the run waits already or not", |place| signals(place).boxed()),
    ("who lost the lease records nothing, and the next one asks again under the same key", |place| {
        fenced(place).boxed()
    }),
    ("of two processes one executes, and the other goes on when it stops", |place| two(place).boxed()),
    ("of two who append to one version of an aggregate one wins", |place| aggregate::race(place).boxed()),
];

async fn starts(place: Place) -> Outcome {
    let engine = place.engine()?;
    let (undone, run) = (place.new_run(), place.new_run());
    let (saga, ctx) = (engine.saga.clone(), place.ctx.clone());
    let outcome = place.db.write(&place.ctx, move |tx| {
        saga.start(tx, &ctx, undone, &Trail::default())?;
        Err::<(), _>(codes::CANCELLED.error("undone on purpose"))
    });
    ensure(outcome.await.is_err(), "the transaction was undone")?;
    engine.start(&place, run).await.map_err(told)?;
    let seen = engine.ended(&place, run).await?;
    same("the end", seen.state.clone(), RunState::Done)?;
    same("the trail", seen.data.steps.clone(), ["a", "b", "c"].map(str::to_owned).to_vec())?;
    same("the marks", place.marks(run).await?, ["a", "b", "c"].map(str::to_owned).to_vec())?;
    refused("a second start", engine.start(&place, run).await, &RUN_EXISTS)?;
    let gone = engine.saga.look(&place.ctx, undone).await.map_err(told)?;
    ensure(gone.is_none(), "a start that was undone never was")?;
    engine.stop().await
}

async fn context(mut place: Place) -> Outcome {
    let person = Principal::Customer(Id::from_bytes([7; 16]));
    let trace = TraceContext::root(true);
    place.ctx = Context::new(TenantId::from_bytes([9; 16]), person.clone(), trace);
    let engine = place.engine()?;
    let run = place.new_run();
    engine.start(&place, run).await.map_err(told)?;
    engine.ended(&place, run).await?;
    let seen = place.script.contexts();
    same("contexts", seen.len(), 3)?;
    for context in seen {
        same("the principal", context.principal(), &person)?;
        same("the tenant", context.tenant(), TenantId::from_bytes([9; 16]))?;
        same("the trace", context.trace().trace_id, trace.trace_id)?;
    }
    engine.stop().await
}

async fn turns_back(place: Place) -> Outcome {
    let engine = place.engine()?;
    place.script.refuse("b");
    let run = place.new_run();
    engine.start(&place, run).await.map_err(told)?;
    let seen = engine.ended(&place, run).await?;
    let failure = seen.failure().ok_or("it tells no failure")?;
    same("the reason", failure.code.as_str(), codes::PRECONDITION.name)?;
    same("what was done", place.script.log(), ["a", "b", "undo b", "undo a"].map(str::to_owned).to_vec())?;
    same("the marks", place.marks(run).await?, Vec::new())?;
    engine.stop().await
}

async fn parks(place: Place) -> Outcome {
    let engine = place.engine()?;
    place.script.refuse("c");
    let run = place.new_run();
    engine.start(&place, run).await.map_err(told)?;
    engine.until(&place, run, |state| matches!(state, RunState::Parked { .. })).await?;
    let sagas = engine.sagas.clone();
    place.db.write(&place.ctx, move |tx| sagas.resume(tx, run)).await.map_err(told)?;
    same("the end", engine.ended(&place, run).await?.state.clone(), RunState::Done)?;
    same("what was done", place.script.log(), ["a", "b", "c", "c"].map(str::to_owned).to_vec())?;
    engine.stop().await
}

async fn signals(place: Place) -> Outcome {
    let engine = place.engine()?;
    let until = Clock::system().now() + Duration::from_secs(600);
    for early in [true, false] {
        place.script.wait("b", until);
        let run = place.new_run();
        let hold = early.then(|| place.script.hold("a"));
        engine.start(&place, run).await.map_err(told)?;
        match hold {
            Some(hold) => {
                place.script.until("a").await?;
                same("the signal", engine.signal(&place, run).await?, Delivery::Kept)?;
                hold.add_permits(1);
            }
            None => {
                engine.until(&place, run, |state| matches!(state, RunState::Waiting { .. })).await?;
                same("the signal", engine.signal(&place, run).await?, Delivery::Kept)?;
            }
        }
        same("the end", engine.ended(&place, run).await?.state.clone(), RunState::Done)?;
        same("a late signal", engine.signal(&place, run).await?, Delivery::Ended)?;
        place.script.clear();
    }
    same("a signal to nobody", engine.signal(&place, place.new_run()).await?, Delivery::Unknown)?;
    engine.stop().await
}

async fn fenced(place: Place) -> Outcome {
    let engine = place.engine()?;
    let hold = place.script.hold("b");
    let run = place.new_run();
    engine.start(&place, run).await.map_err(told)?;
    place.script.until("b").await?;
    let steal = "UPDATE mainstay_leases SET fence = fence + 1, holder = 'somebody else', expires_at = ?1";
    place.db.write(&place.ctx, |tx| tx.execute(steal, &[i64::MAX.into()])).await.map_err(told)?;
    hold.add_permits(1);
    Clock::system().sleep(Duration::from_millis(100)).await;
    same("the marks", place.marks(run).await?, vec!["a".to_owned()])?;
    let free = "UPDATE mainstay_leases SET expires_at = 0";
    place.db.write(&place.ctx, |tx| tx.execute(free, &[])).await.map_err(told)?;
    same("the end", engine.ended(&place, run).await?.state.clone(), RunState::Done)?;
    let keys = place.script.keys();
    same("the keys of both attempts", keys.get(1), keys.get(2))?;
    engine.stop().await
}

async fn two(place: Place) -> Outcome {
    let first = place.engine()?;
    let run = place.new_run();
    first.start(&place, run).await.map_err(told)?;
    first.ended(&place, run).await?;
    let second = place.engine()?;
    let hold = place.script.hold("c");
    let run = place.new_run();
    second.start(&place, run).await.map_err(told)?;
    place.script.until_times("c", 2).await?;
    hold.add_permits(1);
    same("the end", second.ended(&place, run).await?.state.clone(), RunState::Done)?;
    same("attempts of two runs", place.script.log().len(), 6)?;
    first.stop().await?;
    let run = place.new_run();
    second.start(&place, run).await.map_err(told)?;
    same("the end", second.ended(&place, run).await?.state.clone(), RunState::Done)?;
    second.stop().await
}
