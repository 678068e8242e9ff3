//! `mainstay asyncapi`: the events of everything in this binary, without starting any of it.

use std::process::ExitCode;

use clap::Args;
use mainstay_core::Result;

use crate::commands::contracts::pretty;
use crate::{output, systems};

/// Print what services tell each other, as a document of AsyncAPI 3.0.
#[derive(Debug, Args)]
pub struct AsyncApi {}

impl AsyncApi {
    pub fn run(self) -> Result<ExitCode> {
        output::data(&pretty(&systems::contract().asyncapi()?)?);
        Ok(ExitCode::SUCCESS)
    }
}
