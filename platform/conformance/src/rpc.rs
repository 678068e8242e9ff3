//! What every transport between services must do: a call behaves the same in the process and over a wire.
//!
//! Time is the suite's own: deadlines pass when a case says so. Needs a runtime with several threads.

mod calls;
mod contract;
mod endings;
mod probe;
mod streams;
mod transport;

use std::future::Future;
use std::sync::Arc;

use crate::case::{Case, Outcome};

pub use contract::{FILE_DESCRIPTOR_SET, v1};
pub use probe::{FAILURES, Probe};
pub use transport::{Link, Transport};

/// Every case, over one transport.
pub fn cases(transport: Transport) -> Vec<Case> {
    let mut suite = Suite { transport, cases: Vec::new() };
    calls::add(&mut suite);
    endings::add(&mut suite);
    streams::add(&mut suite);
    suite.cases
}

struct Suite {
    transport: Transport,
    cases: Vec<Case>,
}

impl Suite {
    fn case<R>(&mut self, promise: &str, check: fn(Arc<Link>) -> R)
    where
        R: Future<Output = Outcome> + Send + 'static,
    {
        let transport = self.transport;
        self.cases.push(Case::new(format!("rpc {transport}: {promise}"), move || async move {
            check(Arc::new(Link::open(transport).await?)).await
        }));
    }
}
