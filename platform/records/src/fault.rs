//! Why a line cannot be used, before anybody asks what it means.

use std::fmt;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has more bytes than a line may have.
    TooLong,
    /// A quote is opened and never closed within the bytes that a record may have, or closed on a later line with text
    /// after it.
    OpenQuote,
    /// A quoted field has text after the quote that closes it.
    AfterQuote,
    /// It is no UTF-8.
    Encoding,
    /// It has a NUL byte.
    Nul,
    /// It has another number of fields than the header.
    Fields,
}

impl Fault {
    /// A stable name for counts and programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::TooLong => "line_too_long",
            Self::OpenQuote => "quote_not_closed",
            Self::AfterQuote => "text_after_quote",
            Self::Encoding => "not_utf8",
            Self::Nul => "nul_byte",
            Self::Fields => "wrong_number_of_fields",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "has more than 131072 bytes",
            Self::OpenQuote => "opens a quote that is not closed",
            Self::AfterQuote => "has text after a closing quote",
            Self::Encoding => "is not UTF-8",
            Self::Nul => "has a NUL byte",
            Self::Fields => "has more or fewer fields than the header",
        })
    }
}
