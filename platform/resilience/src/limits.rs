//! Limits: how often somebody may do something. The port, and the one kept in memory.
//!
//! The rule is the generic cell rate algorithm: a key has one number, the time at which its allowance is whole again,
//! and each taking moves that time ahead by one interval. It is a token bucket without a token to count or a timer to
//! fill it. What a taking costs is for whoever asks to say; what happens when an engine cannot answer too.

mod memory;
mod rate;

use std::time::Duration;

use futures::future::BoxFuture;
use mainstay_core::{Result, TenantId};

pub use memory::{KEYS_DEFAULT, MemoryLimits};
pub use rate::Rate;

/// Whose allowance it is: equal keys share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key<'a> {
    pub tenant: TenantId,
    /// What is limited, such as `address` or `POST /v1/sessions`.
    pub what: &'a str,
    /// Who is limited, in bytes that mean the same in every process.
    pub who: &'a [u8],
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub allowed: bool,
    /// How many more would be allowed at once.
    pub remaining: u32,
    /// When the allowance is whole again if nothing more is taken.
    pub reset: Duration,
    /// How long to wait until the next is allowed; zero when this one was.
    pub retry_after: Duration,
}

/// An answer that may be there at once: one kept in memory costs no allocation and no turn of the scheduler.
pub enum Taken {
    Now(Verdict),
    Later(BoxFuture<'static, Result<Verdict>>),
}

impl Taken {
    /// The verdict, waited for where it must be.
    ///
    /// # Errors
    /// What the engine raises when it cannot be asked.
    pub async fn verdict(self) -> Result<Verdict> {
        match self {
            Self::Now(verdict) => Ok(verdict),
            Self::Later(answer) => answer.await,
        }
    }
}

/// What an engine can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Several processes share one allowance. Without it each has its own, so the whole is as many times as large.
    pub shared: bool,
}

/// The port: where allowances are kept.
pub trait Limits: Send + Sync + 'static {
    fn capabilities(&self) -> Capabilities;

    /// Takes one from the allowance of `key`, if it is there. A refusal takes nothing.
    fn take(&self, key: &Key<'_>, rate: &Rate) -> Taken;
}
