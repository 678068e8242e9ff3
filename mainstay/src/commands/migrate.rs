//! `mainstay migrate`: the schema of the services' databases, looked at and changed without starting a service.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use mainstay_core::Result;
use mainstay_sql::MigrationState;

use crate::commands::{Global, operator};
use crate::output::{self, Cell, Format, Table, Tone};
use mainstay_host::Engines;

/// Look at and change the schema of the services' databases.
#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// List every migration and whether it is applied
    Status(Status),
    /// Apply what is pending; a start does the same
    Up(Up),
    /// Take back what was applied after a version
    Down(Down),
}

/// List every migration and whether it is applied.
#[derive(Debug, Args)]
pub struct Status {
    /// Services such as shop/orders; all when none is named
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Apply what is pending.
#[derive(Debug, Args)]
pub struct Up {
    /// Services such as shop/orders; all when none is named
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
}

/// Take back what was applied after a version.
#[derive(Debug, Args)]
pub struct Down {
    /// The service, such as shop/orders
    #[arg(value_name = "SERVICE")]
    service: String,
    /// The list of migrations, as `migrate status` names it
    #[arg(long)]
    module: String,
    /// The version to go back to; 0 takes everything back, rows included
    #[arg(long, value_name = "VERSION")]
    to: u32,
}

impl Migrate {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        match self {
            Self::Status(status) => status.run(global, engines).await,
            Self::Up(up) => up.run(global, engines).await,
            Self::Down(down) => down.run(global, engines).await,
        }
    }
}

impl Status {
    async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let mut table = Table::new(&["service", "module", "version", "name", "state", "applied"]);
        let mut in_order = true;
        for opened in operator::look(global, engines, &self.services)? {
            for line in opened.database.migration_status(&opened.migrations).await? {
                let (state, applied, tone) = match line.state {
                    MigrationState::Applied(at) => ("applied", Some(at), Tone::Good),
                    MigrationState::Pending => ("pending", None, Tone::Plain),
                    MigrationState::Changed(at) => ("changed since", Some(at), Tone::Bad),
                    MigrationState::Unknown(at) => ("of a newer release", Some(at), Tone::Bad),
                };
                in_order &= tone != Tone::Bad;
                table.row([
                    Cell::text(opened.name),
                    Cell::text(line.module),
                    Cell::number(line.version),
                    Cell::text(line.name),
                    Cell::text(state).tone(tone),
                    Cell::optional(applied.map(|at| at.to_string())),
                ]);
            }
            opened.database.close().await;
        }
        table.print(Format::of(self.json), "no service has migrations");
        Ok(if in_order { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl Up {
    async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let mut table = Table::new(&["service", "module", "version", "name"]);
        for opened in operator::make(global, engines, &self.services)? {
            for applied in opened.database.migrate(&opened.migrations).await? {
                table.row([
                    Cell::text(opened.name),
                    Cell::text(applied.module),
                    Cell::number(applied.version),
                    Cell::text(applied.name),
                ]);
            }
            opened.database.close().await;
        }
        table.print(Format::Table, "nothing was pending");
        Ok(ExitCode::SUCCESS)
    }
}

impl Down {
    async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        for opened in operator::look(global, engines, std::slice::from_ref(&self.service))? {
            let set = operator::migration_set(&opened, &self.module)?;
            let taken_back = opened.database.migrate_down(set, self.to).await?;
            for line in &taken_back {
                output::data(&format!("{} {} {} taken back\n", line.module, line.version, line.name));
            }
            if taken_back.is_empty() {
                output::note(&format!(
                    "{} of {} is at version {} already",
                    self.module, opened.name, self.to
                ));
            }
            opened.database.close().await;
        }
        Ok(ExitCode::SUCCESS)
    }
}
