//! `mainstay shop imports`: what came into the shop, and which lines did not.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use mainstay_core::{Context, Id, Result, Timestamp};
use mainstay_host::{Engines, Running};
use mainstay_rpc::{answer, request};
use serde_json::json;
use shop_imports_contracts as wire;
use wire::{ImportsClient, SERVICE};

use super::beside::{self, CALLER};
use crate::commands::Global;
use crate::output::{self, Cell, Format, Table};

/// Look at imports, and at the lines that could not be used.
#[derive(Debug, Subcommand)]
pub enum Imports {
    /// List imports, the youngest first
    List(List),
    /// Show the lines of an import that cannot be used, each with its reason
    Show(Show),
}

/// List imports, the youngest first.
#[derive(Debug, Args)]
pub struct List {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Show the lines of an import that cannot be used, each with its reason.
#[derive(Debug, Args)]
pub struct Show {
    /// The import, as `imports list` shows it
    import: Id<wire::Import>,
    /// Only lines after this one
    #[arg(long, value_name = "LINE", default_value_t = 0)]
    after: u64,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// What the service needs to be mounted here.
const SERVICES: [&str; 4] = [
    SERVICE,
    shop_catalog_contracts::SERVICE,
    shop_pricing_contracts::SERVICE,
    shop_inventory_contracts::SERVICE,
];

/// What people read when there is nothing to list.
const NONE: &str = "there is none";

impl Imports {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        beside::with(global, engines, &SERVICES, |running| async move {
            let printed = match self {
                Self::List(asked) => list(&running, &asked).await,
                Self::Show(show) => faults(&running, &show).await,
            };
            (running, printed)
        })
        .await?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(running: &Running, asked: &List) -> Result<()> {
    let mut client = running.peer(CALLER, SERVICE, ImportsClient::new)?.client();
    let ctx = Context::background(CALLER);
    let found = answer(client.list_imports(request(&ctx, wire::ListImportsRequest {})).await)?.imports;
    let mut table =
        Table::new(&["import", "source", "on error", "state", "lines", "applied", "unusable", "begun"]);
    for import in found {
        let on_error = match import.on_error() {
            wire::OnError::Skip => "skip",
            wire::OnError::Stop => "stop",
            wire::OnError::Unspecified => "-",
        };
        table.row([
            Cell::text(id_of(&import)),
            Cell::text(&import.source),
            Cell::text(on_error),
            Cell::text(&import.state),
            number(import.staged + import.faults),
            number(import.applied),
            number(import.faults),
            Cell::text(Timestamp::from_micros(import.begun_at_micros).to_string()),
        ]);
    }
    table.print(Format::of(asked.json), NONE);
    Ok(())
}

/// All faults, a page after the other: there may be as many as the file has lines.
async fn faults(running: &Running, show: &Show) -> Result<()> {
    let mut client = running.peer(CALLER, SERVICE, ImportsClient::new)?.client();
    let ctx = Context::background(CALLER);
    let mut table = Table::new(&["line", "reason", "detail"]);
    let (mut after_line, format) = (show.after, Format::of(show.json));
    loop {
        let asked = wire::ListFaultsRequest { id: show.import.to_vec(), after_line, limit: 0 };
        let found = answer(client.list_faults(request(&ctx, asked)).await)?.faults;
        let Some(last) = found.last() else { break };
        after_line = last.line;
        for fault in found {
            table.row([number(fault.line), Cell::text(fault.reason), Cell::text(fault.detail)]);
        }
        if !table.print_page(format) {
            return Ok(());
        }
    }
    if after_line == show.after {
        table.print(format, NONE);
    }
    Ok(())
}

/// Says what an import came to.
pub fn tell(import: &wire::v1::Import, json: bool, source: &str) {
    if json {
        let reasons: serde_json::Map<String, serde_json::Value> =
            import.reasons.iter().map(|reason| (reason.name.clone(), reason.count.into())).collect();
        let told = json!({
            "import": id_of(import), "state": import.state, "lines": import.staged + import.faults,
            "applied": import.applied, "unusable": import.faults, "reasons": reasons,
        });
        output::data(&format!("{told}\n"));
        return;
    }
    let mut text = match import.state.as_str() {
        "stopped" => format!("{source} was not applied: {} lines cannot be used\n", import.faults),
        _ => format!("{} lines of {source} are applied, {} cannot be used\n", import.applied, import.faults),
    };
    for reason in &import.reasons {
        text.push_str(&format!("  {:>7}  {}\n", reason.count, reason.name));
    }
    if import.faults > 0 {
        text.push_str(&format!("`mainstay shop imports show {}` names each line\n", id_of(import)));
    }
    output::data(&text);
}

fn id_of(import: &wire::v1::Import) -> String {
    Id::<wire::Import>::try_from_slice(&import.id).map(|id| id.to_string()).unwrap_or_default()
}

fn number(count: u64) -> Cell {
    Cell::number(i64::try_from(count).unwrap_or(i64::MAX))
}
