//! The words of an import, and what a line must be. Pure.

mod content;

use mainstay_core::{Error, Id, Result, codes};
use mainstay_records::Format;

pub use content::{COLUMNS, Content, Reader};

/// Names an import.
pub type ImportId = Id<shop_imports_contracts::Import>;

/// Most lines staged by one call: some hundred kilobytes, well within a message.
pub const LINES_AT_ONCE: usize = 2_000;

/// Lines on a page, which are applied together before it is written down how far an import is: the most that the
/// services take at once.
pub const LINES_ON_PAGE: u32 = 2_000;

/// A line with its number.
pub type Numbered = (u64, Content);

/// What is done about a line that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    Skip,
    Stop,
}

impl OnError {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Stop => "stop",
        }
    }

    pub fn parse(word: &str) -> Result<Self> {
        match word {
            "skip" => Ok(Self::Skip),
            "stop" => Ok(Self::Stop),
            _ => Err(stored("on_error")),
        }
    }
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Lines come in.
    Staging,
    /// Its names are looked up in the catalogue.
    Checking,
    Applying,
    Done,
    /// A line could not be used, and nothing was applied.
    Stopped,
}

impl State {
    pub const ALL: [Self; 5] = [Self::Staging, Self::Checking, Self::Applying, Self::Done, Self::Stopped];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staging => "staging",
            Self::Checking => "checking",
            Self::Applying => "applying",
            Self::Done => "done",
            Self::Stopped => "stopped",
        }
    }

    pub fn parse(word: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word).ok_or_else(|| stored("state"))
    }
}

fn stored(what: &str) -> Error {
    codes::DATA_LOSS.error(format!("an import has a {what} that does not exist"))
}

/// An import as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub id: ImportId,
    pub source: String,
    pub on_error: OnError,
    pub format: Format,
    pub header: String,
    pub state: State,
    pub staged_through: u64,
    pub checked_through: u64,
    pub applied_through: u64,
    pub staged: u64,
    pub faults: u64,
    pub applied: u64,
    pub begun_at: mainstay_core::Timestamp,
}

impl Import {
    /// One of which nothing is staged yet.
    pub fn begun(
        id: ImportId,
        source: String,
        on_error: OnError,
        format: Format,
        header: String,
        at: mainstay_core::Timestamp,
    ) -> Self {
        Self {
            id,
            source,
            on_error,
            format,
            header,
            state: State::Staging,
            staged_through: 0,
            checked_through: 0,
            applied_through: 0,
            staged: 0,
            faults: 0,
            applied: 0,
            begun_at: at,
        }
    }
}

/// A line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: u64,
    /// A stable name.
    pub reason: String,
    /// What is wrong, for people.
    pub detail: String,
}

impl Fault {
    pub fn new(line: u64, reason: &str, detail: impl Into<String>) -> Self {
        /// Longest detail and reason, in characters: enough to find the line by.
        const DETAIL_MAX: usize = 200;
        let short = |text: String| text.chars().take(DETAIL_MAX).collect();
        Self { line, reason: short(reason.to_owned()), detail: short(detail.into()) }
    }
}
