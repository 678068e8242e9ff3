//! `mainstay contracts`: holds this binary's contracts against those that an earlier one wrote down.
//!
//! A folder of contracts has `openapi.json`, `asyncapi.json`, `descriptors.bin` (the files of all calls and events) and
//! `events/`, messages as earlier releases wrote them. The repository keeps one, so that a change of a contract is seen
//! in review, and one that breaks somebody is refused.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use data_encoding::HEXLOWER;
use mainstay_core::{Code, Kind, Result, codes};
use mainstay_host::Contract;
use mainstay_http::contract::breaks;
use serde_json::Value;

use crate::{output, systems};

pub const BREAKS: Code = Code::new(
    "mainstay.contract_broken",
    Kind::FailedPrecondition,
    "A contract would be broken",
    "Add beside what is there instead; what nobody uses any more is taken away in a new version.",
);

/// Hold this binary's contracts against those of an earlier one.
#[derive(Debug, Subcommand)]
pub enum Contracts {
    /// Say what would break those who rely on the contracts in a folder
    Check {
        /// The folder, as `write` makes it
        folder: PathBuf,
    },
    /// Write this binary's contracts into a folder; refuses when that would break those that are there
    Write {
        /// The folder; it is made when it is not there
        folder: PathBuf,
        /// Write them although they break what was there
        #[arg(long)]
        breaking: bool,
    },
}

impl Contracts {
    pub fn run(self) -> Result<ExitCode> {
        let contract = systems::contract();
        match self {
            Self::Check { folder } => {
                refuse(&broken(&contract, &folder)?)?;
                output::note("nothing that relies on these contracts breaks");
            }
            Self::Write { folder, breaking } => {
                if !breaking {
                    refuse(&broken(&contract, &folder)?)?;
                }
                write(&contract, &folder)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn refuse(broken: &[String]) -> Result<()> {
    if broken.is_empty() {
        return Ok(());
    }
    let sentence = format!("{} things would break: {}", broken.len(), broken.join("; "));
    Err(BREAKS.error(sentence))
}

/// Sentences on what would break somebody; none for a folder that is not there yet.
pub fn broken(contract: &Contract, folder: &Path) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    if let Some(old) = read(&folder.join("openapi.json"))? {
        let old: Value = serde_json::from_slice(&old)
            .map_err(|error| codes::INVALID.error(format!("openapi.json cannot be read: {error}")))?;
        broken.extend(breaks(&old, &contract.openapi()));
    }
    if let Some(old) = read(&folder.join("descriptors.bin"))? {
        broken.extend(contract.proto_breaks(&old)?);
    }
    for event in contract.events() {
        for (name, sample) in samples(&folder.join("events").join(event.type_name))? {
            if !event.still_reads(&sample) {
                broken.push(format!("{} loses something of the event {name}", event.type_name));
            }
        }
    }
    Ok(broken)
}

/// Writes the contracts. Samples of events are only added to: an old one is what an old log holds.
pub fn write(contract: &Contract, folder: &Path) -> Result<()> {
    save(&folder.join("openapi.json"), pretty(&contract.openapi())?.as_bytes())?;
    save(&folder.join("asyncapi.json"), pretty(&contract.asyncapi()?)?.as_bytes())?;
    save(&folder.join("descriptors.bin"), &contract.descriptors()?)?;
    for event in contract.events() {
        let folder = folder.join("events").join(event.type_name);
        let known = samples(&folder)?;
        for sample in event.samples()? {
            if !known.iter().any(|(_, other)| *other == sample) {
                let number = known.len() + 1;
                // The first free name: several may be new at once.
                let name =
                    (number..).map(|number| folder.join(format!("{number}.hex"))).find(|path| !path.exists());
                let lines = format!("{}\n", HEXLOWER.encode(&sample));
                name.map_or(Ok(()), |path| save(&path, lines.as_bytes()))?;
            }
        }
    }
    Ok(())
}

/// A document as people read it.
pub fn pretty(document: &Value) -> Result<String> {
    serde_json::to_string_pretty(document)
        .map(|text| format!("{text}\n"))
        .map_err(|error| codes::INTERNAL.because("the document cannot be written", error))
}

fn samples(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut samples = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let Some(text) = read(&path)? else { continue };
        let bytes = HEXLOWER
            .decode(text.trim_ascii())
            .map_err(|error| codes::INVALID.error(format!("{} is no sample: {error}", path.display())))?;
        samples.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), bytes));
    }
    samples.sort();
    Ok(samples)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(codes::PRECONDITION.error(format!("{} cannot be read: {error}", path.display()))),
    }
}

fn save(path: &Path, bytes: &[u8]) -> Result<()> {
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(path, bytes))
        .map_err(|error| codes::PRECONDITION.error(format!("{} cannot be written: {error}", path.display())))
}
