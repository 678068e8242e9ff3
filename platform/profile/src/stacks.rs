//! Stacks of running threads, taken by a signal.
//!
//! The handler runs in the middle of whatever the thread does, so it takes no lock and no memory: it writes into tables
//! of atomics that were there before. A frame pointer may be anything at the instant of the signal (assembly, a
//! library built without them), so the handler never follows one itself: it asks the system to copy the two words that
//! it points to, which fails where there is no memory instead of ending the process.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};

/// Frames of one stack; deeper ones are cut at their root. Async stacks of the shop are some sixty deep.
const DEPTH_MAX: usize = 96;

/// Samples of one profile: a minute of two busy processors at a hundred a second, eleven megabytes that are only touched
/// when a profile is taken.
const SAMPLES_MAX: usize = 12_000;

/// A stack, innermost first, and the thread that it is of.
struct Sample {
    thread: AtomicI32,
    // Zero until it is whole.
    depth: AtomicUsize,
    frames: [AtomicUsize; DEPTH_MAX],
}

impl Sample {
    const fn new() -> Self {
        Self {
            thread: AtomicI32::new(0),
            depth: AtomicUsize::new(0),
            frames: [const { AtomicUsize::new(0) }; DEPTH_MAX],
        }
    }

    fn frames(&self) -> Option<Vec<usize>> {
        let depth = self.depth.load(Ordering::Acquire).min(DEPTH_MAX);
        (depth > 0).then(|| self.frames[..depth].iter().map(|frame| frame.load(Ordering::Relaxed)).collect())
    }
}

static SAMPLES: [Sample; SAMPLES_MAX] = [const { Sample::new() }; SAMPLES_MAX];
static TAKEN: AtomicUsize = AtomicUsize::new(0);
static SAMPLING: AtomicBool = AtomicBool::new(false);

/// The stack of a thread that was asked by name.
static ASKED: Sample = Sample::new();
static ASKED_THREAD: AtomicI32 = AtomicI32::new(0);

static INSTALLED: OnceLock<bool> = OnceLock::new();

/// Installs the handler of SIGPROF, once. `false` when the system does not let a process read its own memory by the call
/// that the handler needs.
pub(crate) fn install() -> bool {
    *INSTALLED.get_or_init(|| {
        let probe = [0x5eed_usize, 7];
        copied(probe.as_ptr() as usize) == Some([0x5eed, 7]) && set_handler()
    })
}

#[expect(unsafe_code, reason = "a signal's handler is set by the system's call")]
fn set_handler() -> bool {
    // SAFETY: a zeroed sigaction is a valid one (no flags, an empty mask); the handler has the signature that
    // SA_SIGINFO asks for, lives as long as the program, and keeps to what may be done in a handler: atomics, raw
    // system calls, and errno put back as it was.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaction(libc::SIGPROF, &raw const action, std::ptr::null_mut()) == 0
    }
}

#[expect(unsafe_code, reason = "errno and the interrupted registers are only reached by raw pointers")]
extern "C" fn on_signal(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: errno's place is always valid for the thread that runs; the system hands a handler with SA_SIGINFO a
    // context that is valid while it runs.
    unsafe {
        let errno = libc::__errno_location();
        let before = *errno;
        if let Some(context) = context.cast::<libc::ucontext_t>().as_ref() {
            let thread = libc::syscall(libc::SYS_gettid) as i32;
            if ASKED_THREAD.compare_exchange(thread, 0, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                fill(&ASKED, thread, registers(context));
            } else if SAMPLING.load(Ordering::Acquire) {
                let place = TAKEN.fetch_add(1, Ordering::Relaxed);
                if let Some(sample) = SAMPLES.get(place) {
                    fill(sample, thread, registers(context));
                }
            }
        }
        *errno = before;
    }
}

/// Where the thread stood, and its frame pointer.
#[cfg(target_arch = "x86_64")]
fn registers(context: &libc::ucontext_t) -> (usize, usize) {
    let registers = &context.uc_mcontext.gregs;
    (registers[libc::REG_RIP as usize] as usize, registers[libc::REG_RBP as usize] as usize)
}

#[cfg(target_arch = "aarch64")]
fn registers(context: &libc::ucontext_t) -> (usize, usize) {
    (context.uc_mcontext.pc as usize, context.uc_mcontext.regs[29] as usize)
}

fn fill(sample: &Sample, thread: i32, (place, mut frame): (usize, usize)) {
    sample.thread.store(thread, Ordering::Relaxed);
    sample.frames[0].store(place, Ordering::Relaxed);
    let mut depth = 1;
    while depth < DEPTH_MAX
        && frame.is_multiple_of(size_of::<usize>())
        && let Some([above, returns_to]) = copied(frame)
        && returns_to != 0
    {
        sample.frames[depth].store(returns_to, Ordering::Relaxed);
        depth += 1;
        // Stacks grow down, so whoever called lies above; anything else is no chain of frames.
        if above <= frame {
            break;
        }
        frame = above;
    }
    sample.depth.store(depth, Ordering::Release);
}

/// The two words at an address, or `None` where there is no memory to read.
#[expect(unsafe_code, reason = "the system copies memory that may not be there")]
fn copied(address: usize) -> Option<[usize; 2]> {
    let mut words = [0_usize; 2];
    let bytes = size_of_val(&words);
    let local = libc::iovec { iov_base: words.as_mut_ptr().cast(), iov_len: bytes };
    let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: bytes };
    // SAFETY: the local part describes `words`, which is alive and as long as it says; the remote part is read by the
    // system, which fails with EFAULT instead of faulting. It is a plain system call, fit for a handler.
    let read =
        unsafe { libc::process_vm_readv(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0) };
    (usize::try_from(read) == Ok(bytes)).then_some(words)
}

/// Asks a thread of this process for its stack, innermost first, and waits a little for it.
pub(crate) fn of_thread(thread: i32) -> Option<Vec<usize>> {
    static ONE_AT_A_TIME: parking_lot::Mutex<()> = parking_lot::Mutex::new(());
    let _one = ONE_AT_A_TIME.lock();
    if !install() {
        return None;
    }
    ASKED.depth.store(0, Ordering::Release);
    ASKED_THREAD.store(thread, Ordering::Release);
    signal(thread);
    for _ in 0..50 {
        if let Some(frames) = ASKED.frames() {
            return Some(frames);
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    // It sleeps where no signal wakes it, or has ended.
    ASKED_THREAD.store(0, Ordering::Release);
    None
}

#[expect(unsafe_code, reason = "the call has no safe wrapper here")]
fn signal(thread: i32) {
    // SAFETY: three numbers go in and one comes out; a thread that has ended makes it fail.
    unsafe {
        libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, libc::SIGPROF);
    }
}

/// Samples while it lives.
pub(crate) struct Sampling(());

impl Sampling {
    /// Begins to take `per_second` stacks of each second that the process computes; `None` when it is being sampled
    /// already.
    pub(crate) fn begin(per_second: u32) -> Option<Self> {
        if SAMPLING.swap(true, Ordering::AcqRel) {
            return None;
        }
        for sample in SAMPLES.iter().take(TAKEN.load(Ordering::Relaxed)) {
            sample.depth.store(0, Ordering::Relaxed);
        }
        TAKEN.store(0, Ordering::Release);
        set_timer(i64::from(1_000_000 / per_second.max(1)));
        Some(Self(()))
    }

    /// Ends, and hands over each stack with its thread's number.
    pub(crate) fn end(self) -> Vec<(i32, Vec<usize>)> {
        drop(self);
        let taken = TAKEN.load(Ordering::Acquire).min(SAMPLES_MAX);
        let whole = SAMPLES.iter().take(taken);
        whole.filter_map(|sample| Some((sample.thread.load(Ordering::Relaxed), sample.frames()?))).collect()
    }
}

impl Drop for Sampling {
    fn drop(&mut self) {
        set_timer(0);
        SAMPLING.store(false, Ordering::Release);
    }
}

/// The timer that counts the processor time of the whole process and signals the thread that runs when it is up.
#[expect(unsafe_code, reason = "the call has no safe wrapper here")]
fn set_timer(micros: i64) {
    let every = libc::timeval { tv_sec: 0, tv_usec: micros };
    let timer = libc::itimerval { it_interval: every, it_value: every };
    // SAFETY: the structure is alive and whole; nothing is written back.
    unsafe {
        libc::setitimer(libc::ITIMER_PROF, &raw const timer, std::ptr::null_mut());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_memory_is_not_read() {
        assert_eq!(copied(8), None);
        assert_eq!(copied(usize::MAX - 7), None);
        let words = [1_usize, 2];
        assert_eq!(copied(words.as_ptr() as usize), Some([1, 2]));
    }
}
