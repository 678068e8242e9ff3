//! `cargo xtask`: the only helper that the repository has. Each command is a file; what they share is
//! the workspace's layout ([`workspace`]), the tools that a machine must have ([`needs`]) and running them
//! ([`process`]).

mod bench;
mod check;
mod floors;
mod fuzz;
mod needs;
mod process;
mod release;
mod replay;
mod test;
mod tidy;
mod train;
mod up;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, runs, tests and measures Mainstay from a clone.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the shop and run it with demo data; Ctrl-C drains it
    Up(up::Up),
    /// Run every test; says what it had to skip
    Test(test::Test),
    /// Measure one of the paths that have a target, beside what people use today
    Bench(bench::Bench),
    /// Sell a retailer's year again in release, and compare the books with the proof
    Replay(replay::Replay),
    /// Count what runs often, for release builds to be made for it
    Train(train::Train),
    /// Look for input that breaks a parser
    Fuzz(fuzz::Fuzz),
    /// Formatting, lints, licences, the floors and the tidiness rules
    Check(check::Check),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Up(up) => up.run(),
        Command::Test(test) => test.run(),
        Command::Bench(bench) => bench.run(),
        Command::Replay(replay) => replay.run(),
        Command::Train(train) => train.run(),
        Command::Fuzz(fuzz) => fuzz.run(),
        Command::Check(check) => check.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
