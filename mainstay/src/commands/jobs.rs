//! `mainstay jobs`: background jobs and schedules, looked at and decided on.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use mainstay_core::{Id, Result};
use mainstay_host::Engines;
use mainstay_jobs::inspect::{self, JobRow, JobState};
use mainstay_jobs::{JobKind, codes};

use crate::commands::{Global, operator};
use crate::output::{self, Cell, Format, Table, Tone};

/// Jobs that one listing shows; more are reached with --after.
const ROWS_MAX: u32 = 200;

/// Look at background jobs; run dead ones again.
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// Count the jobs that wait, run or are dead, by kind
    Counts(Scope),
    /// List the jobs of a service that are in one state
    List(List),
    /// Show everything that is known about one job
    Inspect(Inspect),
    /// Queue a dead job again, due now
    Retry(One),
    /// Delete a dead job for good; it is printed first
    Discard(One),
    /// List schedules and when they fire next
    Schedules(Scope),
}

/// Which services.
#[derive(Debug, Args)]
pub struct Scope {
    /// Services such as shop/orders; all when none is named
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// List the jobs of a service that are in one state.
#[derive(Debug, Args)]
pub struct List {
    /// The service, such as shop/notifications
    #[arg(value_name = "SERVICE")]
    service: String,
    /// The state
    #[arg(long, value_enum, default_value = "dead")]
    state: State,
    /// Go on after this job
    #[arg(long, value_name = "JOB")]
    after: Option<Id<JobKind>>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Show everything that is known about one job.
#[derive(Debug, Args)]
pub struct Inspect {
    #[command(flatten)]
    one: One,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// One job.
#[derive(Debug, Args)]
pub struct One {
    /// The job's service, such as shop/notifications
    #[arg(value_name = "SERVICE")]
    service: String,
    /// The job, as `jobs list` shows it
    #[arg(value_name = "JOB")]
    job: Id<JobKind>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    /// Waits until it is due
    Queued,
    /// Runs now
    Running,
    /// Ended well, and not longer ago than retention.jobs_days
    Done,
    /// Given up; waits for a person
    Dead,
}

impl From<State> for JobState {
    fn from(state: State) -> Self {
        match state {
            State::Queued => Self::Queued,
            State::Running => Self::Running,
            State::Done => Self::Done,
            State::Dead => Self::Dead,
        }
    }
}

impl Jobs {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        match self {
            Self::Counts(scope) => scope.counts(global, engines).await?,
            Self::List(list) => list.run(global, engines).await?,
            Self::Inspect(inspect) => inspect.run(global, engines).await?,
            Self::Retry(one) => one.retry(global, engines).await?,
            Self::Discard(one) => one.discard(global, engines).await?,
            Self::Schedules(scope) => scope.schedules(global, engines).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Scope {
    async fn counts(self, global: &Global, engines: Engines) -> Result<()> {
        let mut table = Table::new(&["service", "kind", "state", "jobs"]);
        for opened in operator::ready(global, engines, &self.services).await? {
            for count in opened.database.read(&operator::context(), inspect::counts).await? {
                table.row([
                    Cell::text(opened.name),
                    Cell::text(count.kind),
                    state(count.state),
                    Cell::number(i64::try_from(count.count).unwrap_or(i64::MAX)),
                ]);
            }
        }
        table.print(Format::of(self.json), "no job waits, runs or is dead");
        Ok(())
    }

    async fn schedules(self, global: &Global, engines: Engines) -> Result<()> {
        let mut table = Table::new(&["service", "schedule", "pattern", "next", "last"]);
        for opened in operator::ready(global, engines, &self.services).await? {
            for row in opened.database.read(&operator::context(), inspect::schedules).await? {
                table.row([
                    Cell::text(opened.name),
                    Cell::text(row.name),
                    Cell::text(row.pattern),
                    Cell::text(row.next_at.to_string()),
                    Cell::optional(row.last_at.map(|at| at.to_string())),
                ]);
            }
        }
        table.print(Format::of(self.json), "no schedule has run yet");
        Ok(())
    }
}

impl List {
    async fn run(self, global: &Global, engines: Engines) -> Result<()> {
        let opened = operator::ready_one(global, engines, &self.service).await?;
        let (wanted, after) = (self.state.into(), self.after);
        let jobs = opened
            .database
            .read(&operator::context(), move |view| inspect::list(view, wanted, after, ROWS_MAX))
            .await?;
        let mut table = Table::new(&["job", "kind", "state", "attempts", "due", "enqueued", "code"]);
        for job in jobs {
            table.row([
                Cell::text(job.id.to_string()),
                Cell::text(job.kind),
                state(job.state),
                Cell::number(job.attempts),
                Cell::text(job.due_at.to_string()),
                Cell::text(job.enqueued_at.to_string()),
                Cell::optional(job.code),
            ]);
        }
        table.print(Format::of(self.json), "no job is in that state");
        Ok(())
    }
}

impl Inspect {
    async fn run(self, global: &Global, engines: Engines) -> Result<()> {
        let opened = operator::ready_one(global, engines, &self.one.service).await?;
        let id = self.one.job;
        let found = opened.database.read(&operator::context(), move |view| inspect::get(view, id)).await?;
        let job = found.ok_or_else(|| codes::NO_SUCH_JOB.error(format!("there is no job {id}")))?;
        if self.json {
            print_whole(&job);
            return Ok(());
        }
        let mut table = Table::new(&["what", "value"]);
        let mut line = |what: &str, value: Cell| table.row([Cell::text(what).tone(Tone::Quiet), value]);
        line("job", Cell::text(job.id.to_string()));
        line("kind", Cell::text(job.kind));
        line("state", state(job.state));
        line("attempts", Cell::number(job.attempts));
        line("enqueued", Cell::text(job.enqueued_at.to_string()));
        line("due", Cell::text(job.due_at.to_string()));
        line("ended", Cell::optional(job.ended_at.map(|at| at.to_string())));
        line("unique key", Cell::optional(job.unique_key));
        line("runs as", Cell::text(job.principal));
        line("code", Cell::optional(job.code));
        line("reason", Cell::optional(job.reason));
        line("payload", Cell::text(job.payload));
        table.print(Format::Table, "");
        Ok(())
    }
}

impl One {
    async fn retry(self, global: &Global, engines: Engines) -> Result<()> {
        let opened = operator::ready_one(global, engines, &self.service).await?;
        let id = self.job;
        let audit = opened.audit;
        let work = move |tx: &mainstay_sql::Tx<'_>| {
            inspect::retry(tx, id)?;
            operator::record(&audit, tx, "job.retry", id.to_string(), &())
        };
        opened.database.write(&operator::context(), work).await?;
        output::note(&format!("{id} is queued again"));
        Ok(())
    }

    async fn discard(self, global: &Global, engines: Engines) -> Result<()> {
        let opened = operator::ready_one(global, engines, &self.service).await?;
        let id = self.job;
        let audit = opened.audit;
        let work = move |tx: &mainstay_sql::Tx<'_>| {
            let job = inspect::discard(tx, id)?;
            operator::record(&audit, tx, "job.discard", id.to_string(), &job.kind)?;
            Ok(job)
        };
        let job = opened.database.write(&operator::context(), work).await?;
        print_whole(&job);
        Ok(())
    }
}

fn print_whole(job: &JobRow) {
    output::data(&format!("{}\n", serde_json::json!(job)));
}

fn state(state: JobState) -> Cell {
    match state {
        JobState::Queued => Cell::text("queued"),
        JobState::Running => Cell::text("running"),
        JobState::Done => Cell::text("done").tone(Tone::Good),
        JobState::Dead => Cell::text("dead").tone(Tone::Bad),
    }
}
