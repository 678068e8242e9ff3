//! Steps that only record ride along with the step before them.

use mainstay_core::codes;
use mainstay_workflow::RunState;

use crate::lab::{Lab, Refusal, short};
use crate::sharing::recording;

#[tokio::test]
async fn they_take_no_write_of_their_own() {
    let (lab, run, snapshot, commits) = Lab::counted(recording).await;
    assert_eq!(commits, 3, "the start, a with b, and c with d and e");
    assert_eq!(snapshot.state, RunState::Done);
    assert_eq!(snapshot.data.visited, ["a", "b", "c", "d", "e"]);
    assert_eq!(lab.marks(run).await, ["a", "b", "c", "d", "e"]);
    let journal = lab.journal(run).await;
    assert_eq!(short(&journal), ["started", "done a", "done b", "done c", "done d", "done e"]);
    assert!(
        journal.iter().skip(1).all(|entry| entry.state.is_some()),
        "each entry has the state after its step"
    );
    lab.engine.stop().await;
}

#[tokio::test]
async fn one_that_is_refused_does_not_take_the_step_before_it_along() {
    let lab = Lab::defined(recording).await;
    // In the write of c, in its own with e, and alone.
    lab.script.refuse("d", [Refusal::Error(&codes::UNAVAILABLE)]);
    let run = lab.start().await;
    let snapshot = lab.settle(run).await;
    assert_eq!(snapshot.state, RunState::Done);
    assert_eq!(snapshot.data.visited, ["a", "b", "c", "d", "e"]);
    assert_eq!(lab.script.count("do c"), 1, "c is not asked again for d's sake");
    let journal = short(&lab.journal(run).await);
    assert_eq!(journal, ["started", "done a", "done b", "done c", "failed d", "done d", "done e"]);
    assert_eq!(lab.marks(run).await, ["a", "b", "c", "d", "e"]);
    lab.engine.stop().await;
}

#[tokio::test]
async fn one_that_is_refused_for_good_before_the_pivot_turns_the_run_back() {
    let lab = Lab::defined(recording).await;
    // In the write of a, and in its own.
    lab.script.refuse("b", [Refusal::Error(&codes::PRECONDITION)]);
    let run = lab.start().await;
    let snapshot = lab.settle(run).await;
    assert!(matches!(snapshot.state, RunState::Undone(_)), "{:?}", snapshot.state);
    assert_eq!(lab.script.count("undo a"), 1);
    assert!(lab.marks(run).await.is_empty());
    let journal = short(&lab.journal(run).await);
    assert_eq!(journal, ["started", "done a", "turned back b", "undone b", "undone a"]);
    lab.engine.stop().await;
}
