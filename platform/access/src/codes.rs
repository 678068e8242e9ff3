//! The codes that this crate raises.

use mainstay_core::{Code, Kind};

pub const BAD_POLICY: Code = Code::new(
    "access.bad_policy",
    Kind::Internal,
    "A policy does not fit its schema",
    "The message names the policy and what is wrong; the process does not start with it.",
);
pub const BAD_QUESTION: Code = Code::new(
    "access.bad_question",
    Kind::InvalidArgument,
    "The question names something that there is not",
    "Write a principal, an action and a relation as `mainstay access explain --help` shows them.",
);

/// Every code of this crate.
pub const CODES: &[&Code] = &[&BAD_POLICY, &BAD_QUESTION];
