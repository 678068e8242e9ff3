//! Who uses the processor, for some seconds.

use std::collections::HashMap;
use std::time::Duration;

use mainstay_core::{Clock, Result};

use crate::codes::{BUSY, UNAVAILABLE};
use crate::profile::{Profile, Stack, Unit};
use crate::stacks::{self, Sampling};

/// Stacks a second of processor time; not a round number, so that it does not beat with timers.
const PER_SECOND: u32 = 99;

/// The longest profile that is taken: an answer over HTTP must be there within half a minute.
pub const LONGEST: Duration = Duration::from_secs(25);

/// Watches the whole process for `length`, up to [`LONGEST`]. One at a time.
///
/// # Errors
/// `profile.busy` while another is taken, `profile.unavailable` where the system does not let a process look.
pub async fn profile(length: Duration, clock: &Clock) -> Result<Profile> {
    if !stacks::install() {
        return Err(UNAVAILABLE.error("the system does not let a process read its own stacks"));
    }
    let sampling = Sampling::begin(PER_SECOND).ok_or_else(|| BUSY.error("another profile is being taken"))?;
    clock.sleep(length.min(LONGEST)).await;
    let mut names: HashMap<i32, String> = HashMap::new();
    let weight = 1e9 / f64::from(PER_SECOND);
    let stacks = sampling.end().into_iter().map(|(thread, frames)| {
        let place = names.entry(thread).or_insert_with(|| thread_name(thread)).clone();
        Stack { frames, place, weight }
    });
    Ok(Profile { unit: Unit::Cpu, stacks: stacks.collect() })
}

/// What the thread is called, or its number once it has ended.
fn thread_name(thread: i32) -> String {
    let name = std::fs::read_to_string(format!("/proc/self/task/{thread}/comm"));
    name.map_or_else(|_| format!("thread {thread}"), |name| name.trim_end().to_owned())
}
