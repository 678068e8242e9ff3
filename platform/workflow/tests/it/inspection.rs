//! What operators see.

use mainstay_core::codes;
use mainstay_workflow::{Filter, JournalKind, RunState};

use crate::lab::{Lab, Plan};

#[tokio::test]
async fn runs_are_listed_by_what_they_need() {
    let lab = Lab::open().await;
    lab.script.plan("d", [Plan::Fail(&codes::PRECONDITION)]);
    let parked = lab.start().await;
    lab.settle(parked).await;
    let until = lab.test.clock.now() + std::time::Duration::from_secs(600);
    lab.script.plan("a", [Plan::Insist("never", until)]);
    let waiting = lab.start().await;
    lab.still(waiting, |state| matches!(state, RunState::Waiting { .. })).await;
    let done = lab.start().await;
    lab.still(done, RunState::has_ended).await;

    let sagas = lab.engine.sagas.clone();
    let lists = lab.test.db.read(&lab.ctx, move |view| {
        let ids = |filter, before, limit| {
            let page = sagas.list(view, filter, before, limit)?;
            Ok::<_, mainstay_core::Error>(page.into_iter().map(|one| one.run).collect::<Vec<_>>())
        };
        Ok([
            ids(Filter::All, None, 10)?,
            ids(Filter::All, None, 2)?,
            ids(Filter::All, Some(waiting), 10)?,
            ids(Filter::Open, None, 10)?,
            ids(Filter::Parked, None, 10)?,
        ])
    });
    let expected =
        [vec![done, waiting, parked], vec![done, waiting], vec![parked], vec![waiting, parked], vec![parked]];
    assert_eq!(lists.await.unwrap(), expected);

    let sagas = lab.engine.sagas.clone();
    let status = lab.test.db.read(&lab.ctx, move |view| sagas.status(view, parked)).await.unwrap().unwrap();
    assert_eq!((status.name.as_str(), status.version), ("test.trail", 1));
    assert_eq!(status.principal, "service:test.service");
    assert!(
        matches!(status.state, RunState::Parked { reason } if reason.contains("core.precondition: as planned"))
    );
    assert!(status.ended_at.is_none() && status.deadline.is_some());
    lab.engine.stop().await;
}

#[tokio::test]
async fn the_journal_tells_attempts_times_errors_and_states() {
    let lab = Lab::open().await;
    lab.script.plan("b", [Plan::Fail(&codes::UNAVAILABLE)]);
    let run = lab.start().await;
    lab.settle(run).await;
    let journal = lab.journal(run).await;
    let kinds: Vec<JournalKind> = journal.iter().map(|entry| entry.kind).collect();
    use JournalKind::{Done, Failed, Started};
    assert_eq!(kinds, [Started, Done, Failed, Done, Done, Done, Done]);
    let attempts: Vec<u32> = journal.iter().map(|entry| entry.attempt).collect();
    assert_eq!(attempts, [0, 1, 1, 2, 1, 1, 1]);
    assert_eq!(journal[2].failure().unwrap().message, "as planned");
    assert_eq!(journal[1].state.as_deref(), Some(r#"{"visited":["a"]}"#));
    assert!(
        journal.windows(2).all(|pair| pair[0].sequence + 1 == pair[1].sequence && pair[0].at <= pair[1].at)
    );
    lab.engine.stop().await;
}
