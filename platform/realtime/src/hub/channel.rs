//! All rooms of one kind: one log, one history, one head.
//!
//! The order of locks is channel, then room. A subscriber that reads takes the room's alone.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use foldhash::fast::RandomState;
use mainstay_core::{Clock, Context, Result, codes};
use mainstay_events::Position;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::fanout::Batch;
use crate::frame::Frame;
use crate::hub::history::History;
use crate::hub::member::{Member, NEWS};
use crate::hub::room::Room;
use crate::metrics::Metrics;
use crate::room::{Doorkeeper, RoomKind, RoomName};

/// How long a subscriber waits until this process has read as far as another one had: longer than a commit of another
/// process may go unseen.
const CATCH_UP_MAX: Duration = Duration::from_secs(3);

/// One kind of rooms.
pub(crate) struct Channel {
    pub(crate) kind: RoomKind,
    pub(crate) doorkeeper: Arc<dyn Doorkeeper>,
    state: Mutex<State>,
    // Everything up to here is in the rooms' rings.
    head: AtomicI64,
    // Counted up each time the log begins anew; 0 before the first time.
    generation: AtomicU32,
    moved: Notify,
    metrics: Metrics,
}

#[derive(Default)]
struct State {
    history: History,
    rooms: HashMap<RoomName, Arc<Room>, RandomState>,
}

/// A subscriber's way into a room.
pub(crate) struct Entered {
    pub(crate) room: Arc<Room>,
    /// Where it stands from now on.
    pub(crate) position: Position,
    pub(crate) generation: u32,
    /// What it missed; `None` when it is to fetch anew.
    pub(crate) missed: Option<Vec<Arc<Frame>>>,
}

impl Channel {
    pub(super) fn new(kind: RoomKind, doorkeeper: Arc<dyn Doorkeeper>, metrics: Metrics) -> Self {
        Self {
            kind,
            doorkeeper,
            state: Mutex::default(),
            head: AtomicI64::new(0),
            generation: AtomicU32::new(0),
            moved: Notify::new(),
            metrics,
        }
    }

    pub(crate) fn head(&self) -> Position {
        Position(self.head.load(Ordering::Acquire))
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }

    /// Takes a batch in; who is to be woken is added to `woken`, so that several batches wake once.
    pub(super) fn take(&self, batch: &Batch, woken: &mut Vec<Arc<Room>>) {
        let mut state = self.state.lock();
        if let Some(floor) = batch.begins_after {
            self.begin(&mut state, floor, woken);
        }
        let head = self.head();
        for message in &batch.messages {
            // Of what is followed twice, or again after a failure, the second is dropped.
            if message.position <= head {
                continue;
            }
            self.metrics.published.inc();
            let frame = Arc::new(Frame::new(&message.room, message.position, &message.data));
            if let Some(room) = state.rooms.get(&message.room) {
                room.push(Arc::clone(&frame));
                if !woken.iter().any(|known| Arc::ptr_eq(known, room)) {
                    woken.push(Arc::clone(room));
                }
            }
            state.history.push(message.room.clone(), frame);
        }
        let last = batch.messages.last().map_or(head, |message| message.position);
        let through = batch.through.max(last).max(head);
        self.head.store(through.0, Ordering::Release);
        drop(state);
        self.moved.notify_waiters();
    }

    /// Something was lost on the way here: what is held may have a hole.
    pub(super) fn lose(&self, woken: &mut Vec<Arc<Room>>) {
        let mut state = self.state.lock();
        let head = self.head();
        self.begin(&mut state, head, woken);
    }

    fn begin(&self, state: &mut State, floor: Position, woken: &mut Vec<Arc<Room>>) {
        state.history.begin(floor);
        self.head.store(floor.0, Ordering::Release);
        // Before the rooms are cleared: a reader that finds them empty must find out why.
        self.generation.fetch_add(1, Ordering::AcqRel);
        for room in state.rooms.values() {
            room.clear(floor);
            woken.push(Arc::clone(room));
        }
    }

    /// Waits until the log is followed, and, for one who comes back, until it was read as far as it knows it; after a
    /// while it enters without.
    pub(crate) async fn ready(&self, clock: &Clock, after: Option<Position>) -> Result<()> {
        let reached = || self.generation() > 0 && after.is_none_or(|after| self.head() >= after);
        let wait = async {
            loop {
                let moved = self.moved.notified();
                if reached() {
                    return;
                }
                moved.await;
            }
        };
        match clock.timeout(CATCH_UP_MAX, wait).await {
            Err(_) if self.generation() == 0 => {
                Err(codes::UNAVAILABLE.error("the log of these rooms cannot be followed at the moment"))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Asks the doorkeeper.
    pub(crate) async fn admit(&self, ctx: &Context, room: &RoomName) -> Result<()> {
        self.doorkeeper.admit(ctx, room.key()).await
    }

    /// Makes a member of the room. What came after `after` is handed over at once, or, when it is not known any more,
    /// nothing is.
    pub(crate) fn enter(&self, name: &RoomName, member: &Arc<Member>, after: Option<Position>) -> Entered {
        let mut state = self.state.lock();
        let head = self.head();
        let missed = match after {
            None => Some(Vec::new()),
            // A place that was never reached is of another log, such as one that was put back.
            Some(after) if after > head => None,
            Some(after) => {
                let missed = state.history.since(name, after, head);
                // More than a ring would be too slow, had it stayed.
                missed.filter(|missed| missed.len() <= self.kind.ring)
            }
        };
        let room = state.rooms.entry(name.clone()).or_insert_with(|| {
            self.metrics.rooms.inc();
            Room::new(name.clone(), self.kind.slow, self.kind.ring, head)
        });
        room.join(Arc::clone(member));
        self.metrics.subscriptions.inc();
        Entered { room: Arc::clone(room), position: head, generation: self.generation(), missed }
    }

    /// Takes a member out; the last one closes the room.
    pub(crate) fn leave(&self, room: &Arc<Room>, member: &Arc<Member>) {
        let mut state = self.state.lock();
        self.metrics.subscriptions.dec();
        if room.leave(member) && state.rooms.remove(&room.name).is_some() {
            self.metrics.rooms.dec();
        }
    }
}

/// Tells everybody in these rooms that there may be news.
pub(super) fn wake(rooms: &mut Vec<Arc<Room>>) {
    for room in rooms.drain(..) {
        room.wake(NEWS);
    }
}
