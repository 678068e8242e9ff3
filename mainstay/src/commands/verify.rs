//! `mainstay verify`: the suites that every engine must pass, run here against what the configuration chose.

mod suites;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use mainstay_conformance::Case;
use mainstay_core::{Clock, Result, Stopwatch, codes};
use mainstay_host::{Engines, Host};
use mainstay_sql::Capabilities;

use self::suites::Place;
use crate::commands::Global;
use crate::output::{self, Cell, Format, Table, Tone};
use crate::shop;

/// Prove on this machine that the configured engines keep their promises.
///
/// Everything happens in a temporary place in the data folder, on the same disk; no data of the installation is
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
        let folder = temporary(&settings.process.data)?;
        let place = Place::new(engines, &settings, folder.path())?;

        let opened = place.open()?;
        if !self.json {
            tell_capabilities(&settings.database.url, opened.capabilities());
        }
        opened.close().await;

        // Suites panic on purpose, to see what becomes of the rest; what is wrong stands in the table.
        std::panic::set_hook(Box::new(|_| {}));
        let mut cases = place.cases(&settings)?;
        cases.retain(|case| self.filter.as_ref().is_none_or(|filter| case.name.contains(filter.as_str())));
        self.run_all(cases).await
    }

    async fn run_all(&self, cases: Vec<Case>) -> Result<ExitCode> {
        let mut table = Table::new(&["promise", "kept", "ms", "found"]);
        let (mut kept, mut broken) = (0_u32, 0_u32);
        let progress = Progress::new(cases.len());
        for (number, case) in cases.into_iter().enumerate() {
            let name = case.name.clone();
            progress.show(number, &name);
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
        progress.clear();
        table.print(Format::of(self.json), "no promise contains that");
        output::note(&format!("\n{kept} promises kept, {broken} broken"));
        Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn tell_capabilities(url: &str, can: Capabilities) {
    let Capabilities { several_processes, step_limit, plans } = can;
    let engine = url.split(':').next().unwrap_or_default();
    let word = |yes: bool| if yes { "yes" } else { "no" };
    output::note(&format!(
        "{engine}: several processes at once: {}; stops work that takes too long: {}; explains statements: {}\n",
        word(several_processes),
        word(step_limit),
        word(plans),
    ));
}

/// On the disk of the data folder, since it is that disk whose syncs are to be proven.
fn temporary(data: &Path) -> Result<tempfile::TempDir> {
    let unusable = |error: std::io::Error| {
        codes::PRECONDITION.error(format!("no temporary folder can be made in {}: {error}", data.display()))
    };
    mainstay_host::prepare_folder(data)?;
    tempfile::Builder::new().prefix("verify-").tempdir_in(data).map_err(unusable)
}

/// One line that says what is being tried, where a terminal shows it.
struct Progress {
    total: usize,
    shown: bool,
}

impl Progress {
    fn new(total: usize) -> Self {
        Self { total, shown: std::io::stderr().is_terminal() }
    }

    fn show(&self, number: usize, name: &str) {
        if self.shown {
            let mut stderr = std::io::stderr().lock();
            // Clears the line and writes it anew; a line that cannot be written is not missed.
            let _ =
                write!(stderr, "\r\x1b[2K{}/{} {name}", number + 1, self.total).and_then(|()| stderr.flush());
        }
    }

    fn clear(&self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}
