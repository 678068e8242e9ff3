//! mainstay-conformance
