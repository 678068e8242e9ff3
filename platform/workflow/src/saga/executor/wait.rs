//! Puts a run to sleep until a signal or a time, unless the signal is there already.

use mainstay_core::Timestamp;
use mainstay_sql::Tx;

use super::{Flight, Flow, SHORTEST_WAIT};
use crate::saga::commit::{Uncommitted, commit};
use crate::saga::definition::State;
use crate::saga::journal::{self, JournalKind, NewEntry, Note};
use crate::saga::load;
use crate::saga::status::RunState;
use crate::saga::{runs, signals};

enum Waited {
    Asleep,
    /// The signal with this sequence is there and was not seen.
    Woken(i64),
}

impl<S: State> Flight<S> {
    /// Writes that the step waits. That the signal is not there is checked in the same transaction, so one that was
    /// sent a moment ago is not slept through.
    pub(super) async fn wait(
        &mut self,
        place: usize,
        began: Timestamp,
        state: S,
        signal: &'static str,
        until: Timestamp,
    ) -> Result<Flow<S>, Uncommitted> {
        if let Some(flow) = self.catch_up().await? {
            return Ok(flow);
        }
        let json = match load::print(&state) {
            Ok(json) => json,
            Err(error) => return self.failed(place, began, error).await,
        };
        let step = self.executor.names[place];
        let (number, seen) = (self.row.number, self.last_signal);
        let (attempt, next_sequence) = (self.standing.attempts + 1, self.standing.next_sequence);
        let wait_sequence = self.standing.wait_sequence;
        let changed = (*json != *self.json).then_some(json);
        let wake_at =
            self.deadline(place).map_or(until, |deadline| deadline.min(until)).max(began + SHORTEST_WAIT);
        let note = Note::Wait { signal: signal.to_owned(), until };
        let text = changed.clone();
        let work = move |tx: &Tx<'_>| {
            if let Some(sequence) = signals::newer(tx, number, signal, seen)? {
                return Ok(Waited::Woken(sequence));
            }
            let entry = NewEntry {
                number,
                sequence: wait_sequence.unwrap_or(next_sequence),
                kind: JournalKind::Waiting,
                step,
                attempt,
                began_at: began,
                at: tx.now(),
                note: Some(&note),
                state: text.as_deref(),
            };
            match wait_sequence {
                Some(_) => journal::replace(tx, &entry)?,
                None => journal::append(tx, &entry)?,
            }
            runs::set_asleep(tx, number, wake_at, Some(signal))?;
            Ok(Waited::Asleep)
        };
        let waited = commit(&self.term, &self.row.context, move |tx, _| work(tx)).await?;
        self.standing.waiting_until = Some(until);
        match waited {
            Waited::Woken(sequence) => {
                self.last_signal = sequence;
                Ok(Flow::Onward(state))
            }
            Waited::Asleep => {
                self.executor.metrics.slept.inc();
                self.term.core.sleeps_until(wake_at);
                self.tell(RunState::Waiting { signal: signal.to_owned(), until: wake_at }, &state);
                Ok(Flow::Landed)
            }
        }
    }
}
