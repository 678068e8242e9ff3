//! Waiting while another process writes.
//!
//! SQLite's own waiting sleeps for up to a tenth of a second at a time and so loses its turn to whoever is quicker.
//! A commit takes a fraction of a millisecond; looking that often costs little.

use std::cell::Cell;
use std::thread;
use std::time::Duration;

/// The first looks come this close together, so that one short commit of another process costs little.
const FIRST_NAP: Duration = Duration::from_micros(100);
const FIRST_NAPS: u32 = 50;
const NAP: Duration = Duration::from_millis(1);

/// The time after which a transaction of another process counts as stuck: about five seconds.
const NAPS: u32 = 5_000;

/// How long a checkpoint may wait for readers while everybody who writes waits for it: a tenth of a second.
const CHECKPOINT_NAPS: u32 = 150;

thread_local! {
    // The binding takes a plain function, so what differs between calls is told by the thread they are on.
    static LIMIT: Cell<u32> = const { Cell::new(NAPS) };
}

/// SQLite's busy handler: whether to look again.
pub(super) fn wait(naps: i32) -> bool {
    let naps = naps.unsigned_abs();
    if naps >= LIMIT.get() {
        return false;
    }
    thread::sleep(if naps < FIRST_NAPS { FIRST_NAP } else { NAP });
    true
}

/// Runs a checkpoint, which must not wait for its turn as long as a write may.
pub(super) fn briefly<T>(run: impl FnOnce() -> T) -> T {
    LIMIT.set(CHECKPOINT_NAPS);
    let outcome = run();
    LIMIT.set(NAPS);
    outcome
}
