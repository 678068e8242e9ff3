//! The one deadline that everything shares when a process stops.

use std::time::Duration;

use mainstay_core::{Clock, Monotonic};

/// The time from the request to stop until the process ends at the latest. Each stage takes what it needs of its
/// share, and what it leaves goes to those after it.
#[derive(Clone, Debug)]
pub(crate) struct Deadline {
    clock: Clock,
    end: Monotonic,
}

impl Deadline {
    pub(crate) fn in_(limit: Duration, clock: &Clock) -> Self {
        Self { clock: clock.clone(), end: clock.monotonic() + limit }
    }

    /// What is left for everything.
    pub(crate) fn left(&self) -> Duration {
        self.end.since(self.clock.monotonic())
    }

    /// `percent` of what is left.
    pub(crate) fn share(&self, percent: u32) -> Duration {
        self.left() * percent / 100
    }

    /// Waits for a stage within `percent` of what is left. `false` when it did not end in time.
    pub(crate) async fn stage(
        &self,
        name: &'static str,
        percent: u32,
        stage: impl Future<Output = ()>,
    ) -> bool {
        let ended = self.clock.timeout(self.share(percent), stage).await.is_ok();
        if !ended {
            tracing::warn!(stage = name, "did not end within its share of the drain");
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use mainstay_core::Timestamp;

    use super::*;

    #[tokio::test]
    async fn what_a_stage_leaves_goes_to_the_next() {
        let (clock, manual) = Clock::manual(Timestamp::from_micros(0));
        let deadline = Deadline::in_(Duration::from_secs(10), &clock);
        assert_eq!(deadline.share(50), Duration::from_secs(5));
        manual.advance(Duration::from_secs(2));
        assert_eq!(deadline.share(50), Duration::from_secs(4));
        assert!(deadline.stage("quick", 50, async {}).await);
        manual.advance(Duration::from_secs(9));
        assert_eq!(deadline.left(), Duration::ZERO);
        assert!(!deadline.stage("stuck", 100, std::future::pending()).await);
    }
}
