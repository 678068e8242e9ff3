//! One thing that an engine must do, as a test and `mainstay verify` both can run it.

use std::fmt::Debug;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::BoxFuture;
use mainstay_core::lifecycle::panic_message;
use mainstay_core::{Code, Error, Result as CoreResult};

/// What a case came to: nothing to say, or what was found instead of what was promised.
pub type Outcome<T = ()> = Result<T, String>;

/// One case: a promise in words, and the check of it. Cases do not disturb each other.
pub struct Case {
    /// The promise, such as `sql: a panic undoes its own part only`.
    pub name: String,
    run: Box<dyn FnOnce() -> BoxFuture<'static, Outcome> + Send>,
}

impl Case {
    pub fn new<F, R>(name: impl Into<String>, run: F) -> Self
    where
        F: FnOnce() -> R + Send + 'static,
        R: Future<Output = Outcome> + Send + 'static,
    {
        Self { name: name.into(), run: Box::new(move || run().boxed()) }
    }

    /// Runs it. A panic is a failure like any other.
    pub async fn run(self) -> Outcome {
        let checked = AssertUnwindSafe(async { (self.run)().await }).catch_unwind().await;
        checked.unwrap_or_else(|panic| Err(format!("panicked: {}", panic_message(panic.as_ref()))))
    }
}

/// Runs all cases one after the other; those that failed, each with what was found.
pub async fn failures(cases: Vec<Case>) -> Vec<(String, String)> {
    let mut failures = Vec::new();
    for case in cases {
        let name = case.name.clone();
        if let Err(found) = case.run().await {
            failures.push((name, found));
        }
    }
    failures
}

/// Fails with `promise` unless it holds.
pub fn ensure(holds: bool, promise: impl Into<String>) -> Outcome {
    if holds { Ok(()) } else { Err(format!("not so: {}", promise.into())) }
}

/// Fails unless `found` is `expected`.
pub fn same<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: found {found:?}, expected {expected:?}"))
}

/// Fails unless the result is an error of this code.
pub fn refused<T: Debug>(what: &str, found: CoreResult<T>, code: &Code) -> Outcome {
    match found {
        Err(error) if error.is(code) => Ok(()),
        other => Err(format!("{what}: found {other:?}, expected the error {}", code.name)),
    }
}

/// An unexpected error as the case's failure: `.map_err(told)?`.
pub fn told(error: Error) -> String {
    format!("unexpected error: {}", error.chain())
}
