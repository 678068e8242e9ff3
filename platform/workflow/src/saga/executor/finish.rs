//! The one write of a step: its local effect, the state after it, the mark that it is done (or undone), and with the
//! last one the run's end. Steps that only record ride along with the one before them, steps that allow it with the one
//! after them.

use std::sync::Arc;

use mainstay_core::{Context, Result, Timestamp};
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

/// One step within a write.
pub(super) struct Part {
    cx: Arc<StepContext>,
    position: Position,
    sequence: u32,
    began: Timestamp,
}

/// What goes into the transaction; it may run more than once, on the same state.
struct StepWrite<S: State> {
    executor: Arc<Executor<S>>,
    /// The step at hand; before it the one that waited for it, behind it those that only record.
    parts: Vec<Part>,
    state: S,
    json: Arc<str>,
    asleep: bool,
    end: Option<RunEnd>,
}

impl<S: State> StepWrite<S> {
    /// Returns the state after it, and its text when that changed.
    fn apply(&self, tx: &Tx<'_>, blame: &Blame) -> Result<(S, Option<Arc<str>>)> {
        let mut state = self.state.clone();
        let mut changed: Option<Arc<str>> = None;
        for (place, part) in self.parts.iter().enumerate() {
            let end = self.end.as_ref().filter(|_| place + 1 == self.parts.len());
            let json = blame.theirs(|| self.record(tx, part, end, &mut state))?;
            let json = (*json != **changed.as_ref().unwrap_or(&self.json)).then(|| Arc::from(json));
            part.append(tx, json.as_deref())?;
            changed = json.or(changed);
        }
        let number = self.parts[0].cx.number;
        match &self.end {
            Some(RunEnd::Done) => runs::set_ended(tx, number, Phase::Done, tx.now())?,
            Some(RunEnd::Undone(_)) => runs::set_ended(tx, number, Phase::Undone, tx.now())?,
            None if self.asleep => runs::set_active(tx, number)?,
            None => {}
        }
        Ok((state, changed))
    }

    /// What the saga's author wrote for this step; the state after it as text.
    fn record(&self, tx: &Tx<'_>, part: &Part, end: Option<&RunEnd>, state: &mut S) -> Result<String> {
        let step = &self.executor.definition.steps[part.position.place()];
        match part.position {
            Position::Forward(_) => step.record(tx, &part.cx, state)?,
            Position::Back(_) => step.record_undo(tx, &part.cx, state)?,
        }
        if let (Some(end), Some(hook)) = (end, &self.executor.definition.on_end) {
            hook(tx, end, state)?;
        }
        load::print(state)
    }
}

impl Part {
    fn append(&self, tx: &Tx<'_>, state: Option<&str>) -> Result<()> {
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
                state,
            },
        )
    }
}

/// A step that has done its outer part, on its way into the table.
pub(super) struct Finished {
    pub place: usize,
    pub began: Timestamp,
    pub cx: Arc<StepContext>,
    pub span: SpanGuard,
}

impl<S: State> Flight<S> {
    /// Writes that the step at hand is done, or undone, and moves on. Steps behind it that only record go into the same
    /// write; when one of them is refused, the step at hand is written alone, and the other gets an attempt of its own.
    pub(super) async fn finish(&mut self, finished: Finished, state: S) -> Result<Flow<S>, Uncommitted> {
        let Finished { place, began, cx, mut span } = finished;
        let mut spans = Vec::new();
        let recorders = self.recorders(place, began, &mut spans);
        if !recorders.is_empty() {
            match self.write(&span.context(), place, began, &cx, recorders, state.clone()).await {
                Err(Uncommitted::Refused(_)) => spans.clear(),
                written => return written,
            }
        }
        let written = self.write(&span.context(), place, began, &cx, Vec::new(), state).await;
        match written {
            Ok(flow) => Ok(flow),
            Err(Uncommitted::Refused(error)) => {
                span.fail(&error);
                self.failed(place, began, error).await
            }
            Err(lost) => Err(lost),
        }
    }

    /// The steps behind `place` that only record.
    fn recorders(&self, place: usize, began: Timestamp, spans: &mut Vec<SpanGuard>) -> Vec<Part> {
        if self.standing.position != Position::Forward(place) {
            return Vec::new();
        }
        let steps = &self.executor.definition.steps;
        let behind = steps.iter().enumerate().skip(place + 1);
        behind
            .take_while(|(place, step)| {
                !step.has_outer_effect() && self.deadline(*place).is_none_or(|deadline| began < deadline)
            })
            .map(|(place, step)| {
                let span = self.span(step.name());
                let cx = self.first_context(step.name(), span.context(), step.policy().timeout);
                spans.push(span);
                Part { cx: Arc::new(cx), position: Position::Forward(place), sequence: 0, began }
            })
            .collect()
    }

    pub(super) async fn write(
        &mut self,
        context: &Context,
        place: usize,
        began: Timestamp,
        cx: &Arc<StepContext>,
        recorders: Vec<Part>,
        state: S,
    ) -> Result<Flow<S>, Uncommitted> {
        let last = place + recorders.len();
        let next = match self.standing.position {
            Position::Forward(_) => {
                (last + 1 < self.executor.names.len()).then_some(Position::Forward(last + 1))
            }
            Position::Back(_) => place.checked_sub(1).map(Position::Back),
        };
        let end = match (next, &self.standing.failure) {
            (Some(_), _) => None,
            (None, Some(failure)) => Some(RunEnd::Undone(failure.clone())),
            (None, None) => Some(RunEnd::Done),
        };
        let first = Part { cx: Arc::clone(cx), position: self.standing.position, sequence: 0, began };
        let before = self.unwritten.as_ref().map(|step| Part {
            cx: Arc::clone(&step.cx),
            position: Position::Forward(step.place),
            sequence: 0,
            began: step.began,
        });
        let mut parts: Vec<Part> = before.into_iter().chain([first]).chain(recorders).collect();
        let sequences = self.standing.next_sequence..;
        parts.iter_mut().zip(sequences).for_each(|(part, sequence)| part.sequence = sequence);
        let reached: Vec<Position> = parts.iter().skip(1).map(|part| part.position).collect();
        let write = StepWrite {
            executor: Arc::clone(&self.executor),
            parts,
            state,
            json: Arc::clone(&self.json),
            asleep: self.row.asleep,
            end: end.clone(),
        };
        let (state, json) = commit(&self.term, context, move |tx, blame| write.apply(tx, blame)).await?;
        if let Some(json) = json {
            self.json = json;
        }
        self.unwritten = None;
        self.row.asleep = false;
        self.standing.next_sequence += 1;
        for position in reached {
            self.standing.reach(position);
            self.standing.next_sequence += 1;
        }
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
