//! mainstay-workflow
