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
}

/// One run with what happens to it.
pub(super) struct Scenario {
    pub name: String,
    pub hits: Vec<Hit>,
    pub expect: Expect,
    /// After the end, every request arrives once more.
    pub late: bool,
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
    let mut all = vec![
        Scenario { name: "all goes well".into(), hits: Vec::new(), expect: Expect::Done, late: false },
        Scenario {
            name: "every request arrives again after the end".into(),
            hits: Vec::new(),
            expect: Expect::Done,
            late: true,
        },
    ];
    for (place, step) in steps.iter().copied().enumerate() {
        let hit = |fault| Hit { step, act: Act::Do, fault };
        let one = |what: &str, fault, expect| Scenario {
            name: format!("{step} {what}"),
            hits: vec![hit(fault)],
            expect,
            late: false,
        };
        all.push(one("is repeated", Fault::Repeat, Expect::Done));
        all.push(one("is lost once", Fault::LoseRequest, Expect::Done));
        all.push(one("is done and its answer is lost", Fault::LoseAnswer, Expect::Done));
        all.push(one("breaks down once", Fault::Panic, Expect::Done));
        all.push(one("is not begun when the process dies", Fault::DieBefore, Expect::Done));
        all.push(one("is done and not recorded when the process dies", Fault::DieAfter, Expect::Done));
        let refused = if place <= pivot { Expect::Undone } else { Expect::DoneByHand };
        all.push(one("is refused", Fault::Refuse, refused));
        if place <= pivot {
            all.push(Scenario {
                name: format!("{step} is lost, then refused, and every request arrives after its undo"),
                hits: vec![hit(Fault::LoseRequest), hit(Fault::Refuse)],
                expect: Expect::Undone,
                late: true,
            });
        }
        // The pivot's word is final, so it cannot be done and refused.
        if place < pivot {
            all.push(Scenario {
                name: format!("{step} is done, its answer is lost, and then it is refused"),
                hits: vec![hit(Fault::LoseAnswer), hit(Fault::Refuse)],
                expect: Expect::Undone,
                late: true,
            });
        }
    }
    let refusal = Hit { step: steps[pivot], act: Act::Do, fault: Fault::Refuse };
    for step in steps.iter().take(pivot + 1).copied() {
        for (what, fault) in [
            ("is repeated", Fault::Repeat),
            ("is lost once", Fault::LoseRequest),
            ("is done and its answer is lost", Fault::LoseAnswer),
            ("breaks down once", Fault::Panic),
            ("is not begun when the process dies", Fault::DieBefore),
            ("is done and not recorded when the process dies", Fault::DieAfter),
        ] {
            all.push(Scenario {
                name: format!("the undo of {step} {what}"),
                hits: vec![refusal, Hit { step, act: Act::Undo, fault }],
                expect: Expect::Undone,
                late: false,
            });
        }
    }
    all
}
