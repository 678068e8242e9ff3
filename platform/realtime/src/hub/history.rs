//! The last messages of a kind, whatever their room: what a subscriber who comes back is given.
//!
//! It is a window on the producer's log, bounded in messages and in bytes. What lies before it is not known here, and
//! who asks for it is told to fetch anew.

use std::collections::VecDeque;
use std::sync::Arc;

use mainstay_events::Position;

use crate::frame::Frame;
use crate::room::RoomName;

/// Messages of one kind. At a hundred changes a second it reaches back forty seconds: a page reload, a tunnel, the
/// restart of a process.
pub(super) const MESSAGES_MAX: usize = 4_096;

/// Their memory: a kibibyte each.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// A window on the log of a kind.
#[derive(Debug, Default)]
pub(super) struct History {
    kept: VecDeque<(RoomName, Arc<Frame>)>,
    bytes: usize,
    // Everything after this place is kept.
    floor: Position,
}

impl History {
    /// Forgets everything: nothing at or before `floor` is known.
    pub(super) fn begin(&mut self, floor: Position) {
        *self = Self { floor, ..Self::default() };
    }

    pub(super) fn push(&mut self, room: RoomName, frame: Arc<Frame>) {
        self.bytes += frame.size();
        self.kept.push_back((room, frame));
        while self.kept.len() > MESSAGES_MAX || self.bytes > BYTES_MAX {
            let Some((_, dropped)) = self.kept.pop_front() else { return };
            self.bytes -= dropped.size();
            self.floor = dropped.position;
        }
    }

    /// The messages to `room` after `after` and up to `head`; `None` when some of them may be gone.
    pub(super) fn since(&self, room: &RoomName, after: Position, head: Position) -> Option<Vec<Arc<Frame>>> {
        if after < self.floor {
            return None;
        }
        let first = self.kept.partition_point(|(_, frame)| frame.position <= after);
        let later = self.kept.range(first..).take_while(|(_, frame)| frame.position <= head);
        Some(later.filter(|(of, _)| of == room).map(|(_, frame)| Arc::clone(frame)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(history: &mut History, room: &RoomName, position: i64, bytes: usize) {
        let frame = Frame::new(room, Position(position), &vec![b'1'; bytes]);
        history.push(room.clone(), Arc::new(frame));
    }

    #[test]
    fn it_gives_what_a_room_missed_or_says_that_it_cannot() {
        let (a, b): (RoomName, RoomName) = ("k:a".parse().unwrap(), "k:b".parse().unwrap());
        let mut history = History::default();
        history.begin(Position(10));
        for position in 11..=20 {
            push(&mut history, if position % 2 == 0 { &a } else { &b }, position, 1);
        }
        let positions = |after, head| {
            let frames = history.since(&a, Position(after), Position(head))?;
            Some(frames.iter().map(|frame| frame.position.0).collect::<Vec<_>>())
        };
        assert_eq!(positions(10, 20), Some(vec![12, 14, 16, 18, 20]));
        assert_eq!(positions(13, 17), Some(vec![14, 16]));
        assert_eq!(positions(20, 20), Some(vec![]));
        assert_eq!(positions(9, 20), None);
    }

    #[test]
    fn it_is_bounded_in_messages_and_in_bytes() {
        let room: RoomName = "k:a".parse().unwrap();
        let mut history = History::default();
        let many = MESSAGES_MAX as i64 + 5;
        (1..=many).for_each(|position| push(&mut history, &room, position, 1));
        assert_eq!(history.kept.len(), MESSAGES_MAX);
        assert!(history.since(&room, Position(4), Position(many)).is_none());
        assert_eq!(history.since(&room, Position(5), Position(many)).unwrap().len(), MESSAGES_MAX);

        (many + 1..many + 1_000).for_each(|position| push(&mut history, &room, position, 16_000));
        assert!(history.bytes <= BYTES_MAX, "{}", history.bytes);
    }
}
