//! A job before it is enqueued.

use std::time::Duration;

use mainstay_core::{Result, Timestamp};

use crate::codes;
use crate::job::Job;

/// The largest payload: a job names what it works on, it does not carry it.
pub const MAX_PAYLOAD_BYTES: usize = 64 * 1024;

/// The longest unique key: room for a few ids.
pub const MAX_UNIQUE_KEY_BYTES: usize = 200;

/// Which of two due jobs goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum Priority {
    /// Somebody waits for it.
    High,
    #[default]
    Normal,
    /// Housekeeping.
    Low,
}

impl Priority {
    /// The most urgent first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// As stored; smaller is more urgent.
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::High => 0,
            Self::Normal => 1,
            Self::Low => 2,
        }
    }

    pub(crate) const fn from_number(number: i64) -> Self {
        match number {
            0 => Self::High,
            1 => Self::Normal,
            _ => Self::Low,
        }
    }
}

/// When a job may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    After(Duration),
    At(Timestamp),
}

/// A job to be enqueued by [`Jobs::enqueue`](crate::Jobs::enqueue) or fired by a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    pub(crate) kind: &'static str,
    pub(crate) payload: String,
    pub(crate) unique: Option<String>,
    pub(crate) priority: Priority,
    pub(crate) start: Start,
}

impl NewJob {
    /// A job of kind `J`, due at once. `jobs.too_large` above [`MAX_PAYLOAD_BYTES`] of JSON.
    pub fn of<J: Job>(payload: &J::Payload) -> Result<Self> {
        let payload = serde_json::to_string(payload).map_err(|error| {
            codes::UNREADABLE.because(format!("the payload of {} has no JSON form", J::KIND), error)
        })?;
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(codes::TOO_LARGE.error(format!(
                "the payload of {} has {} bytes; at most {MAX_PAYLOAD_BYTES} are stored",
                J::KIND,
                payload.len()
            )));
        }
        Ok(Self {
            kind: J::KIND,
            payload,
            unique: None,
            priority: Priority::Normal,
            start: Start::After(Duration::ZERO),
        })
    }

    /// While a job of this kind with this key is queued or running, enqueueing another one gives that one back.
    #[must_use]
    pub fn unique(mut self, key: impl Into<String>) -> Self {
        self.unique = Some(key.into());
        self
    }

    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Not before this instant of the wall clock, however that is moved.
    #[must_use]
    pub fn at(mut self, instant: Timestamp) -> Self {
        self.start = Start::At(instant);
        self
    }

    /// Not before this long after the transaction that enqueues it began.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.start = Start::After(wait);
        self
    }
}
