//! What may be done in the shop, and by whom: the actions that the services ask about, and the policies that answer.
//!
//! The policies are `policies/*.cedar`, with `schema.cedarschema` beside them; `decisions.txt` says what they answer to
//! every question, and the test compares. A service takes [`access`] at its start and asks it where it acts.

mod actions;

use std::sync::OnceLock;

use mainstay_access::{Access, PolicyFile};
use mainstay_core::Result;

pub use actions::*;

/// What API keys may be for, each with what it lets a program do, in words.
pub const SCOPES: &[(&str, &str)] = &[
    ("catalog", "read products, and write them if you may"),
    ("prices", "read and set prices if you may"),
    ("stock", "read and change stock if you may"),
    ("carts", "fill your carts and check out"),
    ("orders", "read your orders, and all if you may"),
    ("refunds", "cancel and refund orders if you may"),
    ("reports", "read reports if you may"),
];

const SCHEMA: &str = include_str!("../policies/schema.cedarschema");

const POLICIES: &[PolicyFile] = &[
    PolicyFile { name: "people.cedar", text: include_str!("../policies/people.cedar") },
    PolicyFile { name: "staff.cedar", text: include_str!("../policies/staff.cedar") },
    PolicyFile { name: "services.cedar", text: include_str!("../policies/services.cedar") },
    PolicyFile { name: "scopes.cedar", text: include_str!("../policies/scopes.cedar") },
];

/// The shop's policies, read and checked: once in a process, since every service of it asks for them and they are
/// compiled in.
///
/// # Errors
/// `access.bad_policy`.
pub fn access() -> Result<Access> {
    static READ: OnceLock<Access> = OnceLock::new();
    if let Some(read) = READ.get() {
        return Ok(read.clone());
    }
    let read = Access::new("Shop", SCHEMA, POLICIES, ACTIONS)?;
    Ok(READ.get_or_init(|| read).clone())
}
