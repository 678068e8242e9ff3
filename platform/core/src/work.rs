//! What each thread works on right now: which task it polls, and for which trace.
//!
//! Two questions need it. A log line wants to know which request it belongs to, though nobody handed it a context; and
//! when a worker does not come back, somebody who is not on that worker wants to know what holds it. So each thread
//! has a slot: the thread writes it at the start and end of each poll, and any thread may read all of them.
//!
//! It costs two uncontended locks a poll.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context as Poller, Poll};
use std::thread::ThreadId;

use parking_lot::Mutex;

use crate::trace::TraceContext;

/// What a thread is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// The task that is being polled, by its name in [`Tasks`](crate::Tasks).
    pub task: Option<&'static str>,
    /// The trace that the code between two awaits works for.
    pub trace: Option<TraceContext>,
}

/// One thread's slot.
#[derive(Debug)]
pub struct Slot {
    thread: ThreadId,
    system_id: Option<i32>,
    name: String,
    // Even while the thread polls nothing; a number that stays odd is a poll that does not end.
    polls: AtomicU64,
    work: Mutex<Work>,
}

impl Slot {
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// What the operating system calls the thread, where it says so.
    pub fn system_id(&self) -> Option<i32> {
        self.system_id
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of the poll that is going on, `None` between two.
    pub fn poll(&self) -> Option<u64> {
        let polls = self.polls.load(Ordering::Relaxed);
        (polls % 2 == 1).then_some(polls)
    }

    pub fn work(&self) -> Work {
        *self.work.lock()
    }
}

static SLOTS: OnceLock<Mutex<Vec<Weak<Slot>>>> = OnceLock::new();

thread_local! {
    static SLOT: Arc<Slot> = register();
}

fn register() -> Arc<Slot> {
    let thread = std::thread::current();
    let slot = Arc::new(Slot {
        thread: thread.id(),
        system_id: system_id(),
        name: thread.name().unwrap_or("unnamed").to_owned(),
        polls: AtomicU64::new(0),
        work: Mutex::default(),
    });
    let mut slots = SLOTS.get_or_init(Mutex::default).lock();
    // Threads that have ended leave here, so that the list stays as long as there are threads.
    slots.retain(|slot| slot.strong_count() > 0);
    slots.push(Arc::downgrade(&slot));
    slot
}

/// Linux shows each thread its own folder, whose name is the thread's number.
fn system_id() -> Option<i32> {
    std::fs::read_link("/proc/thread-self").ok()?.file_name()?.to_str()?.parse().ok()
}

/// The slots of all threads that have worked on something and still live.
pub fn slots() -> Vec<Arc<Slot>> {
    SLOTS.get().map_or_else(Vec::new, |slots| slots.lock().iter().filter_map(Weak::upgrade).collect())
}

/// What this thread is at.
pub fn current() -> Work {
    SLOT.try_with(|slot| slot.work()).unwrap_or_default()
}

/// Sets the trace of this thread until the guard is dropped.
#[must_use = "it ends with the guard"]
pub fn enter(trace: TraceContext) -> Entered {
    Entered { before: swap(|work| work.trace = Some(trace)) }
}

/// Puts back what the thread was at before.
pub struct Entered {
    before: Work,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.before;
        swap(|work| *work = before);
    }
}

fn swap(change: impl FnOnce(&mut Work)) -> Work {
    SLOT.try_with(|slot| {
        let mut work = slot.work.lock();
        let before = *work;
        change(&mut work);
        before
    })
    .unwrap_or_default()
}

/// Marks a poll of the task `name` until the guard is dropped.
fn polling(name: &'static str) -> Polling {
    let before = SLOT.try_with(|slot| {
        let before = std::mem::replace(&mut *slot.work.lock(), Work { task: Some(name), trace: None });
        // Only this thread writes the number, so that reading and writing it need not be one step.
        slot.polls.store(slot.polls.load(Ordering::Relaxed) | 1, Ordering::Relaxed);
        before
    });
    Polling { before: before.unwrap_or_default() }
}

struct Polling {
    before: Work,
}

impl Drop for Polling {
    fn drop(&mut self) {
        let before = self.before;
        // The thread may be ending; then nobody looks any more.
        let _ = SLOT.try_with(|slot| {
            *slot.work.lock() = before;
            // A poll within a poll, as of a runtime inside a task, ends both for whoever watches.
            let polls = slot.polls.load(Ordering::Relaxed);
            slot.polls.store((polls | 1) + 1, Ordering::Relaxed);
        });
    }
}

pin_project_lite::pin_project! {
    /// A future that says at each poll for which trace the thread works.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Traced<F> {
        trace: TraceContext,
        #[pin]
        future: F,
    }
}

/// Makes `future` say at each poll that it works for `trace`.
pub fn traced<F: Future>(trace: TraceContext, future: F) -> Traced<F> {
    Traced { trace, future }
}

impl<F: Future> Future for Traced<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, poller: &mut Poller<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = enter(*this.trace);
        this.future.poll(poller)
    }
}

pin_project_lite::pin_project! {
    /// A task's future, which says at each poll which task it is.
    pub(crate) struct Named<F> {
        name: &'static str,
        #[pin]
        future: F,
    }
}

pub(crate) fn named<F: Future>(name: &'static str, future: F) -> Named<F> {
    Named { name, future }
}

impl<F: Future> Future for Named<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, poller: &mut Poller<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _polling = polling(this.name);
        this.future.poll(poller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::Tasks;

    #[tokio::test]
    async fn a_thread_tells_its_task_and_its_trace_while_it_polls() {
        let trace = TraceContext::root(true);
        let inside = async move {
            let before = current();
            tokio::task::yield_now().await;
            (before, traced(trace, async { current() }).await, current())
        };
        let (before, within, after) = Tasks::new().spawn("look", inside).join().await.unwrap();
        assert_eq!(before, Work { task: Some("look"), trace: None });
        assert_eq!(within, Work { task: Some("look"), trace: Some(trace) });
        assert_eq!(after, before);
        assert_eq!(current(), Work::default());
    }

    #[test]
    fn another_thread_sees_a_poll_that_does_not_end() {
        let (started, begun) = std::sync::mpsc::channel();
        let (let_go, held) = std::sync::mpsc::channel::<()>();
        let holder = std::thread::Builder::new().name("held".into()).spawn(move || {
            let _polling = polling("endless");
            let _ = started.send(std::thread::current().id());
            let _ = held.recv();
        });
        let thread = begun.recv().unwrap();
        let find = || slots().into_iter().find(|slot| slot.thread() == thread);
        let slot = find().unwrap();
        assert_eq!((slot.name(), slot.work().task), ("held", Some("endless")));
        let poll = slot.poll();
        assert!(poll.is_some() && slot.poll() == poll);
        drop(slot);
        drop(let_go);
        holder.unwrap().join().unwrap();
        assert!(find().is_none(), "a thread that has ended leaves no slot");
    }
}
