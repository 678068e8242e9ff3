//! What is written down.

use mainstay_core::{Result, Timestamp};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::codes::UNREADABLE;

/// The longest before or after. What is longer is named by its size and its hash, so that it can be compared with what
/// somebody kept elsewhere.
const STATE_BYTES_MAX: usize = 16 * 1_024;

/// Something that was done, to be recorded. Who did it, when and from where comes with the context.
#[derive(Clone, Debug)]
pub struct Entry {
    pub(crate) action: &'static str,
    pub(crate) subject: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl Entry {
    /// `action` was done to `subject`: `account.log_in` to `acc_…`. The action's name is for ever.
    pub fn new(action: &'static str, subject: impl Into<String>) -> Self {
        Self { action, subject: subject.into(), before: None, after: None }
    }

    /// What it was. No secret and no more of a person than the entry is about.
    ///
    /// # Errors
    /// `audit.unreadable` for what has no JSON form.
    pub fn before(mut self, state: &impl Serialize) -> Result<Self> {
        self.before = Some(json(state)?);
        Ok(self)
    }

    /// What it became. The same holds.
    ///
    /// # Errors
    /// As [`Entry::before`].
    pub fn after(mut self, state: &impl Serialize) -> Result<Self> {
        self.after = Some(json(state)?);
        Ok(self)
    }
}

fn json(state: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string(state)
        .map_err(|error| UNREADABLE.because("a state has no JSON form", error))?;
    if text.len() <= STATE_BYTES_MAX {
        return Ok(text);
    }
    let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&text));
    Ok(serde_json::json!({"omitted_bytes": text.len(), "sha256": sha256}).to_string())
}

/// A line of the log, as it is exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub number: i64,
    pub at: Timestamp,
    pub actor: String,
    pub on_behalf_of: Option<String>,
    pub action: String,
    pub subject: String,
    pub client: Option<String>,
    pub trace: String,
    /// JSON, as it was written: the hash is over these bytes.
    pub before: Option<String>,
    pub after: Option<String>,
    #[serde(serialize_with = "hexadecimal")]
    pub previous: Vec<u8>,
    #[serde(serialize_with = "hexadecimal")]
    pub hash: Vec<u8>,
}

fn hexadecimal<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&data_encoding::HEXLOWER.encode(bytes))
}
