//! What both ends of an HTTP/2 connection agree on.

use std::future::Future;
use std::time::Duration;

use http::HeaderName;
use mainstay_core::Tasks;

/// Names the callee: several services may share one address.
pub(crate) const CALLEE: HeaderName = HeaderName::from_static("mainstay-service");

/// The most bytes of headers that either side takes: an error with its details fits, see
/// [`status`](crate::status).
pub(crate) const HEADER_BYTES_MAX: u32 = 32 * 1024;

/// A side that hears nothing asks whether the other one is there, so often,
pub(crate) const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(5);
/// and takes the connection for dead after this. Together they bound how long a call waits for a peer whose machine is
/// gone.
pub(crate) const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(3);

/// Bytes under way to one side, in one call and in all of a connection: enough for a stream of events to run at the
/// speed of a local network, and what one slow reader can make the other side hold.
pub(crate) const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
pub(crate) const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// Lets hyper spawn through the task registry.
#[derive(Clone)]
pub(crate) struct TaskExecutor {
    tasks: Tasks,
    name: &'static str,
}

impl TaskExecutor {
    pub(crate) fn new(tasks: &Tasks, name: &'static str) -> Self {
        Self { tasks: tasks.clone(), name }
    }
}

impl<F> hyper::rt::Executor<F> for TaskExecutor
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        // The task goes on without its handle.
        self.tasks.spawn(self.name, future);
    }
}
