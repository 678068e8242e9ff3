//! What a service declares to follow another's events.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Context, Result};
use mainstay_sql::Tx;

use crate::codes;
use crate::envelope::Envelope;
use crate::event::{Event, Topic};
use crate::source::EventSource;

/// Follows one topic of one producer. Options first, then [`Subscription::handle`].
pub struct Subscription<E> {
    topic: Topic<E>,
    settings: Settings,
    source: Arc<dyn EventSource>,
}

/// A subscription with its handler, ready for [`Consumers::add`](crate::Consumers::add).
pub struct Consumer {
    pub(crate) settings: Settings,
    pub(crate) topic: &'static str,
    pub(crate) source: Arc<dyn EventSource>,
    pub(crate) handler: Arc<dyn Handler>,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    group: Cow<'static, str>,
    generation: u32,
    pub(crate) batch: usize,
    pub(crate) pace: Duration,
    pub(crate) commuting: bool,
    pub(crate) max_attempts: u32,
    pub(crate) first_retry: Duration,
    pub(crate) longest_retry: Duration,
    pub(crate) parked_capacity: u64,
}

impl Settings {
    /// The consumer's name in its tables and towards operators: the group, and the generation from the second on.
    pub(crate) fn name(&self) -> String {
        match self.generation {
            1 => self.group.to_string(),
            generation => format!("{}#{generation}", self.group),
        }
    }
}

impl<E: Event> Subscription<E> {
    /// Events that share a transaction. Larger ones save commits; one that takes 10 µs an event then holds the
    /// service's other writers up for less than 3 ms.
    pub const BATCH: usize = 256;
    /// With the waits below, a key is dead after about two minutes: longer than a restart of what the handler needs.
    pub const MAX_ATTEMPTS: u32 = 10;
    pub const FIRST_RETRY: Duration = Duration::from_millis(250);
    pub const LONGEST_RETRY: Duration = Duration::from_secs(30);
    /// Messages that may wait behind failed ones, over all keys. When they are that many, the consumer stands still,
    /// which costs no event: they wait in the producer's log.
    pub const PARKED_CAPACITY: u64 = 10_000;

    /// `group` names the consumer for good, such as `shop.notifications.orders`: its position and inbox are kept under
    /// it. A new consumer begins with the oldest event that the producer keeps.
    pub fn new(group: impl Into<Cow<'static, str>>, topic: &Topic<E>, source: Arc<dyn EventSource>) -> Self {
        let settings = Settings {
            group: group.into(),
            generation: 1,
            batch: Self::BATCH,
            pace: Duration::ZERO,
            commuting: false,
            max_attempts: Self::MAX_ATTEMPTS,
            first_retry: Self::FIRST_RETRY,
            longest_retry: Self::LONGEST_RETRY,
            parked_capacity: Self::PARKED_CAPACITY,
        };
        Self { topic: *topic, settings, source }
    }

    /// Counted up to replay on purpose: each generation has its own position and inbox and begins anew. The handler
    /// must first have undone or be able to repeat what the former one did.
    #[must_use]
    pub fn generation(mut self, generation: u32) -> Self {
        self.settings.generation = generation.max(1);
        self
    }

    /// The most events in one transaction.
    #[must_use]
    pub fn batch(mut self, events: usize) -> Self {
        self.settings.batch = events.max(1);
        self
    }

    /// The least time between two batches: none unless told. An event that comes after a pause is handled at once; under
    /// load events gather for up to this long, which saves the commits of smaller batches. For what need not be known
    /// within milliseconds, such as a mail.
    #[must_use]
    pub fn pace(mut self, pace: Duration) -> Self {
        self.settings.pace = pace;
        self
    }

    /// Declares that the order of messages does not matter, not even within a key: a failing message is parked alone
    /// and later ones of its key pass it.
    #[must_use]
    pub fn commuting(mut self) -> Self {
        self.settings.commuting = true;
        self
    }

    /// After this many failures of one message its key is dead.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = attempts.max(1);
        self
    }

    /// The wait after the first failure; it doubles up to `longest`.
    #[must_use]
    pub fn retries(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.first_retry = first;
        self.settings.longest_retry = longest.max(first);
        self
    }

    /// How many messages may be parked.
    #[must_use]
    pub fn parked_capacity(mut self, messages: u64) -> Self {
        self.settings.parked_capacity = messages.max(1);
        self
    }

    /// What is done with an event, in the transaction that records it as done.
    ///
    /// The closure runs on the thread that owns the database, may run again when the transaction is repeated, and has
    /// no effects outside of `tx`: what calls out is enqueued as a job. The context carries the trace of the work that
    /// told the event and the number of the attempt. An error parks the key; so does a panic.
    pub fn handle<F>(self, handler: F) -> Consumer
    where
        F: Fn(&Tx<'_>, &Context, &Envelope, E) -> Result<()> + Send + Sync + 'static,
    {
        Consumer {
            settings: self.settings,
            topic: self.topic.name(),
            source: self.source,
            handler: Arc::new(Decoding { handler, event: std::marker::PhantomData::<fn() -> E> }),
        }
    }
}

impl Consumer {
    /// The name under which operators find it.
    pub fn name(&self) -> String {
        self.settings.name()
    }
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consumer")
            .field("name", &self.name())
            .field("topic", &self.topic)
            .field("source", &self.source.name())
            .finish_non_exhaustive()
    }
}

/// A handler whose event type is forgotten.
pub(crate) trait Handler: Send + Sync {
    /// `events.unreadable` when the bytes are not what the type says; else whatever the service's closure answers.
    fn handle(&self, tx: &Tx<'_>, ctx: &Context, envelope: &Envelope) -> Result<()>;
}

struct Decoding<E, F> {
    handler: F,
    event: std::marker::PhantomData<fn() -> E>,
}

impl<E, F> Handler for Decoding<E, F>
where
    E: Event,
    F: Fn(&Tx<'_>, &Context, &Envelope, E) -> Result<()> + Send + Sync,
{
    fn handle(&self, tx: &Tx<'_>, ctx: &Context, envelope: &Envelope) -> Result<()> {
        if envelope.event_type != E::TYPE {
            return Err(codes::UNREADABLE.error(format!(
                "the event is a {} and the consumer reads {}",
                envelope.event_type,
                E::TYPE
            )));
        }
        let event = E::decode(envelope.data.as_slice()).map_err(|error| {
            codes::UNREADABLE.because(format!("the event's bytes are not a {}", E::TYPE), error)
        })?;
        (self.handler)(tx, ctx, envelope, event)
    }
}
