//! Futures that wait for nobody, driven without a runtime.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// What it comes to. Bodies that are there already are ready at once.
///
/// # Panics
/// When it waits.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a future that has all it needs waits"),
    }
}

/// The same for one that lets others have a turn, and wakes itself for the next.
///
/// # Panics
/// When it waits for somebody else.
pub fn driven<T>(future: impl Future<Output = T>) -> T {
    let turn = Arc::new(Turn(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&turn));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => {
                assert!(turn.0.swap(false, Ordering::Relaxed), "a future that has all it needs waits")
            }
        }
    }
}

/// Whether somebody asked for another turn.
struct Turn(AtomicBool);

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
