//! Where a secret of the configuration is: in a file or in the environment, never in the configuration itself.
//!
//! The configuration is shown, copied and committed; so it names a place, and the place may be shown.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::str::FromStr;

use mainstay_core::{Error, Result};

use crate::codes::ABSENT;
use crate::secret::Secret;

/// Tokens and keys are short; more than this is the wrong file.
const VALUE_BYTES_MAX: u64 = 64 * 1_024;

/// `file:<path>` or `env:<NAME>`.
///
/// The rights of such a file are not looked at: orchestrators mount secrets readable by all within the container.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SecretSource {
    File(PathBuf),
    Environment(String),
}

impl SecretSource {
    /// Reads the value; a line break at its end does not count.
    ///
    /// # Errors
    /// `secrets.absent` when there is no such file or variable, or nothing in it.
    pub fn load(&self) -> Result<Secret<String>> {
        let text = match self {
            Self::File(path) => {
                let mut text = String::new();
                File::open(path)
                    .and_then(|file| file.take(VALUE_BYTES_MAX).read_to_string(&mut text))
                    .map_err(|error| ABSENT.because(format!("{self} cannot be read: {error}"), error))?;
                text
            }
            // The error's own text would quote a value that is not Unicode.
            Self::Environment(name) => std::env::var(name)
                .map_err(|_| ABSENT.error(format!("{self}: the variable is not set, or is not text")))?,
        };
        let text = Secret::new(text);
        let value = text.expose().trim_end_matches(['\r', '\n']);
        if value.is_empty() {
            return Err(ABSENT.error(format!("{self} is empty")));
        }
        Ok(Secret::new(value.to_owned()))
    }
}

impl FromStr for SecretSource {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(PathBuf::from(path))),
            Some(("env", name)) if !name.is_empty() => Ok(Self::Environment(name.to_owned())),
            // What was written may be the secret itself, so it is not repeated.
            _ => Err(ABSENT
                .error("write where the secret is, as file:<path> or env:<NAME>, not the secret itself")),
        }
    }
}

impl TryFrom<String> for SecretSource {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<SecretSource> for String {
    fn from(source: SecretSource) -> Self {
        source.to_string()
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Environment(name) => write!(f, "env:{name}"),
        }
    }
}
