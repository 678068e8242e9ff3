//! The binary: reads the command line and runs the command with the engines that it was built with.

use std::process::ExitCode;

use clap::Parser;
use mainstay::commands::{self, Cli};
use mainstay::engines;

mod allocator;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let written = std::env::args().filter(|word| word == "--set" || word.starts_with("--set=")).count();
    commands::run(cli, written, engines::all().heap(allocator::Jemalloc))
}
