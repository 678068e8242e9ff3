//! The hub: everything that is followed in this process, and everybody who follows.
//!
//! It holds no queue for anybody. A kind of rooms has a window on its producer's log ([`history`]), a room with
//! subscribers has a short ring, and a subscriber has a place. What comes in is pushed once and wakes those who are
//! concerned; each then reads as much as it can write.

pub(crate) mod channel;
mod history;
pub(crate) mod member;
pub(crate) mod room;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mainstay_core::{Clock, Result, Shutdown, Tasks};
use mainstay_telemetry::Registry;
use parking_lot::Mutex;
use slab::Slab;

use crate::admission::{Admission, Admitted};
use crate::codes::{BAD_ROOM, DRAINING};
use crate::fanout::{Fanout, Heard, Listener};
use crate::frame::Format;
use crate::hub::channel::{Channel, wake};
use crate::hub::member::{AWAY, Member, PULSE, SILENT};
use crate::hub::room::Room;
use crate::metrics::Metrics;
use crate::options::{Options, TICK};
use crate::room::{Doorkeeper, RoomKind};

/// Kinds in one hub; a subscriber takes one look at all their heads.
pub const KINDS_MAX: usize = 8;

/// How long the hub waits for connections to say farewell when the process ends.
const FAREWELL_MAX: Duration = Duration::from_secs(2);

/// The wait after a fan-out that failed.
const LISTEN_AGAIN: Duration = Duration::from_millis(500);

/// What a hub works with.
pub struct Parts {
    pub options: Options,
    pub clock: Clock,
    pub tasks: Tasks,
    pub registry: Registry,
    pub fanout: Arc<dyn Fanout>,
}

/// Everybody's connection to what happens. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    pub(crate) tasks: Tasks,
    pub(crate) metrics: Metrics,
    pub(crate) channels: Vec<Channel>,
    pub(crate) admission: Arc<Admission>,
    fanout: Arc<dyn Fanout>,
    listener: Mutex<Option<Box<dyn Listener>>>,
    members: Mutex<Slab<Arc<Member>>>,
    tick: AtomicU32,
    ending: Shutdown,
}

impl Hub {
    /// A hub of these kinds, each with who decides about entry. It hears what is published from now on and hands it on
    /// while [`Hub::run`] runs.
    pub fn new(parts: Parts, kinds: Vec<(RoomKind, Arc<dyn Doorkeeper>)>) -> Self {
        assert!(kinds.len() <= KINDS_MAX, "a hub has at most {KINDS_MAX} kinds of rooms");
        let metrics = Metrics::new(&parts.registry);
        let channels =
            kinds.into_iter().map(|(kind, keeper)| Channel::new(kind, keeper, metrics.clone())).collect();
        let listener = parts.fanout.listen();
        Self(Arc::new(Inner {
            admission: Admission::new(&parts.options),
            options: parts.options,
            clock: parts.clock,
            tasks: parts.tasks,
            metrics,
            channels,
            fanout: parts.fanout,
            listener: Mutex::new(Some(listener)),
            members: Mutex::default(),
            tick: AtomicU32::new(0),
            ending: Shutdown::new(),
        }))
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    /// Where messages come from.
    pub fn fanout(&self) -> &Arc<dyn Fanout> {
        &self.0.fanout
    }

    /// Open connections.
    pub fn connections(&self) -> usize {
        self.0.admission.total()
    }

    /// Hands messages on and beats the pulse until the shutdown; then every connection is told to come back elsewhere.
    pub async fn run(self, shutdown: Shutdown) {
        // A hub that runs twice would hear nothing the second time.
        let Some(mut listener) = self.0.listener.lock().take() else { return };
        let mut beat = Box::pin(self.beat());
        let mut hear = Box::pin(self.hear(listener.as_mut()));
        tokio::select! {
            () = shutdown.requested() => {}
            () = &mut beat => {}
            () = &mut hear => {}
        }
        self.0.ending.request();
        for (_, member) in self.0.members.lock().iter() {
            member.tell(AWAY);
        }
        let gone = async {
            while self.connections() > 0 {
                self.0.clock.sleep(Duration::from_millis(5)).await;
            }
        };
        if self.0.clock.timeout(FAREWELL_MAX, gone).await.is_err() {
            tracing::warn!(connections = self.connections(), "some did not take their farewell in time");
        }
    }

    async fn hear(&self, listener: &mut dyn Listener) {
        let mut rooms = Vec::new();
        loop {
            let mut heard = match listener.next().await {
                Ok(heard) => Some(heard),
                Err(error) => {
                    tracing::warn!(error = error.chain(), "the fan-out cannot be heard");
                    self.0.clock.sleep(LISTEN_AGAIN).await;
                    continue;
                }
            };
            // All that is there is pushed before anybody is woken: they write it at once then.
            while let Some(one) = heard.take() {
                self.take(one, &mut rooms);
                heard = listener.ready();
            }
            wake(&mut rooms);
        }
    }

    fn take(&self, heard: Heard, rooms: &mut Vec<Arc<Room>>) {
        match heard {
            Heard::Batch(batch) => {
                if let Some(channel) = self.0.channels.iter().find(|channel| channel.kind.name == batch.kind)
                {
                    channel.take(&batch, rooms);
                }
            }
            Heard::Gap => self.0.channels.iter().for_each(|channel| channel.lose(rooms)),
        }
    }

    // One beat a second for all connections, instead of a timer for each. Their heartbeats are spread over the period.
    async fn beat(&self) {
        let period = self.0.options.heartbeat_ticks();
        let silent = self.0.options.silent_ticks();
        loop {
            self.0.clock.sleep(TICK).await;
            let tick = self.0.tick.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
            for (key, member) in self.0.members.lock().iter() {
                if key as u32 % period != tick % period {
                    continue;
                }
                member.tell(if member.silent_for(tick) > silent { SILENT } else { PULSE });
            }
        }
    }
}

impl Inner {
    /// The kind of a room and its number.
    pub(crate) fn channel(&self, kind: &str) -> Result<usize> {
        let number = self.channels.iter().position(|channel| channel.kind.name == kind);
        number.ok_or_else(|| {
            let known: Vec<&str> = self.channels.iter().map(|channel| channel.kind.name).collect();
            BAD_ROOM.error(format!("there are no such rooms; there are {}", known.join(" and ")))
        })
    }

    pub(crate) fn tick(&self) -> u32 {
        self.tick.load(Ordering::Relaxed)
    }
}

/// A connection's place in the hub; gone when it is dropped.
pub(crate) struct Seat {
    pub(crate) hub: Hub,
    pub(crate) member: Arc<Member>,
    format: Format,
    key: usize,
    _admitted: Admitted,
}

impl Seat {
    /// Takes a place for an admitted connection; refused when the process ends.
    pub(crate) fn take(hub: &Hub, format: Format, admitted: Admitted) -> Result<Self> {
        let inner = hub.inner();
        let member = Arc::new(Member::new(inner.tick()));
        let key = inner.members.lock().insert(Arc::clone(&member));
        inner.metrics.connections(format).inc();
        let seat = Self { hub: hub.clone(), member, format, key, _admitted: admitted };
        // Asked after it is listed, so that whoever ends the hub sees it or it sees the end.
        if inner.ending.is_requested() {
            return Err(DRAINING.error("this process ends; connect again"));
        }
        Ok(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let inner = self.hub.inner();
        inner.members.lock().remove(self.key);
        inner.metrics.connections(self.format).dec();
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("connections", &self.connections()).finish_non_exhaustive()
    }
}
