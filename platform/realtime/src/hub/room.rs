//! A room that somebody follows: its last messages, and who is woken by the next.
//!
//! Subscribers have no queues. Each has a place in the room's ring and reads from there when it can write, so a slow one
//! costs nothing, and the ring's size is how far behind one may be. Those who are at the same place, which is nearly
//! all of them, share one chunk of bytes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::{Bytes, BytesMut};
use mainstay_events::Position;
use parking_lot::Mutex;

use crate::frame::{Format, Frame};
use crate::hub::member::Member;
use crate::room::{RoomName, SlowConsumer};

/// What is handed to one write. Larger ones save no more system calls and hold memory for slow peers.
const CHUNK_BYTES: usize = 64 * 1024;

/// A room with subscribers.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) name: RoomName,
    slow: SlowConsumer,
    ring: Mutex<Ring>,
    // Of the newest message, so that those who are there already need no lock.
    newest: AtomicI64,
    // Apart from the ring: subscribers that are being woken read it already.
    members: Mutex<Vec<Arc<Member>>>,
}

#[derive(Debug)]
struct Ring {
    frames: VecDeque<Arc<Frame>>,
    capacity: usize,
    // Everything after this place is kept.
    floor: Position,
    shared: Option<Shared>,
}

/// The chunk that was made last.
#[derive(Debug)]
struct Shared {
    after: Position,
    head: Position,
    format: Format,
    chunk: Chunk,
}

/// Messages as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) bytes: Bytes,
    pub(crate) frames: usize,
    /// The subscriber's place afterwards.
    pub(crate) through: Position,
}

/// What a subscriber finds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Nothing,
    Messages(Chunk),
    /// The newest message alone: it was too far behind for the others.
    Newest(Chunk),
    TooSlow,
}

impl Room {
    pub(super) fn new(name: RoomName, slow: SlowConsumer, capacity: usize, head: Position) -> Arc<Self> {
        Arc::new(Self {
            name,
            slow,
            ring: Mutex::new(Ring {
                frames: VecDeque::new(),
                capacity: capacity.max(1),
                floor: head,
                shared: None,
            }),
            newest: AtomicI64::new(head.0),
            members: Mutex::default(),
        })
    }

    pub(super) fn push(&self, frame: Arc<Frame>) {
        let position = frame.position;
        let mut ring = self.ring.lock();
        if ring.frames.len() == ring.capacity
            && let Some(dropped) = ring.frames.pop_front()
        {
            ring.floor = dropped.position;
        }
        ring.frames.push_back(frame);
        drop(ring);
        self.newest.store(position.0, Ordering::Release);
    }

    /// Forgets what it has: the log begins anew after `head`.
    pub(super) fn clear(&self, head: Position) {
        let mut ring = self.ring.lock();
        ring.frames.clear();
        ring.floor = head;
        ring.shared = None;
        drop(ring);
        self.newest.store(head.0, Ordering::Release);
    }

    /// Whether the newest message lies after `after` and not beyond `head`; without a lock, so it may change at once.
    pub(crate) fn has_after(&self, after: Position, head: Position) -> bool {
        let newest = self.newest.load(Ordering::Acquire);
        newest > after.0 && after < head
    }

    /// What a subscriber at `after` has to read, up to `head`.
    pub(crate) fn read(&self, after: Position, head: Position, format: Format) -> Read {
        if self.newest.load(Ordering::Acquire) <= after.0 {
            return Read::Nothing;
        }
        let mut ring = self.ring.lock();
        if after < ring.floor {
            return match (self.slow, ring.newest(head)) {
                (SlowConsumer::Conflate, Some(newest)) => Read::Newest(Chunk {
                    bytes: newest.bytes(format).clone(),
                    frames: 1,
                    through: newest.position,
                }),
                (SlowConsumer::Conflate, None) => Read::Nothing,
                (SlowConsumer::Disconnect, _) => Read::TooSlow,
            };
        }
        if let Some(shared) = &ring.shared
            && (shared.after, shared.head, shared.format) == (after, head, format)
        {
            return Read::Messages(shared.chunk.clone());
        }
        let Some(chunk) = ring.chunk(after, head, format) else { return Read::Nothing };
        ring.shared = Some(Shared { after, head, format, chunk: chunk.clone() });
        Read::Messages(chunk)
    }

    /// The messages themselves, for readers that put those of several rooms in order. `None` when it is too slow.
    pub(crate) fn frames(&self, after: Position, head: Position) -> Option<Vec<Arc<Frame>>> {
        if self.newest.load(Ordering::Acquire) <= after.0 {
            return Some(Vec::new());
        }
        let ring = self.ring.lock();
        if after < ring.floor {
            return match self.slow {
                SlowConsumer::Conflate => Some(ring.newest(head).cloned().into_iter().collect()),
                SlowConsumer::Disconnect => None,
            };
        }
        Some(ring.between(after, head).cloned().collect())
    }

    pub(super) fn join(&self, member: Arc<Member>) {
        self.members.lock().push(member);
    }

    /// Takes a member out; whether the room is empty now.
    pub(super) fn leave(&self, member: &Arc<Member>) -> bool {
        let mut members = self.members.lock();
        if let Some(at) = members.iter().position(|known| Arc::ptr_eq(known, member)) {
            members.swap_remove(at);
        }
        members.is_empty()
    }

    pub(super) fn wake(&self, flag: u32) {
        for member in self.members.lock().iter() {
            member.tell(flag);
        }
    }
}

impl Ring {
    fn between(&self, after: Position, head: Position) -> impl Iterator<Item = &Arc<Frame>> {
        let first = self.frames.partition_point(|frame| frame.position <= after);
        self.frames.range(first..).take_while(move |frame| frame.position <= head)
    }

    // Not beyond the head: a reader of several rooms claims to have read all of them up to there.
    fn newest(&self, head: Position) -> Option<&Arc<Frame>> {
        self.between(self.floor, head).last()
    }

    fn chunk(&self, after: Position, head: Position, format: Format) -> Option<Chunk> {
        let (mut frames, mut length) = (0, 0);
        let mut last = None;
        for frame in self.between(after, head) {
            if frames > 0 && length + frame.bytes(format).len() > CHUNK_BYTES {
                break;
            }
            frames += 1;
            length += frame.bytes(format).len();
            last = Some(frame);
        }
        let last = last?;
        let bytes = if frames == 1 {
            last.bytes(format).clone()
        } else {
            let mut joined = BytesMut::with_capacity(length);
            self.between(after, last.position)
                .for_each(|frame| joined.extend_from_slice(frame.bytes(format)));
            joined.freeze()
        };
        Some(Chunk { bytes, frames, through: last.position })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(slow: SlowConsumer) -> Arc<Room> {
        let room = Room::new("k:a".parse().unwrap(), slow, 4, Position(0));
        for position in 1..=6 {
            room.push(Arc::new(Frame::new(&room.name, Position(position), b"1")));
        }
        room
    }

    fn found(room: &Room, after: i64, head: i64) -> (usize, i64) {
        match room.read(Position(after), Position(head), Format::WebSocket) {
            Read::Messages(chunk) => (chunk.frames, chunk.through.0),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_subscriber_reads_from_its_place_to_the_head_and_others_share_the_bytes() {
        let room = room(SlowConsumer::Disconnect);
        assert_eq!(found(&room, 2, 6), (4, 6));
        assert_eq!(found(&room, 2, 4), (2, 4));
        assert_eq!(room.read(Position(6), Position(6), Format::WebSocket), Read::Nothing);
        assert_eq!(room.read(Position(5), Position(5), Format::WebSocket), Read::Nothing);
        let chunk = || match room.read(Position(3), Position(6), Format::Events) {
            Read::Messages(chunk) => chunk.bytes,
            other => panic!("{other:?}"),
        };
        assert_eq!(chunk().as_ptr(), chunk().as_ptr());
    }

    #[test]
    fn who_is_too_far_behind_is_treated_as_the_kind_says() {
        let slow = room(SlowConsumer::Disconnect);
        assert_eq!(slow.read(Position(1), Position(6), Format::WebSocket), Read::TooSlow);
        assert!(slow.frames(Position(1), Position(6)).is_none());
        let conflating = room(SlowConsumer::Conflate);
        let Read::Newest(chunk) = conflating.read(Position(1), Position(6), Format::WebSocket) else {
            panic!("not the newest")
        };
        assert_eq!((chunk.frames, chunk.through), (1, Position(6)));
        assert_eq!(found(&conflating, 2, 6), (4, 6));
    }

    #[test]
    fn a_chunk_is_bounded_and_the_rest_follows() {
        let room = Room::new("k:a".parse().unwrap(), SlowConsumer::Disconnect, 64, Position(0));
        let data = vec![b'1'; CHUNK_BYTES / 3];
        for position in 1..=5 {
            room.push(Arc::new(Frame::new(&room.name, Position(position), &data)));
        }
        assert_eq!(found(&room, 0, 5), (2, 2));
        assert_eq!(found(&room, 2, 5), (2, 4));
        assert_eq!(found(&room, 4, 5), (1, 5));
    }
}
