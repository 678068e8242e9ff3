//! The least time between two rounds of a loop, so that under load what comes meanwhile shares the next one.

use std::time::Duration;

use crate::clock::{Clock, Monotonic};

/// Holds a loop back. By the machine's clock and never by one that a test moves, for it is about the machine's work.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    least: Duration,
    not_before: Monotonic,
}

impl Pace {
    /// At least `least` between two rounds; the first may begin at once, as may any that comes after a pause.
    pub fn new(least: Duration) -> Self {
        Self { least, not_before: Clock::system().monotonic() }
    }

    /// A round begins: the next one is due when the time has passed from now on.
    pub fn begin(&mut self) {
        self.not_before = Clock::system().monotonic() + self.least;
    }

    pub fn is_due(&self) -> bool {
        Clock::system().monotonic() >= self.not_before
    }

    /// Waits until the next round is due; not at all when it is.
    pub async fn due(&self) {
        if !self.is_due() {
            Clock::system().sleep_until(self.not_before).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn only_what_follows_closely_is_held_back() {
        let mut pace = Pace::new(Duration::from_secs(3_600));
        assert!(pace.is_due() && pace.due().now_or_never().is_some());
        pace.begin();
        assert!(!pace.is_due() && pace.due().now_or_never().is_none());
        let mut none = Pace::new(Duration::ZERO);
        none.begin();
        assert!(none.due().now_or_never().is_some());
    }
}
