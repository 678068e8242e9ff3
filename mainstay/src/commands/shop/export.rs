//! `mainstay shop export`: what the shop has, as a file.

mod catalogue;
mod orders;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use mainstay_core::{Currency, Result};
use mainstay_host::{Engines, Settings};
use mainstay_records::Sheet;
use mainstay_records::codes::{CLOSED, UNREADABLE};

use self::orders::Source;
use super::beside::{self, CALLER};
use super::import::FileFormat;
use crate::commands::{Global, operator};
use crate::output;

/// Write the catalogue or the orders into a file, streamed. `shop import` reads the catalogue again.
///
/// In CSV, a cell that a spreadsheet would run is written with an apostrophe before it, which reading takes off again.
#[derive(Debug, Args)]
pub struct Export {
    /// What is exported
    #[arg(value_enum)]
    what: What,
    /// The price list, for the catalogue
    #[arg(long, default_value = "GBP")]
    currency: Currency,
    #[command(flatten)]
    to: To,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// Products, variants, prices and stock levels
    Catalogue,
    /// A row for each order, the newest first
    Orders,
    /// A row for each line of each order
    OrderLines,
}

/// Where it is written, and how.
#[derive(Debug, Args)]
struct To {
    /// How it is written
    #[arg(long, value_enum, default_value = "csv")]
    format: FileFormat,
    /// The file; standard output when left out
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

impl To {
    fn sheet(&self, columns: &'static [&'static str]) -> Result<Sheet<Box<dyn Write + Send>>> {
        let to: Box<dyn Write + Send> = match &self.to {
            Some(path) => Box::new(BufWriter::new(File::create(path).map_err(|error| {
                UNREADABLE.because(format!("{} cannot be written: {error}", path.display()), error)
            })?)),
            None => Box::new(std::io::stdout()),
        };
        Sheet::new(to, self.format.format(), columns)
    }
}

impl Export {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let (outcome, row) = match self.what {
            What::Catalogue => (self.catalogue(global, engines).await, "variant"),
            What::Orders => (self.orders(global, engines).await, "order"),
            What::OrderLines => (self.orders(global, engines).await, "line"),
        };
        let count = match outcome {
            // A reader that has gone, such as `head`, has what it wanted.
            Err(error) if error.is(&CLOSED) => return Ok(ExitCode::SUCCESS),
            outcome => outcome?,
        };
        output::note(&format!("{count} {row}{}", if count == 1 { "" } else { "s" }));
        Ok(ExitCode::SUCCESS)
    }

    async fn catalogue(&self, global: &Global, engines: Engines) -> Result<u64> {
        beside::with(global, engines, &catalogue::SERVICES, |running| async move {
            let outcome = catalogue::write(&running, &self.to, self.currency).await;
            (running, outcome)
        })
        .await
    }

    async fn orders(&self, global: &Global, engines: Engines) -> Result<u64> {
        let service = shop_orders_contracts::SERVICE;
        if Settings::read(&global.configuration(&[])?)?.peers.addresses().contains_key(service) {
            return beside::with(global, engines, &[service], |running| async move {
                let outcome = match Source::of(&running) {
                    Ok(source) => self.write_orders(source).await,
                    Err(error) => Err(error),
                };
                (running, outcome)
            })
            .await;
        }
        let opened = operator::ready_one(global, engines, "shop/orders").await?;
        let outcome = self.write_orders(Source::Database(opened.database.clone())).await;
        opened.database.close().await;
        outcome
    }

    async fn write_orders(&self, mut source: Source) -> Result<u64> {
        if matches!(self.what, What::OrderLines) {
            orders::write_lines(&mut source, &self.to).await
        } else {
            orders::write(&mut source, &self.to).await
        }
    }
}
