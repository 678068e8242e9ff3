//! `mainstay config`: what the configuration is, and why.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use mainstay_core::config::Source;
use mainstay_core::{Clock, Result};
use mainstay_host::Host;

use crate::commands::Global;
use crate::output::{Cell, Format, Table, Tone};
use crate::shop;
use mainstay_host::Engines;

/// Look at the configuration.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Print every key with its value and where the value came from
    Show(Show),
}

/// Print every key with its value and where the value came from.
#[derive(Debug, Args)]
pub struct Show {
    /// Only keys that contain this
    filter: Option<String>,
    /// Only keys that differ from the default
    #[arg(long)]
    changed: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Config {
    pub fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let Self::Show(show) = self;
        let host = shop::mount(Host::new(global.configuration(&[])?, engines, Clock::system()));
        let host = host.check()?;
        let mut table = Table::new(&["key", "source", "value"]);
        for setting in host.configuration().show() {
            let wanted = show.filter.as_ref().is_none_or(|filter| setting.key.contains(filter.as_str()));
            let is_default = setting.source == Source::Default;
            if wanted && !(show.changed && is_default) {
                let tone = if is_default { Tone::Quiet } else { Tone::Plain };
                table.row([
                    Cell::text(setting.key).tone(tone),
                    Cell::text(setting.source.to_string()).tone(tone),
                    Cell::text(setting.value).tone(tone),
                ]);
            }
        }
        table.print(Format::of(show.json), "no key of the configuration is so");
        Ok(ExitCode::SUCCESS)
    }
}
