//! The command line: what every command shares, and which file runs which. A command is a file below.

pub mod access;
pub mod asyncapi;
pub mod audit;
pub mod config;
pub mod contracts;
pub mod doctor;
pub mod events;
pub mod jobs;
pub mod keys;
pub mod leases;
pub mod limits;
pub mod load;
pub mod logs;
pub mod metrics;
pub mod migrate;
pub mod openapi;
pub mod profile;
pub mod retention;
pub mod sagas;
pub mod serve;
pub mod shop;
pub mod traces;
pub mod up;
pub mod verify;

mod operator;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use mainstay_core::{Configuration, Result};

use crate::{exit, output};
use mainstay_host::Engines;

/// The file that is read when none is named and it exists.
const DEFAULT_FILE: &str = "mainstay.toml";

/// Threads for calls that block, such as writing a mail to a folder: more would only queue at the same disk.
const BLOCKING_THREADS_MAX: usize = 64;

/// Heads the options that every command understands.
const EVERYWHERE: &str = "Options of every command";

/// One binary that holds a backend platform and the systems that run on it.
///
/// Every key of the configuration can be given in mainstay.toml, in the environment as MAINSTAY_SHOP__ORDERS__KEY, or
/// with --set shop.orders.key=value; the last one wins. `mainstay config show` prints each value and where it came from.
#[derive(Debug, Parser)]
#[command(name = "mainstay", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// Read this configuration file instead of mainstay.toml
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    pub config: Option<PathBuf>,
    /// Set one key of the configuration, as in --set http.listen=127.0.0.1:9090
    #[arg(long, global = true, value_name = "KEY=VALUE", help_heading = EVERYWHERE)]
    pub set: Vec<String>,
    /// Keep everything in this folder; short for --set process.data=FOLDER
    #[arg(long, global = true, value_name = "FOLDER", help_heading = EVERYWHERE)]
    pub data: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a whole system in this process
    Up(up::Up),
    /// Run some services in this process, as a container does
    Serve(serve::Serve),
    /// Look at and change the schema of the services' databases
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Ask the policies who may do what, and why
    #[command(subcommand)]
    Access(access::Access),
    /// Verify, list and export the services' audit logs
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Replace keys while everything runs
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::Config),
    /// Look at consumers of events; replay or skip what they could not handle
    #[command(subcommand)]
    Events(events::Events),
    /// Look at background jobs; run dead ones again
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// Look at sagas; resume parked ones
    #[command(subcommand)]
    Sagas(sagas::Sagas),
    /// See who does the background work of which service
    Leases(leases::Leases),
    /// See what a running process bounds, how much of it is used, and how often it refused
    Limits(limits::Limits),
    /// See what is kept for how long, and what is due
    Retention(retention::Retention),
    /// Go through the production checklist against a running system
    Doctor(doctor::Doctor),
    /// Look at what requests of a running process spent their time on
    #[command(subcommand)]
    Traces(traces::Traces),
    /// Search the log of a running process
    Logs(logs::Logs),
    /// Look at the metrics of a running process and their history
    #[command(subcommand)]
    Metrics(metrics::Metrics),
    /// Look into a running process: processor, memory, workers, tasks, statements
    #[command(subcommand)]
    Profile(profile::Profile),
    /// Print what services tell each other, as a document of AsyncAPI 3.0
    Asyncapi(asyncapi::AsyncApi),
    /// Hold this binary's contracts against those of an earlier one
    #[command(subcommand)]
    Contracts(contracts::Contracts),
    /// Print what outsiders may call, as a document of OpenAPI 3.1
    Openapi(openapi::OpenApi),
    /// Prove on this machine that the configured engines keep their promises
    Verify(verify::Verify),
    /// Visit a running system as people do, and print how long it let them wait
    Load(load::LoadCommand),
    /// The shop's own commands
    #[command(subcommand)]
    Shop(shop::Shop),
}

impl Global {
    /// Flag before environment before file before default. `more` are keys that a command's own flags set; an
    /// explicit `--set` wins over them.
    pub fn configuration(&self, more: &[String]) -> Result<Configuration> {
        let file = self.config.clone().or_else(|| {
            let default = PathBuf::from(DEFAULT_FILE);
            default.is_file().then_some(default)
        });
        let data = self.data.iter().map(|folder| format!("process.data={}", quoted(folder)));
        let flags: Vec<String> = more.iter().cloned().chain(data).chain(self.set.iter().cloned()).collect();
        Configuration::load(file.as_deref(), std::env::vars(), &flags)
    }
}

/// Text as a TOML value, so that a folder called `1` stays a folder.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Runs the command and says how the process ends. What failed is told on stderr in one sentence.
///
/// `settings_written` is how often `--set` stands on the command line: an option that stands both before and after the
/// command reaches us from the latter place only, and a setting must not be lost in silence.
pub fn run(cli: Cli, settings_written: usize, engines: Engines) -> ExitCode {
    if cli.global.set.len() < settings_written {
        output::failure("write every --set after the command: those before it were lost");
        return ExitCode::from(exit::USAGE);
    }
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = match runtime.enable_all().max_blocking_threads(BLOCKING_THREADS_MAX).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::failure(&format!("the threads that serve cannot be started: {error}"));
            return ExitCode::from(exit::FAILURE);
        }
    };
    let outcome = runtime.block_on(dispatch(cli, engines));
    // What is still running was given its time by the drain; a blocked thread must not keep the process.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code,
        Err(error) => {
            output::failure(&output::told(&error));
            exit::code(&error)
        }
    }
}

async fn dispatch(cli: Cli, engines: Engines) -> Result<ExitCode> {
    let global = cli.global;
    match cli.command {
        Command::Up(up) => up.run(&global, engines).await,
        Command::Serve(serve) => serve.run(&global, engines).await,
        Command::Migrate(migrate) => migrate.run(&global, engines).await,
        Command::Access(access) => access.run(),
        Command::Audit(audit) => audit.run(&global, engines).await,
        Command::Keys(keys) => keys.run(&global, engines).await,
        Command::Config(config) => config.run(&global, engines),
        Command::Events(events) => events.run(&global, engines).await,
        Command::Jobs(jobs) => jobs.run(&global, engines).await,
        Command::Sagas(sagas) => sagas.run(&global, engines).await,
        Command::Leases(leases) => leases.run(&global, engines).await,
        Command::Limits(limits) => limits.run(&global).await,
        Command::Retention(retention) => retention.run(&global, engines).await,
        Command::Doctor(doctor) => doctor.run(&global, engines).await,
        Command::Traces(traces) => traces.run(&global).await,
        Command::Logs(logs) => logs.run(&global).await,
        Command::Metrics(metrics) => metrics.run(&global).await,
        Command::Profile(profile) => profile.run(&global).await,
        Command::Asyncapi(asyncapi) => asyncapi.run(),
        Command::Contracts(contracts) => contracts.run(),
        Command::Openapi(openapi) => openapi.run(),
        Command::Verify(verify) => verify.run(&global, engines).await,
        Command::Load(load) => load.run(&global).await,
        Command::Shop(shop) => shop.run(&global, engines).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_explains_itself() {
        fn check(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            assert!(command.get_about().is_some(), "{path} says nothing about itself");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{path} {} has no help", argument.get_id());
            }
            for inner in command.get_subcommands() {
                check(inner, &path);
            }
        }
        check(&Cli::command(), "");
    }
}
