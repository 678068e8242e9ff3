//! mainstay-sql
