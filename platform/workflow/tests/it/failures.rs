//! Steps that fail: before the pivot, at it, after it, on the way back, in the transaction, and by panicking.

use std::time::Duration;

use mainstay_core::codes;
use mainstay_workflow::codes::{NOT_PARKED, STEP_PANICKED, TIMED_OUT};
use mainstay_workflow::{JournalKind, RunState};

use crate::lab::{Lab, Plan, Refusal, code, short};

#[tokio::test]
async fn a_refusal_before_the_pivot_undoes_everything_last_first() {
    let lab = Lab::open().await;
    lab.script.plan("b", [Plan::Fail(&codes::PRECONDITION)]);
    let run = lab.start().await;
    let snapshot = lab.still(run, RunState::has_ended).await;
    assert_eq!(lab.script.log(), ["do a", "record a", "do b", "undo b", "undo a"]);
    let failure = snapshot.failure().unwrap();
    assert_eq!((failure.code.as_str(), failure.message.as_str()), (codes::PRECONDITION.name, "as planned"));
    assert_eq!(failure.to_error().kind(), codes::PRECONDITION.kind);
    assert_eq!(snapshot.data.visited, ["a", "not b", "not a"], "what the failed attempt changed is gone");
    assert!(!snapshot.recorded("a"));
    assert!(lab.marks(run).await.is_empty());
    let keys = lab.script.keys();
    assert_eq!(keys[1], keys[2], "the undo goes by the key of the step");
    assert_eq!(
        short(&lab.journal(run).await),
        ["started", "done a", "turned back b", "undone b", "undone a"]
    );
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_temporary_failure_is_tried_again_so_often_and_then_turns_back() {
    let lab = Lab::open().await;
    lab.script.plan("a", [Plan::Fail(&codes::UNAVAILABLE), Plan::Fail(&codes::UNAVAILABLE)]);
    let run = lab.start().await;
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    assert_eq!(lab.script.count("do a"), 3);
    let journal = lab.journal(run).await;
    assert_eq!(journal[1].kind, JournalKind::Failed);
    assert_eq!(journal[1].failure().unwrap().code, codes::UNAVAILABLE.name);
    assert!(journal[2].at > journal[1].at, "it paused between");

    lab.script.plan("a", [1, 2, 3].map(|_| Plan::Fail(&codes::UNAVAILABLE)));
    let run = lab.start().await;
    assert!(matches!(lab.settle(run).await.state, RunState::Undone(_)));
    assert_eq!(lab.script.count("do a"), 6);
    assert_eq!(lab.script.count("undo a"), 1);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_pivot_that_does_not_answer_is_asked_until_it_does() {
    let lab = Lab::open().await;
    lab.script.plan("c", [1, 2, 3, 4].map(|_| Plan::Fail(&codes::DEADLINE)));
    let run = lab.start().await;
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    assert_eq!(lab.script.count("do c"), 5, "more often than a step before it, which would have turned back");
    assert_eq!(lab.script.count("undo c"), 0);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_pivot_that_refuses_after_a_time_out_has_not_happened() {
    let lab = Lab::open().await;
    lab.script.plan("c", [Plan::Fail(&codes::DEADLINE), Plan::Fail(&codes::PRECONDITION)]);
    let run = lab.start().await;
    assert!(matches!(lab.settle(run).await.state, RunState::Undone(_)));
    assert_eq!(lab.script.count("undo a"), 1);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_pivot_in_doubt_is_parked_and_never_undone() {
    let lab = Lab::open().await;
    lab.script.plan("c", [1, 2, 3, 4, 5].map(|_| Plan::Fail(&codes::DEADLINE)));
    let run = lab.start().await;
    let RunState::Parked { reason } = lab.settle(run).await.state else { panic!("it is not parked") };
    assert!(reason.contains("c failed at attempt 5") && reason.contains(codes::DEADLINE.name), "{reason}");
    assert_eq!(lab.script.count("undo c") + lab.script.count("undo a"), 0);
    lab.resume(run).await.unwrap();
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    lab.engine.stop().await;
}

#[tokio::test]
async fn after_the_pivot_it_goes_forward_or_stands_before_a_person() {
    let lab = Lab::open().await;
    lab.script.plan("d", [1, 2, 3, 4].map(|_| Plan::Fail(&codes::UNAVAILABLE)));
    lab.script.plan("e", [Plan::Fail(&codes::PRECONDITION)]);
    let run = lab.start().await;
    assert!(matches!(lab.settle(run).await.state, RunState::Parked { .. }), "a refusal is not tried again");
    assert_eq!((lab.script.count("do d"), lab.script.count("do e")), (5, 1));
    lab.resume(run).await.unwrap();
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    assert!(!lab.script.log().iter().any(|line| line.starts_with("undo")));
    let journal = lab.journal(run).await;
    assert!(journal.iter().any(|entry| entry.kind == JournalKind::Resumed));
    assert_eq!(code(lab.resume(run).await), NOT_PARKED.name);
    lab.engine.stop().await;
}

#[tokio::test]
async fn an_undo_is_tried_again_and_parked_in_the_end() {
    let lab = Lab::open().await;
    lab.script.plan("b", [Plan::Fail(&codes::PRECONDITION)]);
    lab.script.plan("a", [1, 2, 3, 4, 5].map(|_| Plan::UndoFail(&codes::UNAVAILABLE)));
    let run = lab.start().await;
    let RunState::Parked { reason } = lab.settle(run).await.state else { panic!("it is not parked") };
    assert!(reason.starts_with("undo of a failed at attempt 5"), "{reason}");
    lab.resume(run).await.unwrap();
    let RunState::Undone(failure) = lab.settle(run).await.state else { panic!("it is not undone") };
    assert_eq!(failure.code, codes::PRECONDITION.name, "the reason is why it turned back");
    assert_eq!(lab.script.count("undo a"), 6);
    assert_eq!(lab.script.count("undo b"), 1);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_panic_is_an_error_of_the_step_and_of_nobody_else() {
    let lab = Lab::open().await;
    lab.script.plan("b", [Plan::Panic]);
    lab.script.refuse("d", [Refusal::Panic]);
    let run = lab.start().await;
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    assert_eq!((lab.script.count("do b"), lab.script.count("do d")), (2, 2));
    assert_eq!(lab.look(run).await.data.visited, ["a", "b", "c", "d", "e"]);
    let journal = lab.journal(run).await;
    assert_eq!(journal[2].failure().unwrap().code, STEP_PANICKED.name);
    assert_eq!(lab.engine.tasks.counts()["saga.run"].panicked, 0);
    lab.engine.stop().await;
}

#[tokio::test]
async fn an_error_in_the_transaction_is_an_error_of_the_step() {
    let lab = Lab::open().await;
    lab.script.refuse("b", [Refusal::Error(&codes::CONFLICT), Refusal::Error(&codes::PRECONDITION)]);
    let run = lab.start().await;
    assert!(matches!(lab.settle(run).await.state, RunState::Undone(_)));
    let mut log = lab.script.log();
    // A write that shares its transaction runs again when it fails.
    log.dedup();
    assert_eq!(log, ["do a", "record a", "do b", "record b", "do b", "record b", "undo b", "undo a"]);
    assert!(lab.marks(run).await.is_empty());
    lab.engine.stop().await;
}

#[tokio::test]
async fn an_attempt_that_hangs_is_cut_off_and_asked_again_under_its_key() {
    let lab = Lab::open().await;
    lab.script.plan("a", [Plan::Hang]);
    let run = lab.start().await;
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    let keys = lab.script.keys();
    assert_eq!(keys[0], keys[1]);
    let journal = lab.journal(run).await;
    assert_eq!(journal[1].failure().unwrap().code, codes::DEADLINE.name);
    assert!(journal[1].failure().unwrap().outcome_unknown);
    assert!(journal[1].took() >= Duration::from_secs(9), "{:?}", journal[1].took());
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_run_that_does_not_reach_its_pivot_in_time_turns_back() {
    let lab = Lab::open().await;
    let far = lab.test.clock.now() + Duration::from_secs(1_000_000);
    lab.script.plan("b", [Plan::WaitFor("never", far)]);
    let run = lab.start().await;
    lab.still(run, |state| matches!(state, RunState::Waiting { .. })).await;
    lab.test.manual.advance(Duration::from_secs(3_590));
    lab.pass(9).await;
    assert!(matches!(lab.look(run).await.state, RunState::Waiting { .. }));
    lab.pass(1).await;
    let RunState::Undone(failure) = lab.still(run, RunState::has_ended).await.state else {
        panic!("not undone")
    };
    assert_eq!(failure.code, TIMED_OUT.name);
    lab.engine.stop().await;
}

#[tokio::test]
async fn after_the_pivot_no_time_limit_turns_it_back() {
    let lab = Lab::open().await;
    let far = lab.test.clock.now() + Duration::from_secs(7_200);
    lab.script.plan("d", [Plan::WaitFor("never", far)]);
    let run = lab.start().await;
    lab.still(run, |state| matches!(state, RunState::Waiting { .. })).await;
    lab.test.manual.advance(Duration::from_secs(7_200));
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_wall_clock_that_steps_back_does_not_make_a_retry_wait_for_it() {
    let lab = Lab::open().await;
    lab.script.plan("a", [Plan::Fail(&codes::UNAVAILABLE)]);
    let run = lab.start().await;
    lab.still(run, |state| matches!(state, RunState::Retrying { .. })).await;
    lab.test.manual.set_wall(lab.test.clock.now() - Duration::from_secs(7_200));
    lab.pass(3).await;
    assert_eq!(lab.still(run, RunState::has_ended).await.state, RunState::Done);
    assert_eq!(lab.script.count("do a"), 2);
    lab.engine.stop().await;
}
