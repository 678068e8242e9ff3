//! The exit code of a failure: one mapping from the error taxonomy, as every transport has one.

use std::process::ExitCode;

use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_core::{Error, Kind};

/// What was asked for cannot be: the configuration or the arguments want changing. The figure is from sysexits.h.
pub const USAGE: u8 = 64;
/// The command was understood and did not succeed.
pub const FAILURE: u8 = 1;

/// The exit code that this error ends the process with.
pub fn code(error: &Error) -> ExitCode {
    ExitCode::from(number(error))
}

fn number(error: &Error) -> u8 {
    if error.is(&BAD_CONFIGURATION) {
        return USAGE;
    }
    match error.kind() {
        Kind::InvalidArgument | Kind::OutOfRange => USAGE,
        Kind::Unavailable
        | Kind::DeadlineExceeded
        | Kind::ResourceExhausted
        | Kind::Cancelled
        | Kind::Unknown
        | Kind::NotFound
        | Kind::AlreadyExists
        | Kind::PermissionDenied
        | Kind::FailedPrecondition
        | Kind::Aborted
        | Kind::Unimplemented
        | Kind::Internal
        | Kind::DataLoss
        | Kind::Unauthenticated => FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use mainstay_core::codes;

    use super::*;

    #[test]
    fn a_wrong_configuration_is_told_from_a_failure() {
        assert_eq!(number(&BAD_CONFIGURATION.error("x")), USAGE);
        assert_eq!(number(&codes::UNAVAILABLE.error("x")), FAILURE);
        assert_eq!(number(&codes::INTERNAL.error("x")), FAILURE);
    }
}
