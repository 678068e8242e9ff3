//! Who does what when: buyers spread over connections, each connection one invoice after the other.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::try_join_all;
use mainstay_core::{Clock, Error, Result, Tasks, Timestamp, codes};
use mainstay_host::ReplayClock;
use parking_lot::Mutex;
use shop_retail::{Buyer, Deed, Invoice, Plan};

use super::journal::{Done, Journal};
use crate::listener::Listener;
use crate::shop::client::{Answer, Call, Client};

/// How often a request is sent again after a lost connection or a "not now", and the wait before the first time; it
/// doubles up to [`LONGEST_WAIT`]. Together some minutes: the shop is in the same process, so it is there.
const TRIES_MAX: u32 = 40;
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How a replay is carried out.
#[derive(Clone)]
pub struct Driver {
    pub listener: Listener,
    pub clock: Clock,
    pub tasks: Tasks,
    pub times: ReplayClock,
    pub journal: Journal,
    /// The session of somebody who may refund.
    pub staff: String,
    /// Connections, and so invoices under way at once.
    pub connections: usize,
    /// How many times as fast as it happened; nothing for as fast as it goes.
    pub speed: Option<f64>,
    /// Each so-manieth request is sent twice.
    pub twice_every: Option<u64>,
}

/// What was done so far, for whoever watches.
#[derive(Debug, Default)]
pub struct Tally {
    pub invoices: AtomicU64,
    /// Placed in this run, which may go on where an earlier one ended.
    pub orders: AtomicU64,
    pub refunds: AtomicU64,
    pub calls: AtomicU64,
    pub sent_twice: AtomicU64,
    /// Requests that were sent again after a lost connection or a "not now".
    pub retries: AtomicU64,
    /// Orders and refunds that the shop refused for good, by code.
    pub refused: Mutex<BTreeMap<String, u64>>,
}

impl Tally {
    pub(super) fn refuse(&self, code: &str) {
        *self.refused.lock().entry(code.to_owned()).or_default() += 1;
    }
}

impl Driver {
    /// Carries out what is left of the plan.
    ///
    /// # Errors
    /// Those of the journal, and of a shop that does not answer any more.
    pub async fn run(self, plan: Arc<Plan>, tally: &Tally) -> Result<()> {
        let done = Arc::new(self.journal.done().await?);
        let mut shares: Vec<Vec<usize>> = vec![Vec::new(); self.connections.max(1)];
        for (place, invoice) in plan.invoices.iter().enumerate() {
            let share = share_of(invoice.buyer, shares.len());
            shares[share].push(place);
        }
        let pace = Pace::begin(&self, &plan);
        let lanes = shares.into_iter().map(|share| {
            let lane = Lane::new(&self, Arc::clone(&plan), Arc::clone(&done), tally);
            lane.run(share, pace)
        });
        try_join_all(lanes).await.map(drop)
    }
}

/// All invoices of a buyer go the same way, so that they keep their order.
fn share_of(buyer: Buyer, shares: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    buyer.hash(&mut hasher);
    usize::try_from(hasher.finish() % shares as u64).unwrap_or_default()
}

/// When an invoice's turn is.
#[derive(Clone, Copy)]
struct Pace {
    began: mainstay_core::Monotonic,
    first: Timestamp,
    speed: Option<f64>,
}

impl Pace {
    fn begin(driver: &Driver, plan: &Plan) -> Self {
        let first = plan.invoices.first().map(|invoice| invoice.time).unwrap_or_default();
        Self { began: driver.clock.monotonic(), first, speed: driver.speed }
    }

    async fn wait(&self, clock: &Clock, time: Timestamp) {
        if let Some(speed) = self.speed {
            clock.sleep_until(self.began + time.since(self.first).div_f64(speed)).await;
        }
    }
}

/// One connection and the buyers that share it.
pub(super) struct Lane<'a> {
    pub(super) plan: Arc<Plan>,
    pub(super) tally: &'a Tally,
    pub(super) times: ReplayClock,
    pub(super) journal: Journal,
    pub(super) done: Arc<Done>,
    pub(super) staff: String,
    /// Sessions of the buyers that this run met.
    pub(super) sessions: HashMap<Buyer, String>,
    /// Orders that this run placed, by name; those of earlier runs are in the journal.
    pub(super) orders: HashMap<String, String>,
    clock: Clock,
    client: Client,
    twice_every: Option<u64>,
}

impl<'a> Lane<'a> {
    fn new(driver: &Driver, plan: Arc<Plan>, done: Arc<Done>, tally: &'a Tally) -> Self {
        Self {
            plan,
            tally,
            times: driver.times.clone(),
            journal: driver.journal.clone(),
            done,
            staff: driver.staff.clone(),
            sessions: HashMap::new(),
            orders: HashMap::new(),
            clock: driver.clock.clone(),
            client: Client::new(&driver.listener, &driver.clock, &driver.tasks),
            twice_every: driver.twice_every.filter(|every| *every > 0),
        }
    }

    async fn run(mut self, share: Vec<usize>, pace: Pace) -> Result<()> {
        let plan = Arc::clone(&self.plan);
        for place in share {
            let invoice = &plan.invoices[place];
            pace.wait(&self.clock, invoice.time).await;
            self.invoice(invoice).await.map_err(|error| {
                codes::UNAVAILABLE.because(format!("invoice {}: {}", invoice.number, error.message()), error)
            })?;
            self.tally.invoices.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn invoice(&mut self, invoice: &Invoice) -> Result<()> {
        match &invoice.deed {
            Deed::Sale(orders) => {
                for (part, order) in orders.iter().enumerate() {
                    self.sell(invoice, part, order).await?;
                }
            }
            Deed::Cancellation(refunds) => {
                for (number, refund) in refunds.iter().enumerate() {
                    self.give_back(invoice, number, refund).await?;
                }
            }
        }
        Ok(())
    }

    /// Sends a request until it has an answer that stays: "not now" is asked again, under the same key.
    pub(super) async fn ask(&mut self, call: Call<'_>) -> Result<Answer> {
        let number = self.tally.calls.fetch_add(1, Ordering::Relaxed) + 1;
        if self.twice_every.is_some_and(|every| number.is_multiple_of(every)) {
            // The first of the two, of which nobody reads the answer.
            self.tally.sent_twice.fetch_add(1, Ordering::Relaxed);
            let _ = self.client.call(call.clone()).await;
        }
        let mut wait = FIRST_WAIT;
        for _ in 1..TRIES_MAX {
            match self.client.call(call.clone()).await {
                Ok(answer) if !is_not_now(&answer) => return Ok(answer),
                Err(error) if !is_worth_repeating(&error) => return Err(error),
                Ok(_) | Err(_) => {}
            }
            self.tally.retries.fetch_add(1, Ordering::Relaxed);
            self.clock.sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        self.client.call(call).await
    }

    pub(super) async fn pause(&self) {
        self.clock.sleep(FIRST_WAIT).await;
    }
}

/// Too many requests, a server that is busy or going away, a first request that still runs, a payment on its way.
fn is_not_now(answer: &Answer) -> bool {
    match answer.status.as_u16() {
        429 | 502 | 503 | 504 => true,
        409 => matches!(answer.code(), "http.idempotency_running" | "orders.not_paid" | "core.conflict"),
        _ => false,
    }
}

fn is_worth_repeating(error: &Error) -> bool {
    error.is(&codes::UNAVAILABLE) || error.is(&codes::DEADLINE)
}
