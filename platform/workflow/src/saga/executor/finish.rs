//! The one write of a step: its local effect, the state after it, the mark that it is done (or undone), and with the
//! last one the run's end.

use std::sync::Arc;

use mainstay_core::{Result, Timestamp};
use mainstay_sql::Tx;
use mainstay_telemetry::SpanGuard;

use super::{Executor, Flight, Flow};
use crate::saga::commit::{Blame, Uncommitted, commit};
use crate::saga::definition::{RunEnd, State};
use crate::saga::journal::{self, JournalKind, NewEntry};
use crate::saga::load;
use crate::saga::position::Position;
use crate::saga::runs::{self, Phase};
use crate::saga::status::RunState;
use crate::saga::step_context::StepContext;

/// What goes into the transaction; it may run more than once, on the same state.
struct StepWrite<S: State> {
    executor: Arc<Executor<S>>,
    cx: Arc<StepContext>,
    position: Position,
    state: S,
    json: Arc<str>,
    sequence: u32,
    began: Timestamp,
    asleep: bool,
    end: Option<RunEnd>,
}

impl<S: State> StepWrite<S> {
    /// Returns the state after it, and its text when that changed.
    fn apply(&self, tx: &Tx<'_>, blame: &Blame) -> Result<(S, Option<Arc<str>>)> {
        let step = &self.executor.definition.steps[self.position.place()];
        let mut state = self.state.clone();
        let json = blame.theirs(|| {
            match self.position {
                Position::Forward(_) => step.record(tx, &self.cx, &mut state)?,
                Position::Back(_) => step.record_undo(tx, &self.cx, &mut state)?,
            }
            if let (Some(end), Some(hook)) = (&self.end, &self.executor.definition.on_end) {
                hook(tx, end, &mut state)?;
            }
            load::print(&state)
        })?;
        let json = (*json != *self.json).then(|| Arc::from(json));
        journal::append(
            tx,
            &NewEntry {
                number: self.cx.number,
                sequence: self.sequence,
                kind: match self.position {
                    Position::Forward(_) => JournalKind::Done,
                    Position::Back(_) => JournalKind::Undone,
                },
                step: self.cx.step,
                attempt: self.cx.attempt,
                began_at: self.began,
                at: tx.now(),
                note: None,
                state: json.as_deref(),
            },
        )?;
        match &self.end {
            Some(RunEnd::Done) => runs::set_ended(tx, self.cx.number, Phase::Done, tx.now())?,
            Some(RunEnd::Undone(_)) => runs::set_ended(tx, self.cx.number, Phase::Undone, tx.now())?,
            None if self.asleep => runs::set_active(tx, self.cx.number)?,
            None => {}
        }
        Ok((state, json))
    }
}

impl<S: State> Flight<S> {
    /// Writes that the step at hand is done, or undone, and moves on.
    pub(super) async fn finish(
        &mut self,
        place: usize,
        began: Timestamp,
        cx: Arc<StepContext>,
        state: S,
        mut span: SpanGuard,
    ) -> Result<Flow<S>, Uncommitted> {
        let position = self.standing.position;
        let next = match position {
            Position::Forward(_) => {
                (place + 1 < self.executor.names.len()).then_some(Position::Forward(place + 1))
            }
            Position::Back(_) => place.checked_sub(1).map(Position::Back),
        };
        let end = match (next, &self.standing.failure) {
            (Some(_), _) => None,
            (None, Some(failure)) => Some(RunEnd::Undone(failure.clone())),
            (None, None) => Some(RunEnd::Done),
        };
        let write = StepWrite {
            executor: Arc::clone(&self.executor),
            cx,
            position,
            state,
            json: Arc::clone(&self.json),
            sequence: self.standing.next_sequence,
            began,
            asleep: self.row.asleep,
            end: end.clone(),
        };
        let written = commit(&self.term, &span.context(), move |tx, blame| write.apply(tx, blame)).await;
        let (state, json) = match written {
            Ok(written) => written,
            Err(Uncommitted::Refused(error)) => {
                span.fail(&error);
                return self.failed(place, began, error).await;
            }
            Err(lost) => return Err(lost),
        };
        drop(span);
        if let Some(json) = json {
            self.json = json;
        }
        self.standing.next_sequence += 1;
        self.row.asleep = false;
        if let Some(next) = next {
            self.standing.reach(next);
        }
        let Some(end) = end else {
            let shown = match &self.standing.failure {
                Some(failure) => RunState::Undoing(failure.clone()),
                None => RunState::Running,
            };
            self.tell(shown, &state);
            return Ok(Flow::Onward(state));
        };
        let metrics = &self.executor.metrics;
        metrics.run.observe(self.term.db.clock().now().since(self.row.started_at).as_secs_f64());
        match end {
            RunEnd::Done => {
                metrics.done.inc();
                self.tell(RunState::Done, &state);
            }
            RunEnd::Undone(failure) => {
                metrics.undone.inc();
                self.tell(RunState::Undone(failure), &state);
            }
        }
        Ok(Flow::Landed)
    }
}
