//! `mainstay verify`: the suites that every engine must pass, run here against what the configuration chose.

use std::process::ExitCode;

use clap::Args;
use mainstay_conformance::{Case, rpc, sql};
use mainstay_core::{Clock, Result, Stopwatch, codes};
use mainstay_host::{Engines, Host};
use mainstay_sql::{Capabilities, Metrics};

use crate::commands::Global;
use crate::output::{self, Cell, Format, Table, Tone};
use crate::shop;

/// Prove on this machine that the configured engines keep their promises.
///
/// Everything happens in a temporary place beside the data folder, on the same disk; no data of the installation is
/// touched.
#[derive(Debug, Args)]
pub struct Verify {
    /// Only promises that contain this
    filter: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let host =
            shop::mount(Host::new(global.configuration(&[])?, engines.clone(), Clock::system())).check()?;
        let settings = host.settings()?;
        let place = temporary(&settings.process.data)?;
        let engine = engines.database_engine(&settings.database.url)?;
        let url = format!("{}:{}", engine.scheme(), place.path().display());

        let opened = engines.open_database(&url, "verify", &Clock::system(), &Metrics::unregistered())?;
        self.tell_capabilities(engine.scheme(), opened.capabilities());
        opened.close().await;

        let mut cases = sql::cases(engine, &url);
        cases.extend(rpc::Transport::ALL.into_iter().flat_map(rpc::cases));
        cases.retain(|case| self.filter.as_ref().is_none_or(|filter| case.name.contains(filter.as_str())));
        self.run_all(cases).await
    }

    fn tell_capabilities(&self, engine: &str, can: Capabilities) {
        let Capabilities { several_processes, step_limit, plans } = can;
        if self.json {
            return;
        }
        let word = |yes: bool| if yes { "yes" } else { "no" };
        output::note(&format!(
            "{engine}: several processes at once {}; work that takes too long is stopped {}; plans of statements {}\n",
            word(several_processes),
            word(step_limit),
            word(plans),
        ));
    }

    async fn run_all(&self, cases: Vec<Case>) -> Result<ExitCode> {
        let mut table = Table::new(&["promise", "kept", "ms", "found"]);
        let (mut kept, mut broken) = (0_u32, 0_u32);
        for case in cases {
            let name = case.name.clone();
            let watch = Stopwatch::start();
            let outcome = case.run().await;
            let took = i64::try_from(watch.elapsed().as_millis()).unwrap_or(i64::MAX);
            let (word, found) = match outcome {
                Ok(()) => {
                    kept += 1;
                    (Cell::text("yes").tone(Tone::Good), Cell::absent())
                }
                Err(found) => {
                    broken += 1;
                    (Cell::text("no").tone(Tone::Bad), Cell::text(found))
                }
            };
            table.row([Cell::text(name), word, Cell::number(took), found]);
        }
        table.print(Format::of(self.json), "no promise contains that");
        output::note(&format!("\n{kept} promises kept, {broken} broken"));
        Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// On the disk of the data folder, since it is that disk whose syncs are to be proven.
fn temporary(data: &std::path::Path) -> Result<tempfile::TempDir> {
    let unusable = |error: std::io::Error| {
        codes::PRECONDITION.error(format!("no temporary folder can be made in {}: {error}", data.display()))
    };
    std::fs::create_dir_all(data).map_err(unusable)?;
    tempfile::Builder::new().prefix("verify-").tempdir_in(data).map_err(unusable)
}
