//! What is stored and cannot be read, and databases that cannot take a write.

use mainstay_sql::codes as sql;
use mainstay_workflow::codes::UNREADABLE_STATE;
use mainstay_workflow::{MIGRATIONS, RunState};

use crate::lab::{Lab, Plan};

#[tokio::test]
async fn a_run_whose_state_cannot_be_read_is_parked_and_the_others_go_on() {
    let lab = Lab::open().await;
    let until = lab.test.clock.now() + std::time::Duration::from_secs(600);
    lab.script.plan("a", [Plan::Insist("paid", until)]);
    let broken = lab.start().await;
    lab.still(broken, |state| matches!(state, RunState::Waiting { .. })).await;
    let spoil = |sql: &'static str| lab.test.db.write(&lab.ctx, move |tx| tx.execute(sql, &[]));
    spoil("UPDATE saga_journal SET state = '{}' || state WHERE state IS NOT NULL").await.unwrap();
    lab.signal(broken, "paid").await;
    let parked = loop {
        let sagas = lab.engine.sagas.clone();
        let status =
            lab.test.db.read(&lab.ctx, move |view| sagas.status(view, broken)).await.unwrap().unwrap();
        if let RunState::Parked { reason } = status.state {
            break reason;
        }
        tokio::task::yield_now().await;
    };
    assert!(parked.contains(UNREADABLE_STATE.name), "{parked}");
    let other = lab.start().await;
    assert_eq!(lab.still(other, RunState::has_ended).await.state, RunState::Done);
    spoil("UPDATE saga_journal SET state = substr(state, 3) WHERE state LIKE '{}{%'").await.unwrap();
    lab.resume(broken).await.unwrap();
    assert_eq!(lab.still(broken, RunState::has_ended).await.state, RunState::Done);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_full_disk_is_no_reason_to_turn_back() {
    let lab = Lab::open().await;
    // What the database says when the disk is full, as often as a step of its own would be given up.
    lab.script.plan("b", (0..8).map(|_| Plan::FailWrite(&sql::FULL)));
    let run = lab.start().await;
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    assert_eq!((lab.script.count("do b"), lab.script.count("record b")), (1, 9));
    lab.engine.stop().await;
}

#[tokio::test]
async fn journals_keep_their_entries_from_one_order_of_rows_to_the_other_and_back() {
    let lab = Lab::open().await;
    let runs = [lab.start().await, lab.start().await];
    let mut before = Vec::new();
    for run in runs {
        lab.still(run, RunState::has_ended).await;
        before.push(lab.journal(run).await);
    }
    assert!(before.iter().all(|journal| journal.len() > 4), "{before:?}");
    lab.test.db.migrate_down(&MIGRATIONS, 3).await.unwrap();
    lab.test.db.migrate(&[MIGRATIONS]).await.unwrap();
    for (run, before) in runs.into_iter().zip(before) {
        assert_eq!(lab.journal(run).await, before);
    }
    let later = lab.start().await;
    assert_eq!(lab.still(later, RunState::has_ended).await.state, RunState::Done);
    lab.engine.stop().await;
}
