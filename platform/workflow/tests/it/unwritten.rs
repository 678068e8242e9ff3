//! A step that is written with the next one, whatever becomes of that.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::codes;
use mainstay_workflow::RunState;
use tokio::sync::Notify;

use crate::crashes::killed_in;
use crate::lab::{Lab, Plan, Refusal, Script, short};
use crate::sharing::light;

async fn lab() -> Lab {
    Lab::defined(light).await
}

#[tokio::test]
async fn it_takes_no_write_of_its_own() {
    let (lab, run, snapshot, commits) = Lab::counted(light).await;
    assert_eq!(commits, 4, "the start, a with b, c, and d");
    assert_eq!(snapshot.state, RunState::Done);
    assert_eq!(snapshot.data.visited, ["a", "b", "c", "d"]);
    assert_eq!(short(&lab.journal(run).await), ["started", "done a", "done b", "done c", "done d"]);
    lab.engine.stop().await;
}

#[tokio::test]
async fn it_is_written_alone_when_the_next_one_fails() {
    let lab = lab().await;
    lab.script.plan("b", [Plan::Fail(&codes::UNAVAILABLE)]);
    let run = lab.start().await;
    let snapshot = lab.settle(run).await;
    assert_eq!(snapshot.state, RunState::Done);
    assert_eq!(snapshot.data.visited, ["a", "b", "c", "d"]);
    assert_eq!(lab.script.count("do a"), 1);
    let journal = short(&lab.journal(run).await);
    assert_eq!(journal, ["started", "done a", "failed b", "done b", "done c", "done d"]);
    lab.engine.stop().await;
}

#[tokio::test]
async fn it_is_written_alone_when_the_next_one_takes_longer_than_it_was_given_itself() {
    let lab = lab().await;
    lab.script.plan("b", [Plan::Hang]);
    let run = lab.start().await;
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    assert_eq!((lab.script.count("do a"), lab.script.count("do b")), (1, 2));
    let journal = short(&lab.journal(run).await);
    assert_eq!(journal, ["started", "done a", "failed b", "done b", "done c", "done d"]);
    lab.engine.stop().await;
}

#[tokio::test]
async fn both_are_undone_when_what_it_records_is_refused() {
    let lab = lab().await;
    // In the write of both, and alone.
    lab.script.refuse("a", [Refusal::Error(&codes::PRECONDITION)]);
    let run = lab.start().await;
    assert!(matches!(lab.settle(run).await.state, RunState::Undone(_)));
    assert_eq!(short(&lab.journal(run).await), ["started", "turned back b", "undone b", "undone a"]);
    assert!(lab.marks(run).await.is_empty());
    lab.engine.stop().await;
}

#[tokio::test]
async fn it_is_written_alone_when_the_next_one_waits() {
    let lab = lab().await;
    lab.script.plan("b", [Plan::WaitFor("go", lab.test.clock.now() + Duration::from_secs(600))]);
    let run = lab.start().await;
    let waiting = lab.still(run, |state| matches!(state, RunState::Waiting { .. })).await;
    assert_eq!(waiting.data.visited, ["a", "waits at b"]);
    lab.signal(run, "go").await;
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    assert_eq!(lab.script.count("do a"), 1);
    lab.engine.stop().await;
}

#[tokio::test]
async fn both_are_undone_when_the_next_one_is_refused() {
    let refusals: [fn(&Script); 2] = [
        |script| script.plan("b", [Plan::Fail(&codes::PRECONDITION)]),
        |script| script.refuse("b", [Refusal::Error(&codes::PRECONDITION)]),
    ];
    for refuse in refusals {
        let lab = lab().await;
        refuse(&lab.script);
        let run = lab.start().await;
        let snapshot = lab.settle(run).await;
        assert!(matches!(snapshot.state, RunState::Undone(_)), "{:?}", snapshot.state);
        assert_eq!(snapshot.data.visited, ["a", "not b", "not a"]);
        let journal = short(&lab.journal(run).await);
        assert_eq!(journal, ["started", "done a", "turned back b", "undone b", "undone a"]);
        assert!(lab.marks(run).await.is_empty());
        lab.engine.stop().await;
    }
}

#[tokio::test]
async fn one_that_is_refused_itself_is_undone_alone() {
    let lab = lab().await;
    // A run that was started before the engine had the lease might have been somebody else's.
    let first = lab.start().await;
    lab.still(first, RunState::has_ended).await;
    lab.script.plan("a", [Plan::Fail(&codes::PRECONDITION)]);
    let run = lab.start().await;
    assert!(matches!(lab.settle(run).await.state, RunState::Undone(_)));
    assert_eq!(short(&lab.journal(run).await), ["started", "turned back a", "undone a"]);
    assert_eq!(lab.script.count("undo b"), 0, "nobody had come to b");
    lab.engine.stop().await;
}

#[tokio::test]
async fn it_is_asked_again_when_the_process_dies_in_the_next_one() {
    let (lab, runtime, run) = killed_in(light, "b", |_| {}).await;
    let snapshot = lab.settle(run).await;
    assert_eq!(snapshot.state, RunState::Done);
    assert_eq!(snapshot.data.visited, ["a", "b", "c", "d"]);
    assert_eq!((lab.script.count("do a"), lab.script.count("do b")), (2, 2));
    runtime.shutdown_background();
}

#[tokio::test]
async fn the_next_one_is_undone_too_when_it_is_refused_after_the_process_died() {
    let refused = |script: &Script| script.plan("a", [Plan::Fail(&codes::PRECONDITION)]);
    let (lab, runtime, run) = killed_in(light, "b", refused).await;
    assert!(matches!(lab.settle(run).await.state, RunState::Undone(_)));
    assert_eq!(lab.script.log(), ["do a", "do b", "do a", "undo b", "undo a"]);
    assert_eq!(short(&lab.journal(run).await), ["started", "turned back b", "undone b", "undone a"]);
    runtime.shutdown_background();
}

#[tokio::test]
async fn it_is_written_alone_when_time_is_up_before_the_next_one() {
    let lab = lab().await;
    let gate = Arc::new(Notify::new());
    lab.script.plan("a", [Plan::Gate(Arc::clone(&gate))]);
    let run = lab.start().await;
    lab.logged("do a").await;
    // The wall clock alone, or the attempt would be over as well.
    lab.test.manual.set_wall(lab.test.clock.now() + Duration::from_secs(3_600));
    gate.notify_one();
    lab.still(run, |state| matches!(state, RunState::Undoing(_)) || state.has_ended()).await;
    lab.settle(run).await;
    assert_eq!(
        short(&lab.journal(run).await),
        ["started", "done a", "turned back b", "undone b", "undone a"]
    );
    lab.engine.stop().await;
}
