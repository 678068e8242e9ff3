//! One who follows rooms, whichever way it reads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures::FutureExt;
use futures::future::BoxFuture;
use mainstay_core::{Context, Kind, Result};
use mainstay_events::Position;
use mainstay_http::Standing;

use crate::codes::{Close, TOO_MANY_ROOMS};
use crate::frame::{self, Format, Frame};
use crate::hub::channel::Channel;
use crate::hub::room::{Read, Room};
use crate::hub::{KINDS_MAX, Seat};
use crate::protocol::Said;
use crate::room::RoomName;

/// Entering a room may cost a call to the service that knows whose it is.
const ENTRY_MAX: Duration = Duration::from_secs(5);

/// Heartbeats at which it could not be found out whether the session still holds: with the usual period, five minutes of
/// an outage are borne before a right that may have ended counts as ended.
const UNKNOWN_MAX: u8 = 10;

/// A connection's rooms and rights. Dropping it leaves everything.
pub(crate) struct Subscriber {
    pub(crate) seat: Seat,
    format: Format,
    ctx: Context,
    standing: Standing,
    unknown: u8,
    places: Vec<Place>,
}

/// A subscription.
struct Place {
    room: Arc<Room>,
    channel: u8,
    generation: u32,
    position: Position,
}

impl Subscriber {
    pub(crate) fn new(seat: Seat, format: Format, ctx: Context, standing: Standing) -> Self {
        Self { seat, format, ctx, standing, unknown: 0, places: Vec::new() }
    }

    fn channel(&self, number: u8) -> &Channel {
        &self.seat.hub.inner().channels[usize::from(number)]
    }

    /// Asks whether it may enter; [`Subscriber::enter`] follows.
    pub(crate) fn ask(
        &self,
        room: &RoomName,
        after: Option<Position>,
    ) -> Result<BoxFuture<'static, Result<()>>> {
        let hub = self.seat.hub.clone();
        let channel = hub.inner().channel(room.kind())?;
        let most = hub.inner().options.rooms_per_connection;
        if self.places.len() >= most && !self.places.iter().any(|place| place.room.name == *room) {
            return Err(TOO_MANY_ROOMS.error(format!("one connection follows at most {most} rooms")));
        }
        let clock = hub.inner().clock.clone();
        let ctx = self.ctx.child_span().with_deadline(clock.monotonic() + ENTRY_MAX);
        let room = room.clone();
        Ok(async move {
            let channel = &hub.inner().channels[channel];
            let entering = async {
                channel.admit(&ctx, &room).await?;
                channel.ready(&clock, after).await
            };
            clock.timeout(ENTRY_MAX, entering).await?
        }
        .boxed())
    }

    /// Enters a room that it may enter: what it missed comes first, then all that follows. Who is there already goes on
    /// from the place that it names now.
    pub(crate) fn enter(&mut self, name: &RoomName, after: Option<Position>, out: &mut impl Extend<Bytes>) {
        let Ok(number) = self.seat.hub.inner().channel(name.kind()) else { return };
        self.leave(name);
        let number = number as u8;
        let entered = self.channel(number).enter(name, &self.seat.member, after);
        let metrics = &self.seat.hub.inner().metrics;
        let (room, position) = (name.as_str(), entered.position);
        let began = after.filter(|_| entered.missed.is_some()).unwrap_or(position);
        out.extend([self.say(&Said::Subscribed { room, position: began })]);
        match entered.missed {
            Some(missed) => {
                metrics.delivered.inc_by(missed.len() as u64);
                out.extend(missed.iter().map(|frame| frame.bytes(self.format).clone()));
            }
            None => {
                metrics.resets.inc();
                out.extend([self.say(&Said::Reset { room, position })]);
            }
        }
        let (room, generation) = (entered.room, entered.generation);
        self.places.push(Place { room, channel: number, generation, position });
    }

    /// Leaves a room; whether it was there.
    pub(crate) fn leave(&mut self, name: &RoomName) -> bool {
        let Some(at) = self.places.iter().position(|place| place.room.name == *name) else { return false };
        let place = self.places.swap_remove(at);
        self.channel(place.channel).leave(&place.room, &self.seat.member);
        true
    }

    /// A message in this subscriber's format.
    pub(crate) fn say(&self, said: &Said<'_>) -> Bytes {
        let json = said.json();
        match self.format {
            Format::WebSocket => frame::text(&json),
            Format::Events => {
                let mut bytes = BytesMut::with_capacity(json.len() + 32);
                // The place goes into the id, so that a browser that reconnects names it by itself.
                match said {
                    Said::Subscribed { position, .. } | Said::Reset { position, .. } => {
                        bytes.put_slice(format!("id: {position}\n").as_bytes());
                    }
                    Said::Heartbeat { positions } => {
                        for position in positions.values() {
                            bytes.put_slice(format!("id: {position}\n").as_bytes());
                        }
                    }
                    Said::Unsubscribed { .. } | Said::Refused { .. } => {}
                }
                bytes.put_slice(b"data: ");
                bytes.put_slice(&json);
                bytes.put_slice(b"\n\n");
                bytes.freeze()
            }
        }
    }

    pub(crate) fn trace_id(&self) -> u128 {
        self.ctx.trace().trace_id
    }

    // The heads are read before any room is, so that all rooms are read up to one and the same place.
    fn heads(&self) -> [Position; KINDS_MAX] {
        let mut heads = [Position::START; KINDS_MAX];
        for (head, channel) in heads.iter_mut().zip(&self.seat.hub.inner().channels) {
            *head = channel.head();
        }
        heads
    }

    /// Takes what is new in all rooms, each room's messages as shared bytes. Whether there is more.
    pub(crate) fn take(&mut self, out: &mut impl Extend<Bytes>) -> Result<bool, Close> {
        let heads = self.heads();
        let mut more = false;
        let mut delivered = 0;
        for at in 0..self.places.len() {
            if self.begin_anew(at, out) {
                continue;
            }
            let metrics = &self.seat.hub.inner().metrics;
            let place = &mut self.places[at];
            let head = heads[usize::from(place.channel)];
            let chunk = match place.room.read(place.position, head, self.format) {
                Read::Nothing => continue,
                Read::Messages(chunk) => chunk,
                Read::Newest(chunk) => {
                    metrics.conflated.inc();
                    chunk
                }
                Read::TooSlow => {
                    if self.begin_anew(at, out) {
                        continue;
                    }
                    return Err(Close::TooSlow);
                }
            };
            delivered += chunk.frames as u64;
            place.position = chunk.through;
            more |= place.room.has_after(chunk.through, head);
            out.extend([chunk.bytes]);
        }
        if delivered > 0 {
            self.seat.hub.inner().metrics.delivered.inc_by(delivered);
        }
        Ok(more)
    }

    /// Takes what is new in all rooms, in the order of the log: whoever has read one message has read all before it.
    pub(crate) fn take_in_order(&mut self, out: &mut impl Extend<Bytes>) -> Result<(), Close> {
        let heads = self.heads();
        let mut frames: Vec<Arc<Frame>> = Vec::new();
        for at in 0..self.places.len() {
            if self.begin_anew(at, out) {
                continue;
            }
            let place = &mut self.places[at];
            let Some(found) = place.room.frames(place.position, heads[usize::from(place.channel)]) else {
                return Err(Close::TooSlow);
            };
            if let Some(last) = found.last() {
                place.position = last.position;
            }
            frames.extend(found);
        }
        frames.sort_by_key(|frame| frame.position);
        self.seat.hub.inner().metrics.delivered.inc_by(frames.len() as u64);
        out.extend(frames.iter().map(|frame| frame.bytes(self.format).clone()));
        Ok(())
    }

    // When the log of a place was begun anew, says so; whether it was.
    fn begin_anew(&mut self, at: usize, out: &mut impl Extend<Bytes>) -> bool {
        let channel = self.channel(self.places[at].channel);
        let (generation, head) = (channel.generation(), channel.head());
        let place = &mut self.places[at];
        if place.generation == generation {
            return false;
        }
        (place.generation, place.position) = (generation, head);
        let room = Arc::clone(&place.room);
        self.seat.hub.inner().metrics.resets.inc();
        out.extend([self.say(&Said::Reset { room: room.name.as_str(), position: head })]);
        true
    }

    /// Says that the connection lives, and how far it has read. Call it when everything taken is written.
    pub(crate) fn heartbeat(&self) -> Bytes {
        let mut positions = BTreeMap::new();
        for place in &self.places {
            let channel = self.channel(place.channel);
            let least = positions.entry(channel.kind.name).or_insert_with(|| channel.head());
            // A room with news that were not taken yet holds the place back.
            if place.room.has_after(place.position, *least) {
                *least = place.position.min(*least);
            }
        }
        self.say(&Said::Heartbeat { positions })
    }

    /// Asks whether the session still holds.
    pub(crate) fn recheck(&self) -> BoxFuture<'static, Result<()>> {
        let (standing, clock) = (self.standing.clone(), self.seat.hub.inner().clock.clone());
        let trace = self.ctx.trace().child();
        async move { standing.check(trace, clock.monotonic() + ENTRY_MAX).await }.boxed()
    }

    /// What the answer means for the connection.
    pub(crate) fn rechecked(&mut self, outcome: Result<()>) -> Result<(), Close> {
        match outcome {
            Ok(()) => {
                self.unknown = 0;
                Ok(())
            }
            Err(error) if error.kind() == Kind::Unauthenticated => Err(Close::Unauthenticated),
            Err(_) => {
                self.unknown += 1;
                if self.unknown < UNKNOWN_MAX { Ok(()) } else { Err(Close::TryLater) }
            }
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        for place in std::mem::take(&mut self.places) {
            self.channel(place.channel).leave(&place.room, &self.seat.member);
        }
    }
}
