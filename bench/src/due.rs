//! When an open model sends. The runtime's own timers ring up to a millisecond late, which would count as the server's.

use std::time::Duration;

use mainstay_core::{Clock, Monotonic};
use tokio::sync::mpsc;

/// A request's number, and the time at which it is due.
pub type Turn = (u64, Monotonic);

/// Tells, from a thread that sleeps exactly, each request when it is due, so many a second, `total` in all.
pub fn at_rate(rate: u64, total: u64) -> std::io::Result<mpsc::UnboundedReceiver<Turn>> {
    let mut one = in_turn(1, rate, total)?;
    one.pop().ok_or_else(|| std::io::ErrorKind::InvalidInput.into())
}

/// The same among so many, who take turns.
pub fn in_turn(takers: usize, rate: u64, total: u64) -> std::io::Result<Vec<mpsc::UnboundedReceiver<Turn>>> {
    // No more are ever in a queue than there are in all.
    let (senders, receivers): (Vec<_>, _) = (0..takers).map(|_| mpsc::unbounded_channel()).unzip();
    let clock = Clock::system();
    let began = clock.monotonic() + SETTLE;
    std::thread::Builder::new().name("due".into()).spawn(move || {
        for (number, sender) in (0..total).zip(senders.iter().cycle()) {
            let due = began + Duration::from_secs_f64(number as f64 / rate as f64);
            std::thread::sleep(due.since(clock.monotonic()));
            if sender.send((number, due)).is_err() {
                // It failed, and says so itself.
                return;
            }
        }
    })?;
    Ok(receivers)
}

/// Until all who take turns are there.
const SETTLE: Duration = Duration::from_millis(100);
