//! `mainstay sagas`: runs that span services, looked at and resumed.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use mainstay_core::{Id, Result};
use mainstay_host::{Engines, Opened};
use mainstay_workflow::codes::UNKNOWN_RUN;
use mainstay_workflow::saga::Note;
use mainstay_workflow::{Filter, RunKind, RunState, RunStatus, Sagas as Runs};

use crate::commands::{Global, operator};
use crate::output::{self, Cell, Format, Table, Tone};

/// Runs that one listing shows; more are reached with --before.
const ROWS_MAX: u32 = 200;

/// Look at sagas; resume parked ones.
#[derive(Debug, Subcommand)]
pub enum Sagas {
    /// List runs, the youngest first
    List(List),
    /// Show what happened to one run, step by step
    Inspect(Inspect),
    /// Let a parked run go on where it stands
    Resume(Resume),
}

/// List runs, the youngest first.
#[derive(Debug, Args)]
pub struct List {
    /// Services such as shop/orders; all when none is named
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Only runs that wait for a person
    #[arg(long, conflicts_with = "all")]
    parked: bool,
    /// Runs that have ended too
    #[arg(long)]
    all: bool,
    /// Runs that were started before this one
    #[arg(long, value_name = "RUN")]
    before: Option<Id<RunKind>>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Show what happened to one run, step by step.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The run's service, such as shop/orders
    #[arg(value_name = "SERVICE")]
    service: String,
    /// The run, as `sagas list` shows it
    #[arg(value_name = "RUN")]
    run: Id<RunKind>,
    /// With the state after each step
    #[arg(long)]
    states: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Let a parked run go on where it stands.
#[derive(Debug, Args)]
pub struct Resume {
    /// The run's service, such as shop/orders
    #[arg(value_name = "SERVICE")]
    service: String,
    /// The run, as `sagas list --parked` shows it
    #[arg(value_name = "RUN")]
    run: Id<RunKind>,
}

impl Sagas {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        match self {
            Self::List(list) => list.run(global, engines).await?,
            Self::Inspect(inspect) => inspect.run(global, engines).await?,
            Self::Resume(resume) => resume.run(global, engines).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(self, global: &Global, engines: Engines) -> Result<()> {
        let filter = match (self.parked, self.all) {
            (true, _) => Filter::Parked,
            (false, true) => Filter::All,
            (false, false) => Filter::Open,
        };
        let before = self.before;
        let mut table =
            Table::new(&["service", "run", "saga", "version", "state", "started", "ended", "for", "why"]);
        for opened in operator::ready(global, engines, &self.services).await? {
            let Some(sagas) = opened.sagas.clone() else { continue };
            let runs = opened
                .database
                .read(&operator::context(), move |view| sagas.list(view, filter, before, ROWS_MAX))
                .await?;
            for run in runs {
                table.row(run_cells(opened.name, run));
            }
        }
        table.print(Format::of(self.json), "no saga is so");
        Ok(())
    }
}

fn run_cells(service: &str, run: RunStatus) -> [Cell; 9] {
    let (state, why) = state(&run.state);
    [
        Cell::text(service),
        Cell::text(run.run.to_string()),
        Cell::text(run.name),
        Cell::number(run.version),
        state,
        Cell::text(run.started_at.to_string()),
        Cell::optional(run.ended_at.map(|at| at.to_string())),
        Cell::text(run.principal),
        Cell::optional(why),
    ]
}

fn state(state: &RunState) -> (Cell, Option<String>) {
    match state {
        RunState::Running => (Cell::text("running"), None),
        RunState::Waiting { signal, until } => {
            (Cell::text("waiting"), Some(format!("for {signal} until {until}")))
        }
        RunState::Retrying { at } => (Cell::text("retrying"), Some(format!("at {at}"))),
        RunState::Undoing(failure) => (Cell::text("undoing"), Some(failure.message.clone())),
        RunState::Done => (Cell::text("done").tone(Tone::Good), None),
        RunState::Undone(failure) => (Cell::text("undone"), Some(failure.message.clone())),
        RunState::Parked { reason } => (Cell::text("parked").tone(Tone::Bad), Some(reason.clone())),
    }
}

impl Inspect {
    async fn run(self, global: &Global, engines: Engines) -> Result<()> {
        let (opened, sagas) = with_sagas(global, engines, &self.service, self.run).await?;
        let run = self.run;
        let (status, journal) = opened
            .database
            .read(&operator::context(), move |view| Ok((sagas.status(view, run)?, sagas.journal(view, run)?)))
            .await?;
        let status = status.ok_or_else(|| unknown(run))?;
        if !self.json {
            let (state, why) = state(&status.state);
            let why = why.map(|why| format!(", {why}")).unwrap_or_default();
            output::note(&format!(
                "{} v{} for {}: {}{why}\n",
                status.name,
                status.version,
                status.principal,
                state.shown()
            ));
        }
        let mut table = Table::new(&["step", "what", "attempt", "at", "took ms", "note"]);
        let mut with_states = Table::new(&["step", "what", "attempt", "at", "took ms", "note", "state"]);
        for entry in journal {
            let took = entry.took().as_millis();
            let cells = vec![
                Cell::text(entry.step),
                Cell::text(entry.kind.name()),
                Cell::number(entry.attempt),
                Cell::text(entry.at.to_string()),
                Cell::number(i64::try_from(took).unwrap_or(i64::MAX)),
                Cell::optional(entry.note.as_ref().map(said)),
            ];
            if self.states {
                with_states.row(cells.into_iter().chain([Cell::optional(entry.state)]));
            } else {
                table.row(cells);
            }
        }
        let table = if self.states { with_states } else { table };
        table.print(Format::of(self.json), "the run has no journal");
        Ok(())
    }
}

fn said(note: &Note) -> String {
    match note {
        Note::Failure(failure) => format!("{}: {}", failure.code, failure.message),
        Note::Wait { signal, until } => format!("for {signal} until {until}"),
        Note::Reason(reason) => reason.clone(),
    }
}

impl Resume {
    async fn run(self, global: &Global, engines: Engines) -> Result<()> {
        let (opened, sagas) = with_sagas(global, engines, &self.service, self.run).await?;
        let run = self.run;
        let audit = opened.audit;
        let work = move |tx: &mainstay_sql::Tx<'_>| {
            sagas.resume(tx, run)?;
            operator::record(&audit, tx, "saga.resume", run.to_string(), &())
        };
        opened.database.write(&operator::context(), work).await?;
        output::note(&format!("{run} goes on"));
        Ok(())
    }
}

async fn with_sagas(
    global: &Global,
    engines: Engines,
    service: &str,
    run: Id<RunKind>,
) -> Result<(Opened, Runs)> {
    let opened = operator::ready_one(global, engines, service).await?;
    let sagas = opened.sagas.clone().ok_or_else(|| unknown(run))?;
    Ok((opened, sagas))
}

fn unknown(run: Id<RunKind>) -> mainstay_core::Error {
    UNKNOWN_RUN.error(format!("there is no run {run}"))
}
