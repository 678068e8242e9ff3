//! What is tried, made from the definition's steps.

use mainstay_sql::MigrationSet;

use super::Report;
use super::fault::{Act, Fault, Hit};
use super::world::World;
use crate::TestDatabase;

/// How a run must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    Done,
    Undone,
    /// It is parked first, and done when somebody resumes it.
    DoneByHand,
    /// It is parked on its way back, and undone when somebody resumes it.
    UndoneByHand,
}

/// One run with what happens to it.
pub(super) struct Scenario {
    pub name: String,
    pub hits: Vec<Hit>,
    pub expect: Expect,
    /// After the end, every request arrives once more.
    pub late: bool,
    /// The process dies whenever the run sleeps until a signal or a time, once.
    pub dies_asleep: bool,
}

impl Scenario {
    fn new(name: impl Into<String>, hits: Vec<Hit>, expect: Expect) -> Self {
        Self { name: name.into(), hits, expect, late: false, dies_asleep: false }
    }

    fn late(self) -> Self {
        Self { late: true, ..self }
    }
}

/// Every scenario of a world's saga, and the report to give when they hold.
pub(super) async fn all<W: World>(world: &W) -> (Report, Vec<Scenario>) {
    let test = TestDatabase::open(&migrations(world)).await;
    let definition = world.definition(&test.db);
    let steps: Vec<&'static str> = definition.step_names().collect();
    let pivot = definition.pivot_name().and_then(|pivot| steps.iter().position(|step| *step == pivot));
    let Some(pivot) = pivot else { panic!("the saga {} names no pivot", definition.name()) };
    let scenarios = scenarios(&steps, pivot);
    let report = Report {
        name: definition.name(),
        version: definition.version(),
        shape: definition.shape(),
        scenarios: scenarios.iter().map(|scenario| scenario.name.clone()).collect(),
    };
    (report, scenarios)
}

/// The workflow's tables and the world's own.
pub(super) fn migrations<W: World>(world: &W) -> Vec<MigrationSet> {
    let mut sets = vec![mainstay_workflow::MIGRATIONS];
    sets.extend(world.migrations().into_iter().filter(|set| *set != mainstay_workflow::MIGRATIONS));
    sets
}

fn scenarios(steps: &[&'static str], pivot: usize) -> Vec<Scenario> {
    let asleep = Scenario::new("the process dies while the run sleeps", Vec::new(), Expect::Done);
    let mut all = vec![
        Scenario::new("all goes well", Vec::new(), Expect::Done),
        Scenario::new("every request arrives again after the end", Vec::new(), Expect::Done).late(),
        Scenario { dies_asleep: true, ..asleep },
    ];
    for (place, step) in steps.iter().copied().enumerate() {
        forward(&mut all, step, place <= pivot, place < pivot);
    }
    for step in steps.iter().take(pivot + 1).copied() {
        back(&mut all, step, steps[pivot]);
    }
    all
}

/// What can happen to the doing of a step.
fn forward(all: &mut Vec<Scenario>, step: &'static str, can_turn_back: bool, is_before_pivot: bool) {
    let hits =
        |faults: &[Fault]| faults.iter().map(|fault| Hit { step, act: Act::Do, fault: *fault }).collect();
    for (what, faults) in [
        ("is repeated", &[Fault::Repeat][..]),
        ("is lost once", &[Fault::LoseRequest]),
        ("is done and its answer is lost", &[Fault::LoseAnswer]),
        ("breaks down once", &[Fault::Panic]),
        ("is not begun when the process dies", &[Fault::DieBefore]),
        ("is done and not recorded when the process dies", &[Fault::DieAfter]),
        ("is lost, and the process dies before it is asked again", &[Fault::LoseRequest, Fault::DieBefore]),
        ("is done and not recorded twice", &[Fault::DieAfter, Fault::DieAfter]),
    ] {
        all.push(Scenario::new(format!("{step} {what}"), hits(faults), Expect::Done));
    }
    let refused = if can_turn_back { Expect::Undone } else { Expect::DoneByHand };
    all.push(Scenario::new(format!("{step} is refused"), hits(&[Fault::Refuse]), refused));
    if can_turn_back {
        let faults = hits(&[Fault::LoseRequest, Fault::Refuse]);
        let name = format!("{step} is lost, then refused, and every request arrives after its undo");
        all.push(Scenario::new(name, faults, Expect::Undone).late());
    }
    // The pivot's word is final, so it cannot be done and refused.
    if is_before_pivot {
        let faults = hits(&[Fault::LoseAnswer, Fault::Refuse]);
        let name = format!("{step} is done, its answer is lost, and then it is refused");
        all.push(Scenario::new(name, faults, Expect::Undone).late());
    }
}

/// What can happen to the undoing of a step, when the pivot is refused.
fn back(all: &mut Vec<Scenario>, step: &'static str, pivot: &'static str) {
    for (what, fault, expect) in [
        ("is repeated", Fault::Repeat, Expect::Undone),
        ("is lost once", Fault::LoseRequest, Expect::Undone),
        ("is done and its answer is lost", Fault::LoseAnswer, Expect::Undone),
        ("breaks down once", Fault::Panic, Expect::Undone),
        ("is not begun when the process dies", Fault::DieBefore, Expect::Undone),
        ("is done and not recorded when the process dies", Fault::DieAfter, Expect::Undone),
        ("is refused", Fault::Refuse, Expect::UndoneByHand),
    ] {
        let refusal = Hit { step: pivot, act: Act::Do, fault: Fault::Refuse };
        let hits = vec![refusal, Hit { step, act: Act::Undo, fault }];
        all.push(Scenario::new(format!("the undo of {step} {what}"), hits, expect));
    }
}
