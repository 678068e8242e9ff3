//! When an open model sends. The runtime's own timers ring up to two milliseconds late, which would count as the server's
//! time.

use std::time::Duration;

use mainstay_core::{Clock, Monotonic};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A request's number, and the time at which it is due.
pub type Turn = (u64, Monotonic);

/// From now until the first is due, so that whoever waits for it is there.
const SETTLE: Duration = Duration::from_millis(100);

/// Tells each request when it is due, from a thread that sleeps exactly. `dues` are counted from a moment on that is near,
/// and rise; what is told and not taken yet is a few bytes for each of them.
///
/// # Errors
/// When there is no thread for it.
pub fn at(dues: impl Iterator<Item = Duration> + Send + 'static) -> std::io::Result<UnboundedReceiver<Turn>> {
    let mut one = in_turn(1, dues)?;
    one.pop().ok_or_else(|| std::io::ErrorKind::InvalidInput.into())
}

/// The same for so many who take turns.
///
/// # Errors
/// When there is no thread for it.
pub fn in_turn(
    takers: usize,
    dues: impl Iterator<Item = Duration> + Send + 'static,
) -> std::io::Result<Vec<UnboundedReceiver<Turn>>> {
    let (senders, receivers): (Vec<_>, _) = (0..takers).map(|_| unbounded_channel()).unzip();
    let clock = Clock::system();
    let began = clock.monotonic() + SETTLE;
    std::thread::Builder::new().name("due".into()).spawn(move || {
        for ((number, due), sender) in (0..).zip(dues).zip(senders.iter().cycle()) {
            let due = began + due;
            std::thread::sleep(due.since(clock.monotonic()));
            if sender.send((number, due)).is_err() {
                // Nobody waits for it any more.
                return;
            }
        }
    })?;
    Ok(receivers)
}

/// The times of so many requests at a steady rate a second.
pub fn steadily(rate: f64, total: u64) -> impl Iterator<Item = Duration> + Send + 'static {
    (0..total).map(move |number| Duration::from_secs_f64(number as f64 / rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_is_told_once_in_order_and_not_before_it_is_due() {
        let clock = Clock::system();
        let mut takers = in_turn(2, steadily(1_000.0, 21)).unwrap();
        let mut second = takers.pop().unwrap();
        let mut first = takers.pop().unwrap();
        let mut last = None;
        for expected in 0..21 {
            let taker = if expected % 2 == 0 { &mut first } else { &mut second };
            let (number, due) = taker.recv().await.unwrap();
            assert_eq!(number, expected);
            assert_eq!(due.since(clock.monotonic()), Duration::ZERO);
            assert!(last < Some(due));
            last = Some(due);
        }
        assert!(first.recv().await.is_none() && second.recv().await.is_none());
    }

    #[tokio::test]
    async fn whoever_goes_away_ends_it() {
        let (told, mut asked) = unbounded_channel();
        let dues = std::iter::repeat_with(move || told.send(()).map_or(Duration::MAX, |()| Duration::ZERO));
        drop(at(dues).unwrap());
        while asked.recv().await.is_some() {}
    }
}
