//! `mainstay shop`: what only the shop has.

mod beside;
mod export;
mod import;
mod imports;
mod reconcile;
mod replay;

use std::process::ExitCode;

use clap::Subcommand;
use mainstay_core::Result;
use mainstay_host::Engines;

use crate::commands::Global;

/// The shop's own commands.
#[derive(Debug, Subcommand)]
pub enum Shop {
    /// Compare payments, ledger and the provider's own list, and name every difference
    Reconcile(reconcile::Reconcile),
    /// Bring a file of goods into the shop, line by line checked
    Import(import::Import),
    /// Look at imports, and at the lines that could not be used
    #[command(subcommand)]
    Imports(imports::Imports),
    /// Write the catalogue into a file that `shop import` reads again
    Export(export::Export),
    /// Sell a retailer's file again through the public API, and compare the books
    Replay(replay::Replay),
}

impl Shop {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        match self {
            Self::Reconcile(reconcile) => reconcile.run(global, engines).await,
            Self::Import(import) => import.run(global, engines).await,
            Self::Imports(imports) => imports.run(global, engines).await,
            Self::Export(export) => export.run(global, engines).await,
            Self::Replay(replay) => replay.run(global, engines).await,
        }
    }
}
