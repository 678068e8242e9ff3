//! `mainstay leases`: who does the background work of which service.

use std::process::ExitCode;

use clap::Args;
use mainstay_core::Result;
use mainstay_host::Engines;
use mainstay_introspection::rows;

use crate::commands::{Global, operator};
use crate::output::{self, Cell, Format, Table, Tone};

/// See who does the background work of which service.
#[derive(Debug, Args)]
pub struct Leases {
    /// Services such as shop/orders; all when none is named
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Leases {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let mut lines = Vec::new();
        for opened in operator::ready(global, engines, &self.services).await? {
            lines.extend(rows::leases(&operator::context(), opened.name, &opened.database).await?);
        }
        if self.json {
            let text: Vec<String> =
                lines.iter().map(|line| format!("{}\n", serde_json::json!(line))).collect();
            output::data(&text.concat());
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = Table::new(&["service", "lease", "held", "fence", "until", "holder"]);
        for line in lines {
            let held = if line.held {
                Cell::text("yes").tone(Tone::Good)
            } else {
                Cell::text("no").tone(Tone::Quiet)
            };
            table.row([
                Cell::text(line.service),
                Cell::text(line.lease),
                held,
                Cell::number(line.fence),
                Cell::text(line.expires_at.to_string()),
                Cell::text(line.holder),
            ]);
        }
        table.print(Format::Table, "no service has ever had a lease");
        Ok(ExitCode::SUCCESS)
    }
}
