//! Runs a saga through everything that can happen to it: each step repeated, refused, lost, broken down; each undo
//! repeated and lost; actions that arrive after their undo; and death at each step, on the way forward and back.
//!
//! A service describes the [`World`] that its saga acts on, with peers that are fakes or real, and says what must hold
//! when a run has ended. The [`Harness`] makes a fresh world and database for each scenario. A saga that was not run
//! through it does not pass: [`assert_covered`] compares what a service registers with the reports.

mod drive;
mod fault;
mod process;
mod scenario;
mod world;

use std::fmt::Write as _;

use mainstay_workflow::Sagas;

pub use self::world::World;

/// Runs the saga of one kind of world.
pub struct Harness<F>(F);

/// That a definition went through the harness, and how.
#[derive(Clone, Debug)]
pub struct Report {
    pub name: &'static str,
    pub version: u32,
    /// See [`mainstay_workflow::Definition::shape`].
    pub shape: String,
    /// What was tried, in words.
    pub scenarios: Vec<String>,
}

impl<W: World, F: Fn() -> W> Harness<F> {
    /// `fresh` makes a world in which nothing has happened yet.
    pub fn new(fresh: F) -> Self {
        Self(fresh)
    }

    /// Runs every scenario.
    ///
    /// # Panics
    /// When any of them does not end as it should, or what the world checks does not hold; the message names them all.
    pub async fn run(&self) -> Report {
        let (report, scenarios) = scenario::all(&(self.0)()).await;
        let mut failures = String::new();
        for scenario in &scenarios {
            if let Err(what) = drive::play((self.0)(), scenario).await {
                // Writing to a string cannot fail.
                let _ = write!(failures, "\n- {}: {what}", scenario.name);
            }
        }
        assert!(failures.is_empty(), "the saga {} v{} does not hold:{failures}", report.name, report.version);
        report
    }
}

/// Asserts that each definition that a service registers went through the harness as it is now.
///
/// # Panics
/// With the names of those that did not.
pub fn assert_covered(sagas: &Sagas, reports: &[Report]) {
    let missing: Vec<String> = sagas
        .definitions()
        .into_iter()
        .filter(|(name, version, shape)| {
            !reports.iter().any(|one| (one.name, one.version, &one.shape) == (*name, *version, shape))
        })
        .map(|(name, version, shape)| format!("{name} v{version} ({shape})"))
        .collect();
    assert!(missing.is_empty(), "sagas that no harness ran: {}", missing.join(", "));
}
