//! An error as it is stored with a run: the public parts, so that it can be answered again later.

use mainstay_core::error::{Kind, Retry};
use mainstay_core::{Error, FieldError, Result};
use serde::{Deserialize, Serialize};

use crate::codes;

/// Why a step failed or a run turned back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The number of the kind in [`Kind::ALL`]: stable, since that list is closed.
    kind: u8,
    pub code: String,
    pub title: String,
    pub message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
    /// Whether it may have taken effect all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outcome_unknown: bool,
}

impl Failure {
    pub fn kind(&self) -> Kind {
        Kind::ALL.get(usize::from(self.kind)).copied().unwrap_or(Kind::Unknown)
    }

    /// The error as the run met it, without its private cause and with no hint to try again: the run has ended.
    pub fn to_error(&self) -> Error {
        Error::from_parts(
            self.kind(),
            self.code.clone(),
            self.title.clone(),
            self.message.clone(),
            Retry::Never,
            self.fields.clone(),
        )
    }

    pub(super) fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| mainstay_core::codes::INTERNAL.because("a failure could not be stored", error))
    }

    pub(super) fn from_json(text: &str) -> Result<Self> {
        serde_json::from_str(text)
            .map_err(|error| codes::UNREADABLE_STATE.because("a stored failure cannot be read", error))
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let kind = Kind::ALL.iter().position(|kind| *kind == error.kind()).unwrap_or_default();
        Self {
            kind: u8::try_from(kind).unwrap_or_default(),
            code: error.code().to_owned(),
            title: error.title().to_owned(),
            message: error.message().to_owned(),
            fields: error.fields().to_vec(),
            outcome_unknown: error.outcome_unknown(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_storage_without_its_cause() {
        let error = mainstay_core::codes::INVALID
            .because("no such street", std::io::Error::other("secret"))
            .with_field("address.line1", "unknown");
        let json = Failure::from(&error).to_json().unwrap();
        assert!(!json.contains("secret"));
        let again = Failure::from_json(&json).unwrap().to_error();
        assert_eq!(
            (again.kind(), again.code(), again.message()),
            (error.kind(), error.code(), error.message())
        );
        assert_eq!(again.fields(), error.fields());
        assert!(!again.is_temporary());
    }
}
