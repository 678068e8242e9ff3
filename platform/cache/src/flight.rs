//! One load of a value, and those who wait for it.
//!
//! The load is a task of its own: a caller that goes away takes nothing from the others. Whatever becomes of it, by
//! return, failure, panic or time-out, those who wait are told and the key is free for the next load.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use mainstay_core::{Error, Result, codes};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::store::{Stamp, Tag};

/// What a load came to.
#[derive(Clone, Debug)]
pub(crate) struct Landed {
    pub value: Option<Bytes>,
    pub tags: Arc<[Tag]>,
    pub stamp: Stamp,
}

type Outcome = Option<Result<Landed, Arc<Error>>>;

/// Loads under way, by key.
#[derive(Clone, Default)]
pub(crate) struct Flights(Arc<Mutex<HashMap<String, watch::Receiver<Outcome>>>>);

/// The right and the duty to load a key.
pub(crate) struct Pilot {
    flights: Flights,
    key: String,
    outcome: watch::Sender<Outcome>,
}

/// A place in the queue for a load.
pub(crate) struct Seat(watch::Receiver<Outcome>);

impl Flights {
    /// The load of the key that is under way, or the right to begin it.
    pub(crate) fn board(&self, key: &str) -> (Seat, Option<Pilot>) {
        let mut flights = self.0.lock();
        if let Some(outcome) = flights.get(key) {
            return (Seat(outcome.clone()), None);
        }
        let (outcome, seat) = watch::channel(None);
        flights.insert(key.to_owned(), seat.clone());
        (Seat(seat), Some(Pilot { flights: self.clone(), key: key.to_owned(), outcome }))
    }
}

impl Pilot {
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Tells those who wait. Who comes now begins a load of their own, or finds what was kept.
    pub(crate) fn land(self, outcome: Result<Landed>) {
        // The key first: whoever is told of a failure may ask again at once, and is not to get the same one.
        self.free();
        self.outcome.send_replace(Some(outcome.map_err(Arc::new)));
    }

    fn free(&self) {
        self.flights.0.lock().remove(&self.key);
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        // After a landing the key may be another load's already.
        if self.outcome.borrow().is_some() {
            return;
        }
        // A panic, or a task that was ended, must not leave anybody waiting.
        self.free();
        self.outcome
            .send_replace(Some(Err(Arc::new(codes::INTERNAL.error("the value could not be loaded")))));
    }
}

impl Seat {
    /// Waits for the load.
    pub(crate) async fn landed(mut self) -> Result<Landed> {
        let outcome = match self.0.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        };
        match outcome {
            Some(Ok(landed)) => Ok(landed),
            Some(Err(error)) => Err(again(&error)),
            None => Err(codes::INTERNAL.error("the value could not be loaded")),
        }
    }
}

/// The same error for another caller. Its cause was logged where it happened and stays there.
fn again(error: &Error) -> Error {
    Error::from_parts(
        error.kind(),
        error.code().to_owned(),
        error.title().to_owned(),
        error.message().to_owned(),
        error.retry(),
        error.fields().to_vec(),
    )
}
