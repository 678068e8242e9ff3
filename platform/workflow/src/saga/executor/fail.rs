//! Writes that an attempt failed, and what becomes of the run: another attempt, the way back, or a stand.

use std::sync::Arc;

use mainstay_core::{Context, Error, Id, Result, Timestamp};
use mainstay_sql::Tx;

use super::{Executor, Flight, Flow, SHORT_PAUSE};
use crate::saga::backoff;
use crate::saga::commit::{Uncommitted, commit};
use crate::saga::definition::State;
use crate::saga::dispatcher::Term;
use crate::saga::failure::Failure;
use crate::saga::journal::{self, JOURNAL_FULL, JournalKind, NewEntry, Note};
use crate::saga::load::{self, Stored};
use crate::saga::position::Position;
use crate::saga::runs;
use crate::saga::status::{RunKind, RunState};
use crate::saga::verdict::{Verdict, judge};

impl<S: State> Flight<S> {
    /// Judges a failed attempt and writes the verdict. The state goes back to what is stored.
    pub(super) async fn failed(
        &mut self,
        place: usize,
        began: Timestamp,
        error: Error,
    ) -> Result<Flow<S>, Uncommitted> {
        self.executor.metrics.failed_attempts.inc();
        if let Some(flow) = self.catch_up().await? {
            return Ok(flow);
        }
        let policy = self.executor.definition.steps[place].policy();
        self.standing.attempts += 1;
        let mut verdict = judge(&self.standing, self.executor.pivot, &policy, &error);
        self.standing.unknown |= error.outcome_unknown();
        if verdict == Verdict::Again && self.standing.next_sequence >= JOURNAL_FULL {
            verdict = Verdict::Park;
        }
        tracing::debug!(
            saga.run = %self.row.run,
            saga.step = self.executor.names[place],
            saga.attempt = self.standing.attempts,
            ?verdict,
            error = error.chain(),
            "an attempt failed"
        );
        match verdict {
            Verdict::Again => self.again(place, began, &error).await,
            Verdict::TurnBack => self.turn_back(place, began, &error).await,
            Verdict::Park => self.park(place, began, &error).await,
        }
    }

    async fn again(&mut self, place: usize, began: Timestamp, error: &Error) -> Result<Flow<S>, Uncommitted> {
        let policy = self.executor.definition.steps[place].policy();
        let pause = backoff::pause(self.row.run, self.standing.attempts, &policy, error);
        let entry = self.entry(place, began, self.failed_kind(), Note::Failure(Failure::from(error)));
        let asleep = self.row.asleep;
        let wake_at = (pause > SHORT_PAUSE).then(|| self.wake_at(place, pause));
        let work = move |tx: &Tx<'_>| {
            entry.append(tx, 0)?;
            match wake_at {
                Some(wake_at) => runs::set_asleep(tx, entry.number, wake_at, None),
                None if asleep => runs::set_active(tx, entry.number),
                None => Ok(()),
            }
        };
        commit(&self.term, &self.row.context, move |tx, _| work(tx)).await?;
        self.standing.next_sequence += 1;
        self.standing.wait_sequence = None;
        self.row.asleep = wake_at.is_some();
        let state = self.stored_state()?;
        match wake_at {
            Some(at) => {
                self.term.core.sleeps_until(at);
                let shown = match &self.standing.failure {
                    Some(failure) => RunState::Undoing(failure.clone()),
                    None => RunState::Retrying { at },
                };
                self.tell(shown, &state);
                Ok(Flow::Landed)
            }
            None => Ok(Flow::After(pause, state)),
        }
    }

    /// Turns the run back at the step at `place`, which is undone first. Before it the next one, where whoever had the
    /// run before may have come to that without writing this one.
    pub(super) async fn turn_back(
        &mut self,
        place: usize,
        began: Timestamp,
        error: &Error,
    ) -> Result<Flow<S>, Uncommitted> {
        let late = self.row.taken_up && self.executor.definition.steps[place].is_written_with_next();
        let place = if late { place + 1 } else { place };
        let failure = Failure::from(error);
        let entry = self.entry(place, began, JournalKind::TurnedBack, Note::Failure(failure.clone()));
        let (asleep, stored) = (self.row.asleep, failure.clone());
        let work = move |tx: &Tx<'_>| {
            entry.append(tx, 0)?;
            runs::set_failure(tx, entry.number, &stored)?;
            if asleep { runs::set_active(tx, entry.number) } else { Ok(()) }
        };
        commit(&self.term, &self.row.context, move |tx, _| work(tx)).await?;
        tracing::info!(
            saga.run = %self.row.run,
            saga.name = self.executor.definition.name,
            saga.step = self.executor.names[place],
            error = error.chain(),
            "a run turned back"
        );
        self.standing.next_sequence += 1;
        self.standing.reach(Position::Back(place));
        self.standing.failure = Some(failure.clone());
        self.row.asleep = false;
        let state = self.stored_state()?;
        self.tell(RunState::Undoing(failure), &state);
        Ok(Flow::Onward(state))
    }

    async fn park(&mut self, place: usize, began: Timestamp, error: &Error) -> Result<Flow<S>, Uncommitted> {
        let reason = format!(
            "{}{} failed at attempt {} with {}: {}",
            if matches!(self.standing.position, Position::Back(_)) { "undo of " } else { "" },
            self.executor.names[place],
            self.standing.attempts,
            error.code(),
            error.message()
        );
        let failed = self.entry(place, began, self.failed_kind(), Note::Failure(Failure::from(error)));
        let parked = self.entry(place, began, JournalKind::Parked, Note::Reason(reason.clone()));
        let text = reason.clone();
        let work = move |tx: &Tx<'_>| {
            failed.append(tx, 0)?;
            parked.append(tx, 1)?;
            runs::set_parked(tx, parked.number, &text)
        };
        commit(&self.term, &self.row.context, move |tx, _| work(tx)).await?;
        tracing::error!(
            saga.run = %self.row.run,
            saga.name = self.executor.definition.name,
            saga.step = self.executor.names[place],
            error = error.chain(),
            "a run is parked until somebody resumes it"
        );
        self.executor.metrics.parked.inc();
        let state = self.stored_state()?;
        self.tell(RunState::Parked { reason }, &state);
        Ok(Flow::Landed)
    }

    fn failed_kind(&self) -> JournalKind {
        match self.standing.position {
            Position::Forward(_) => JournalKind::Failed,
            Position::Back(_) => JournalKind::UndoFailed,
        }
    }

    fn wake_at(&self, place: usize, pause: std::time::Duration) -> Timestamp {
        let at = self.term.db.clock().now() + pause;
        match (self.standing.position, self.deadline(place)) {
            (Position::Forward(_), Some(deadline)) => at.min(deadline),
            (Position::Forward(_), None) | (Position::Back(_), _) => at,
        }
    }

    fn entry(&self, place: usize, began_at: Timestamp, kind: JournalKind, note: Note) -> Owned {
        Owned {
            number: self.row.number,
            sequence: self.standing.next_sequence,
            kind,
            step: self.executor.names[place],
            attempt: self.standing.attempts,
            began_at,
            note,
        }
    }

    fn stored_state(&self) -> Result<S, Uncommitted> {
        load::parse(&self.json).map_err(Uncommitted::Refused)
    }
}

/// An entry that the closure of a write owns.
struct Owned {
    number: i64,
    sequence: u32,
    kind: JournalKind,
    step: &'static str,
    attempt: u32,
    began_at: Timestamp,
    note: Note,
}

impl Owned {
    fn append(&self, tx: &Tx<'_>, later: u32) -> Result<()> {
        journal::append(
            tx,
            &NewEntry {
                number: self.number,
                sequence: self.sequence + later,
                kind: self.kind,
                step: self.step,
                attempt: self.attempt,
                began_at: self.began_at,
                at: tx.now(),
                note: Some(&self.note),
                state: None,
            },
        )
    }
}

/// What is known of a run when its journal or its state cannot be read.
pub(super) struct Unreadable {
    number: i64,
    run: Id<RunKind>,
    next_sequence: u32,
    step: String,
}

impl Unreadable {
    pub fn of(stored: &Stored) -> Self {
        let last = stored.entries.last();
        Self {
            number: stored.row.number,
            run: stored.row.run,
            next_sequence: last.map_or(0, |entry| entry.sequence + 1),
            step: last.map(|entry| entry.step.clone()).unwrap_or_default(),
        }
    }

    /// Parks the run: only a person (or another release) can help it.
    pub async fn park<S: State>(self, executor: &Arc<Executor<S>>, term: &Term, error: &Error) -> bool {
        let run = self.run;
        tracing::error!(saga.run = %run, error = error.chain(), "a run cannot be read and is parked");
        executor.metrics.parked.inc();
        let reason = format!("{}: {}", error.code(), error.message());
        let context = Context::background(term.db.name().to_owned());
        let written = commit(term, &context, move |tx, _| {
            journal::append(
                tx,
                &NewEntry {
                    number: self.number,
                    sequence: self.next_sequence,
                    kind: JournalKind::Parked,
                    step: &self.step,
                    attempt: 0,
                    began_at: tx.now(),
                    at: tx.now(),
                    note: Some(&Note::Reason(reason.clone())),
                    state: None,
                },
            )?;
            runs::set_parked(tx, self.number, &reason)
        });
        written.await.is_ok()
    }
}
