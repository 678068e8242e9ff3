//! The one error taxonomy.
//!
//! An [`Error`] has a closed [`Kind`] that transports map, a stable code that programs match, a public sentence that
//! people read, a retry hint, and a private source. The source has no way out but [`Error::chain`], which is for the
//! log: neither `Display` nor any transport can leak it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it is: gRPC's canonical codes, because every transport already has a mapping for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The caller went away.
    Cancelled,
    /// Nothing is known about what happened.
    Unknown,
    /// The request can never succeed as it is.
    InvalidArgument,
    /// Time ran out; the outcome is unknown.
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    /// A limit or a queue is full.
    ResourceExhausted,
    /// The request is fine but the state of things forbids it.
    FailedPrecondition,
    /// Lost a race; the same request may succeed at once.
    Aborted,
    OutOfRange,
    Unimplemented,
    /// An invariant of ours is broken.
    Internal,
    /// The other side cannot be reached or cannot serve now; the outcome is unknown.
    Unavailable,
    /// Stored facts are damaged.
    DataLoss,
    Unauthenticated,
}

impl Kind {
    pub const ALL: [Self; 16] = [
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// Whether the same request may succeed later without anybody changing anything.
    pub const fn is_temporary(self) -> bool {
        match self {
            Self::Cancelled
            | Self::Unknown
            | Self::DeadlineExceeded
            | Self::ResourceExhausted
            | Self::Aborted
            | Self::Unavailable => true,
            Self::InvalidArgument
            | Self::NotFound
            | Self::AlreadyExists
            | Self::PermissionDenied
            | Self::FailedPrecondition
            | Self::OutOfRange
            | Self::Unimplemented
            | Self::Internal
            | Self::DataLoss
            | Self::Unauthenticated => false,
        }
    }

    /// Whether the request may have taken effect although it failed.
    pub const fn outcome_unknown(self) -> bool {
        matches!(self, Self::Cancelled | Self::Unknown | Self::DeadlineExceeded | Self::Unavailable)
    }

    const fn default_retry(self) -> Retry {
        match self {
            Self::Aborted => Retry::After(Duration::from_millis(20)),
            Self::ResourceExhausted | Self::Unavailable => Retry::After(Duration::from_secs(1)),
            Self::Cancelled | Self::Unknown | Self::DeadlineExceeded => {
                Retry::After(Duration::from_millis(200))
            }
            Self::InvalidArgument
            | Self::NotFound
            | Self::AlreadyExists
            | Self::PermissionDenied
            | Self::FailedPrecondition
            | Self::OutOfRange
            | Self::Unimplemented
            | Self::Internal
            | Self::DataLoss
            | Self::Unauthenticated => Retry::Never,
        }
    }
}

/// Whether asking again is worth it, and from when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    Never,
    After(Duration),
}

/// A stable error code, declared as data in the crate that raises it.
///
/// The name is `<area>.<what>`, is never reused for another meaning, and is the address of its page:
/// `/problems/<name>`.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    pub name: &'static str,
    pub kind: Kind,
    /// What happened, in a few words that fit every occurrence.
    pub title: &'static str,
    /// What the reader can do about it.
    pub advice: &'static str,
}

impl Code {
    pub const fn new(name: &'static str, kind: Kind, title: &'static str, advice: &'static str) -> Self {
        Self { name, kind, title, advice }
    }

    /// An error of this code; `message` is public.
    pub fn error(&self, message: impl Into<Cow<'static, str>>) -> Error {
        Error(Box::new(Parts {
            kind: self.kind,
            code: Cow::Borrowed(self.name),
            title: Cow::Borrowed(self.title),
            message: message.into(),
            fields: Vec::new(),
            retry: self.kind.default_retry(),
            source: None,
        }))
    }

    /// An error of this code with its private cause.
    pub fn because(
        &self,
        message: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Error {
        let mut error = self.error(message);
        error.0.source = Some(source.into());
        error
    }
}

/// What is wrong with one field of the input. `path` is dotted from the root of the body, such as `address.postcode`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldError {
    pub path: String,
    pub message: String,
}

/// A failure, as every layer of the platform passes it on. One pointer wide.
pub struct Error(Box<Parts>);

struct Parts {
    kind: Kind,
    code: Cow<'static, str>,
    title: Cow<'static, str>,
    message: Cow<'static, str>,
    fields: Vec<FieldError>,
    retry: Retry,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Rebuilds an error that came over a wire.
    pub fn from_parts(
        kind: Kind,
        code: impl Into<Cow<'static, str>>,
        title: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
        retry: Retry,
        fields: Vec<FieldError>,
    ) -> Self {
        Self(Box::new(Parts {
            kind,
            code: code.into(),
            title: title.into(),
            message: message.into(),
            fields,
            retry,
            source: None,
        }))
    }

    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    pub fn code(&self) -> &str {
        &self.0.code
    }

    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// The public sentence about this occurrence.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    pub fn is(&self, code: &Code) -> bool {
        self.0.code == code.name
    }

    /// Whether asking again is worth it.
    pub fn is_temporary(&self) -> bool {
        self.0.retry != Retry::Never
    }

    /// Whether the request may have taken effect although it failed; the same idempotency key asks again.
    pub fn outcome_unknown(&self) -> bool {
        self.0.kind.outcome_unknown()
    }

    #[must_use]
    pub fn with_field(mut self, path: impl Into<String>, message: impl Into<String>) -> Self {
        self.0.fields.push(FieldError { path: path.into(), message: message.into() });
        self
    }

    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry = Retry::After(wait);
        self
    }

    /// Says that asking again is of no use, whatever the kind suggests.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.0.retry = Retry::Never;
        self
    }

    /// The private cause, for code that has to tell causes of one code apart (never for an answer).
    pub fn cause<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.source.as_deref().and_then(|source| source.downcast_ref())
    }

    /// Code, message and the whole chain of private causes in one line: for the log of the place that handles it.
    pub fn chain(&self) -> String {
        let mut line = format!("{}: {}", self.0.code, self.0.message);
        for field in &self.0.fields {
            line.push_str(&format!("; {}: {}", field.path, field.message));
        }
        let mut cause = self.0.source.as_deref().map(|source| source as &dyn StdError);
        while let Some(error) = cause {
            line.push_str(&format!("; because {error}"));
            cause = error.source();
        }
        line
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.0.kind, self.chain())
    }
}

// `source` stays `None`: what is private must not travel with a generic error printer.
impl StdError for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    const LOST: Code = Code::new("test.lost", Kind::NotFound, "Lost", "Look again.");

    #[test]
    fn a_source_shows_in_the_chain_and_nowhere_else() {
        let error = LOST.because("it is not there", std::io::Error::other("disk secret"));
        assert_eq!(error.to_string(), "it is not there");
        assert!(StdError::source(&error).is_none());
        assert!(error.chain().contains("disk secret"));
        assert!(error.is(&LOST));
    }

    #[test]
    fn the_retry_hint_follows_the_kind_until_told_otherwise() {
        for kind in Kind::ALL {
            let error = Code::new("test.any", kind, "", "").error("");
            assert_eq!(error.is_temporary(), kind.is_temporary(), "{kind:?}");
            assert!(!error.permanent().is_temporary());
        }
    }
}
