//! `mainstay doctor`: the production checklist against a running system.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;
use mainstay_core::{Clock, Result, codes};
use mainstay_host::{Engines, Host};
use mainstay_secrets::Secret;

use crate::commands::Global;
use crate::doctor::{Running, Target, Verdict, examine};
use crate::listener::Listener;
use crate::output::{self, Cell, Format, Table, Tone};
use crate::shop;

/// Something is bad.
const BAD: u8 = 2;
/// Nothing is bad, and something wants a look.
const LOOK: u8 = 1;

/// Go through the production checklist against a running system, with evidence for each line.
///
/// Ends with 0 when nothing is wrong, 1 when something wants a look, 2 when something is bad. A line that could not be
/// checked says why and counts as neither.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Where the system listens for the public, instead of http.listen
    #[arg(long, value_name = "ADDRESS")]
    at: Option<SocketAddr>,
    /// Where it listens for operators, instead of http.admin.listen
    #[arg(long, value_name = "ADDRESS")]
    operators: Option<SocketAddr>,
    /// Also make the check that takes as long as a time-out
    #[arg(long)]
    patient: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let running =
            Running::ask(target(global, engines, self.at, self.operators)?, Clock::system()).await?;
        let lines = examine(&running, self.patient).await;
        let worst = lines.iter().map(|line| line.verdict).max().unwrap_or(Verdict::NotChecked);
        if self.json {
            let text: Vec<String> =
                lines.iter().map(|line| format!("{}\n", serde_json::json!(line))).collect();
            output::data(&text.concat());
        } else {
            let mut table = Table::new(&["check", "verdict", "evidence", "fix"]);
            for line in &lines {
                let verdict = match line.verdict {
                    Verdict::Good => Cell::text("good").tone(Tone::Good),
                    Verdict::NotChecked => Cell::text("not checked").tone(Tone::Quiet),
                    Verdict::Look => Cell::text("look"),
                    Verdict::Bad => Cell::text("bad").tone(Tone::Bad),
                };
                let fix = line.fix.filter(|_| line.verdict > Verdict::NotChecked);
                table.row([
                    Cell::text(line.check),
                    verdict,
                    Cell::text(&*line.evidence),
                    Cell::optional(fix),
                ]);
            }
            table.print(Format::Table, "");
            output::note("\ndocs/doctor.md says how each line is found out");
        }
        Ok(match worst {
            Verdict::Good | Verdict::NotChecked => ExitCode::SUCCESS,
            Verdict::Look => ExitCode::from(LOOK),
            Verdict::Bad => ExitCode::from(BAD),
        })
    }
}

/// Where the system of this configuration is.
pub fn target(
    global: &Global,
    engines: Engines,
    at: Option<SocketAddr>,
    operators: Option<SocketAddr>,
) -> Result<Target> {
    let host = shop::mount(Host::new(global.configuration(&[])?, engines, Clock::system())).check()?;
    let http = host.settings()?.http;
    let file = &http.admin.token_file;
    let token = if file.as_os_str().is_empty() {
        None
    } else {
        let unreadable = |error| {
            codes::PRECONDITION
                .because(format!("the operators' token in {} cannot be read", file.display()), error)
        };
        Some(Secret::new(std::fs::read_to_string(file).map_err(unreadable)?.trim().to_owned()))
    };
    Ok(Target {
        public: Listener::of(&http, at.unwrap_or(http.listen))?,
        operators: operators.map_or_else(|| http.admin_address(), Ok)?,
        token,
    })
}
