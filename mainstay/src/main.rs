//! The binary: reads the command line and runs the command with the engines that it was built with.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    mainstay::commands::run(mainstay::commands::Cli::parse(), mainstay::engines::all())
}
