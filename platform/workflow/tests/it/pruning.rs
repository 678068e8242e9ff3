//! Ended runs are forgotten by age, and only those.

use std::time::Duration;

use mainstay_workflow::{Filter, RunState};

use crate::lab::{Lab, Plan};

#[tokio::test]
async fn only_runs_that_ended_long_ago_are_forgotten() {
    let lab = Lab::open().await;
    let far = lab.test.clock.now() + Duration::from_secs(3_000);
    lab.script.plan("a", [Plan::Insist("never", far)]);
    let open = lab.start().await;
    lab.still(open, |state| matches!(state, RunState::Waiting { .. })).await;
    let mut ended = Vec::new();
    for _ in 0..450 {
        ended.push(lab.start().await);
    }
    for run in &ended {
        lab.still(*run, RunState::has_ended).await;
    }
    lab.test.manual.advance(Duration::from_secs(100));
    let recent = lab.start().await;
    lab.settle(recent).await;
    let before = lab.test.clock.now() - Duration::from_secs(50);
    let mut after = 0;
    let mut writes = 0;
    loop {
        let sagas = lab.engine.sagas.clone();
        writes += 1;
        match lab.test.db.write(&lab.ctx, move |tx| sagas.prune(tx, before, after)).await.unwrap() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(writes, 3, "a bounded number of runs in each write");
    let sagas = lab.engine.sagas.clone();
    let (left, entries) = lab
        .test
        .db
        .read(&lab.ctx, move |view| {
            let left: Vec<_> =
                sagas.list(view, Filter::All, None, 500)?.into_iter().map(|one| one.run).collect();
            let entries =
                view.query_one("SELECT count(*) FROM saga_journal", &[], |row| row.get::<i64>(0))?;
            Ok((left, entries))
        })
        .await
        .unwrap();
    assert_eq!(left, [recent, open]);
    assert_eq!(entries, Some(6 + 2));
    lab.engine.stop().await;
}

#[tokio::test]
async fn the_engine_forgets_by_itself_and_gives_no_number_twice() {
    let lab = Lab::open().await;
    let first = lab.start().await;
    lab.still(first, RunState::has_ended).await;
    let second = lab.start().await;
    lab.still(second, RunState::has_ended).await;
    let month = Duration::from_secs(31 * 86_400);
    lab.test.manual.advance(month);
    // The prune comes each minute; the lease, which the leap of time took, each second.
    for _ in 0..200 {
        lab.test.manual.advance(Duration::from_secs(1));
        mainstay_core::Clock::system().sleep(Duration::from_millis(2)).await;
        if lab.engine.saga.look(&lab.ctx, first).await.unwrap().is_none() {
            break;
        }
    }
    assert!(lab.engine.saga.look(&lab.ctx, first).await.unwrap().is_none());
    assert!(lab.engine.saga.look(&lab.ctx, second).await.unwrap().is_some(), "the youngest stays");
    let third = lab.start().await;
    assert_eq!(lab.settle(third).await.state, RunState::Done);
    lab.engine.stop().await;
}
