//! Where a run stands, told from its journal alone. Pure: what the executor does next depends on nothing else.

use mainstay_core::{Result, Timestamp};

use super::failure::Failure;
use super::journal::{JournalEntry, JournalKind, Note};
use crate::codes::{DEFINITION_CHANGED, UNREADABLE_STATE};

/// Which step is next, and in which direction the run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// The step at this place is to be done.
    Forward(usize),
    /// The step at this place is to be undone.
    Back(usize),
}

impl Position {
    pub fn place(self) -> usize {
        match self {
            Self::Forward(place) | Self::Back(place) => place,
        }
    }
}

/// All that a run's next attempt depends on, apart from its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub position: Position,
    /// Failed attempts at this position, since it was reached or the run was resumed.
    pub attempts: u32,
    /// Whether an attempt at this position may have taken effect without our knowing.
    pub unknown: bool,
    /// The time until which the step at this position waits, when it asked to.
    pub waiting_until: Option<Timestamp>,
    /// The sequence of the wait that goes on, so that it is written over.
    pub wait_sequence: Option<u32>,
    /// Why it turned back.
    pub failure: Option<Failure>,
    pub next_sequence: u32,
}

impl Standing {
    pub fn start() -> Self {
        Self {
            position: Position::Forward(0),
            attempts: 0,
            unknown: false,
            waiting_until: None,
            wait_sequence: None,
            failure: None,
            next_sequence: 1,
        }
    }

    /// Arrives at another position.
    pub fn reach(&mut self, position: Position) {
        self.position = position;
        self.attempts = 0;
        self.unknown = false;
        self.waiting_until = None;
        self.wait_sequence = None;
    }
}

/// Replays a journal; `steps` are the definition's names. Also returns the sequence of the entry with the last state.
pub(super) fn replay(entries: &[JournalEntry], steps: &[&str]) -> Result<(Standing, usize)> {
    let mut standing = Standing::start();
    let mut last_state = None;
    for (index, entry) in entries.iter().enumerate() {
        if entry.state.is_some() {
            last_state = Some(index);
        }
        standing.next_sequence = entry.sequence + 1;
        match entry.kind {
            JournalKind::Started => {}
            JournalKind::Done => standing.reach(Position::Forward(place(entry, steps)? + 1)),
            JournalKind::Waiting => {
                standing.attempts = 0;
                standing.wait_sequence = Some(entry.sequence);
                if let Some(Note::Wait { until, .. }) = &entry.note {
                    standing.waiting_until = Some(*until);
                }
            }
            JournalKind::Failed | JournalKind::UndoFailed => {
                standing.attempts = entry.attempt;
                standing.unknown |= entry.failure().is_some_and(|failure| failure.outcome_unknown);
                standing.wait_sequence = None;
            }
            JournalKind::TurnedBack => {
                standing.reach(Position::Back(place(entry, steps)?));
                standing.failure = entry.failure().cloned();
            }
            // Whoever undid the first step has ended, so there is always one before.
            JournalKind::Undone => standing.reach(Position::Back(place(entry, steps)?.saturating_sub(1))),
            JournalKind::Parked => standing.wait_sequence = None,
            JournalKind::Resumed => {
                standing.attempts = 0;
                standing.wait_sequence = None;
            }
        }
    }
    let last_state =
        last_state.ok_or_else(|| UNREADABLE_STATE.error("the journal of the run holds no state at all"))?;
    Ok((standing, last_state))
}

fn place(entry: &JournalEntry, steps: &[&str]) -> Result<usize> {
    steps.iter().position(|name| *name == entry.step).ok_or_else(|| {
        DEFINITION_CHANGED
            .error(format!("the journal tells of the step {}, which the definition lacks", entry.step))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [&str; 3] = ["a", "b", "c"];

    fn entry(sequence: u32, kind: JournalKind, step: &str, note: Option<Note>) -> JournalEntry {
        JournalEntry {
            sequence,
            kind,
            step: step.to_owned(),
            attempt: 1,
            began_at: Timestamp::default(),
            at: Timestamp::default(),
            note,
            state: (kind == JournalKind::Started).then(|| "{}".to_owned()),
        }
    }

    fn unknown() -> Option<Note> {
        Some(Note::Failure(Failure::from(&mainstay_core::codes::DEADLINE.error("late"))))
    }

    fn position(rest: &[(JournalKind, &str)]) -> Position {
        let mut entries = vec![entry(0, JournalKind::Started, "", None)];
        for (index, (kind, step)) in rest.iter().enumerate() {
            entries.push(entry(index as u32 + 1, *kind, step, None));
        }
        replay(&entries, &STEPS).unwrap().0.position
    }

    #[test]
    fn each_entry_moves_the_run_as_it_should() {
        use JournalKind::{Done, Failed, Parked, Resumed, TurnedBack, Undone, Waiting};
        assert_eq!(position(&[]), Position::Forward(0));
        assert_eq!(position(&[(Done, "a")]), Position::Forward(1));
        assert_eq!(position(&[(Done, "a"), (Waiting, "b")]), Position::Forward(1));
        assert_eq!(
            position(&[(Done, "a"), (Failed, "b"), (Parked, "b"), (Resumed, "b")]),
            Position::Forward(1)
        );
        assert_eq!(position(&[(Done, "a"), (TurnedBack, "b")]), Position::Back(1));
        assert_eq!(position(&[(Done, "a"), (TurnedBack, "b"), (Undone, "b")]), Position::Back(0));
    }

    #[test]
    fn doubt_lasts_until_the_step_is_left() {
        let mut entries = vec![
            entry(0, JournalKind::Started, "", None),
            entry(1, JournalKind::Failed, "a", unknown()),
            entry(2, JournalKind::Failed, "a", None),
        ];
        assert!(replay(&entries, &STEPS).unwrap().0.unknown);
        entries.push(entry(3, JournalKind::Done, "a", None));
        let standing = replay(&entries, &STEPS).unwrap().0;
        assert!(!standing.unknown);
        assert_eq!(standing.attempts, 0);
    }

    #[test]
    fn a_foreign_step_or_a_lost_state_is_refused() {
        let entries = [entry(0, JournalKind::Started, "", None), entry(1, JournalKind::Done, "gone", None)];
        assert!(replay(&entries, &STEPS).unwrap_err().is(&DEFINITION_CHANGED));
        assert!(replay(&entries[1..], &["gone"]).unwrap_err().is(&UNREADABLE_STATE));
    }
}
