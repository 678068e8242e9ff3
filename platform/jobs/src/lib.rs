//! mainstay-jobs
