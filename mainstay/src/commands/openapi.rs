//! `mainstay openapi`: the contract of everything in this binary, without starting any of it.

use std::process::ExitCode;

use clap::Args;
use mainstay_core::Result;

use crate::commands::contracts::pretty;
use crate::{output, systems};

/// Print what outsiders may call, as a document of OpenAPI 3.1.
#[derive(Debug, Args)]
pub struct OpenApi {}

impl OpenApi {
    pub fn run(self) -> Result<ExitCode> {
        output::data(&pretty(&systems::contract().openapi())?);
        Ok(ExitCode::SUCCESS)
    }
}
