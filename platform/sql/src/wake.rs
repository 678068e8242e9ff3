//! Tells that something changed, after the commit that changed it.
//!
//! It carries no data and loses no wake-up: who waits compares a number, then reads the table. It does not cross
//! processes, so every waiter also looks by itself after a period.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::Clock;
use tokio::sync::watch;

/// Bumped after a commit by [`crate::Tx::after_commit`].
#[derive(Debug)]
pub struct Wake(watch::Sender<u64>);

impl Wake {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(0)))
    }

    /// Wakes everybody who waits, and whoever comes to wait without having seen this bump.
    pub fn bump(&self) {
        self.0.send_modify(|number| *number = number.wrapping_add(1));
    }

    /// A waiter that has seen everything up to now.
    pub fn subscribe(&self) -> Waiter {
        Waiter(self.0.subscribe())
    }
}

/// One who waits for bumps.
#[derive(Clone, Debug)]
pub struct Waiter(watch::Receiver<u64>);

impl Waiter {
    /// Waits for a bump that this waiter has not seen, at most for `period`. Returns whether there was one.
    pub async fn wait_or(&mut self, clock: &Clock, period: Duration) -> bool {
        if self.0.has_changed().unwrap_or(false) {
            self.0.mark_unchanged();
            return true;
        }
        tokio::select! {
            biased;
            changed = self.0.changed() => match changed {
                Ok(()) => true,
                // The wake is gone, and with it everybody who could bump it; the period still counts.
                Err(_) => {
                    clock.sleep(period).await;
                    false
                }
            },
            () = clock.sleep(period) => false,
        }
    }

    /// Waits for a bump that this waiter has not seen. For ever, if there is none: for use inside a `select!`.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use mainstay_core::Timestamp;

    use super::*;

    #[tokio::test]
    async fn a_bump_before_the_wait_is_not_lost() {
        let (clock, _) = Clock::manual(Timestamp::from_micros(0));
        let wake = Wake::new();
        let mut waiter = wake.subscribe();
        wake.bump();
        wake.bump();
        assert!(waiter.wait_or(&clock, Duration::from_secs(1)).await);
        let mut again = Box::pin(waiter.wait_or(&clock, Duration::from_secs(1)));
        let pending = std::future::poll_fn(|cx| std::task::Poll::Ready(again.as_mut().poll(cx).is_pending()));
        assert!(pending.await, "both bumps were seen by one wait");
    }

    #[tokio::test]
    async fn the_period_ends_a_wait() {
        let (clock, manual) = Clock::manual(Timestamp::from_micros(0));
        let wake = Wake::new();
        let mut waiter = wake.subscribe();
        let wait = tokio::join!(waiter.wait_or(&clock, Duration::from_secs(1)), async {
            manual.advance(Duration::from_secs(1));
        });
        assert!(!wait.0);
    }
}
