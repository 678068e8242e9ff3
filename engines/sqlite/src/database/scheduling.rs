//! How Linux schedules a thread that writes.
//!
//! By default a thread that wakes may take the processor from the one that woke it. Here that is a caller, or a runtime
//! about to run the next one: it is stopped with the writes still in hand that could have shared the commit. A batch
//! thread waits until a processor is free or the scheduler's turn comes to it, with the same share of time
//! (sched(7), `SCHED_BATCH`), and finds more works in line.

/// Makes the calling thread a batch thread. Where the system refuses, it writes all the same, in smaller commits.
#[expect(unsafe_code, reason = "the call has no safe wrapper here")]
pub(super) fn become_batch() {
    // SAFETY: a zeroed sched_param is a valid one (priority 0, the only one that this policy has), alive during the
    // call, which only reads it; thread 0 is the caller itself.
    let refused = unsafe {
        let parameters: libc::sched_param = std::mem::zeroed();
        libc::sched_setscheduler(0, libc::SCHED_BATCH, &raw const parameters) != 0
    };
    if refused {
        let error = std::io::Error::last_os_error();
        tracing::debug!(error = %error, "the thread that writes is scheduled like any other");
    }
}
