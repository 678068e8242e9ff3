//! `cargo xtask up`: checks what is missing, builds with cargo's own progress, and becomes the shop.

use clap::Args;

use crate::workspace::{self, Result};
use crate::{needs, process, release};

/// Build the shop and run it with demo data.
#[derive(Args)]
pub struct Up {
    /// Build with optimisation: a longer build, a much faster shop
    #[arg(long)]
    release: bool,
    /// More arguments for `mainstay up shop`, after `--`
    #[arg(last = true)]
    more: Vec<String>,
}

impl Up {
    pub fn run(self) -> Result<()> {
        needs::to_build()?;
        let package = ["--package", "mainstay", "--bin", "mainstay"];
        if self.release {
            release::build(&package)?;
        } else {
            process::run(process::cargo(&["build"])?.args(package))?;
        }

        let profile = if self.release { "release" } else { "debug" };
        let binary = workspace::target()?.join(profile).join("mainstay");
        let mut mainstay = process::command(binary)?;
        mainstay.args(["up", "shop", "--demo"]).args(self.more);
        // In this process's place: Ctrl-C and SIGTERM then reach the shop itself, which drains.
        Err(process::become_(&mut mainstay))
    }
}
