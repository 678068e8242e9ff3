//! `mainstay shop`: what only the shop has.

mod reconcile;

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
}

impl Shop {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        match self {
            Self::Reconcile(reconcile) => reconcile.run(global, engines).await,
        }
    }
}
