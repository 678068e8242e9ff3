//! A step that is done and waits to be written with the next one.

use std::sync::Arc;

use mainstay_core::Timestamp;

use super::finish::Finished;
use super::{Flight, Flow};
use crate::saga::commit::Uncommitted;
use crate::saga::definition::State;
use crate::saga::position::Position;
use crate::saga::step_context::StepContext;

pub(super) struct Unwritten<S> {
    pub place: usize,
    pub began: Timestamp,
    pub cx: Arc<StepContext>,
    /// As the step left it, for when it is written alone after all.
    state: S,
}

impl<S: State> Flight<S> {
    /// Goes on to the next step without a write.
    pub(super) fn write_with_next(&mut self, finished: Finished, state: S) -> Flow<S> {
        let Finished { place, began, cx, span: _ } = finished;
        self.unwritten = Some(Unwritten { place, began, cx, state: state.clone() });
        self.standing.reach(Position::Forward(place + 1));
        Flow::Onward(state)
    }

    /// Writes the step that waits, if there is one, alone: the next one was not done. Returns where the run goes when
    /// that is refused.
    pub(super) async fn catch_up(&mut self) -> Result<Option<Flow<S>>, Uncommitted> {
        let Some(Unwritten { place, began, cx, state }) = self.unwritten.take() else { return Ok(None) };
        self.standing.reach(Position::Forward(place));
        // In the run's context: the time that the step itself was given may be over by now.
        let context = self.row.context.clone();
        match self.write(&context, place, began, &cx, Vec::new(), state).await {
            Err(Uncommitted::Refused(error)) => self.turn_back(place + 1, began, &error).await.map(Some),
            written => written.map(|_| None),
        }
    }
}
