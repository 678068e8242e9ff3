//! Begins visits when they are due.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::Method;
use mainstay_core::{Clock, Result, Tasks, codes};
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::due;
use super::measure::Measure;
use super::shape;
use super::visit::{Aim, Goods, Visit};
use crate::listener::Listener;
use crate::shop::client::{Call, Client};

/// Most visits a second: far above what one machine serves; more is a typing mistake.
pub const RATE_MAX: f64 = 5_000.0;

/// Longest load, in seconds. It ends by itself, always.
pub const SECONDS_MAX: u64 = 3_600;

/// Visits under way at once; the next waits for a place, and its waiting counts.
const VISITS_MAX: usize = 2_048;

/// Products that are looked at, as many as a first look at a catalogue takes.
const GOODS_MAX: usize = 5_000;

/// Products on a page.
const PAGE: usize = 100;

/// How much of each kind of visit there is, in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    pub browse: u32,
    pub search: u32,
    pub cart: u32,
    pub checkout: u32,
}

/// A load.
#[derive(Clone, Debug)]
pub struct Load {
    pub listener: Listener,
    /// Visits a second, on average.
    pub rate: f64,
    pub duration: Duration,
    pub mix: Mix,
    /// Whether the rate follows the hours of a day, which the load then lasts.
    pub day: bool,
    pub lines_max: u32,
    /// The same seed makes the same visits.
    pub seed: u64,
}

/// What became of the visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Visits {
    pub begun: u64,
    /// Those that found every place taken and had to wait.
    pub waited: u64,
}

impl Mix {
    fn draw(self, random: &mut StdRng) -> Aim {
        let parts = [
            (self.browse, Aim::Browse),
            (self.search, Aim::Search),
            (self.cart, Aim::Cart),
            (self.checkout, Aim::Checkout),
        ];
        let total: u32 = parts.iter().map(|(part, _)| part).sum();
        let mut lot = random.random_range(0..total.max(1));
        for (part, aim) in parts {
            if lot < part {
                return aim;
            }
            lot -= part;
        }
        Aim::Browse
    }
}

impl Load {
    /// Runs it to its end.
    ///
    /// # Errors
    /// `core.unavailable` when there is no shop, `core.precondition` when it has nothing to buy.
    pub async fn run(&self, clock: &Clock, tasks: &Tasks, measure: &Arc<Measure>) -> Result<Visits> {
        let goods: Arc<[Goods]> = goods(&mut Client::new(&self.listener, clock, tasks)).await?.into();
        let idle: Arc<Mutex<Vec<Client>>> = Arc::default();
        let places = Arc::new(Semaphore::new(VISITS_MAX));
        let waited = Arc::new(AtomicU64::new(0));
        let mut random = StdRng::seed_from_u64(self.seed);
        let dues =
            Dues { load: self.clone(), due: Duration::ZERO, random: StdRng::seed_from_u64(random.random()) };
        let no_thread =
            |error| codes::INTERNAL.because("there is no thread that says when visits are due", error);
        let mut turns = due::at(dues).map_err(no_thread)?;
        let mut begun = 0;
        while let Some((_, at)) = turns.recv().await {
            let place = match Arc::clone(&places).try_acquire_owned() {
                Ok(place) => place,
                Err(_) => {
                    waited.fetch_add(1, Ordering::Relaxed);
                    let place = Arc::clone(&places).acquire_owned().await;
                    place.map_err(|error| codes::INTERNAL.because("there are no places for visits", error))?
                }
            };
            let aim = self.mix.draw(&mut random);
            let visitor = StdRng::seed_from_u64(random.random());
            let client = idle.lock().pop().unwrap_or_else(|| Client::new(&self.listener, clock, tasks));
            let (clock, measure, goods) = (clock.clone(), Arc::clone(measure), Arc::clone(&goods));
            let (idle, lines_max, name) =
                (Arc::clone(&idle), self.lines_max, format!("load-{}-{begun}", self.seed));
            tasks.spawn("load-visit", async move {
                let mut client = client;
                let visit = Visit {
                    clock: &clock,
                    measure: &measure,
                    client: &mut client,
                    goods: &goods,
                    random: visitor,
                    due: at,
                    lines_max,
                    name,
                };
                if let Err(error) = visit.run(aim).await {
                    tracing::error!(error = error.chain(), "a visit could not be measured");
                }
                idle.lock().push(client);
                drop(place);
            });
            begun += 1;
        }
        // The last ones are waited for: the slowest requests are part of the truth.
        let all = places.acquire_many(u32::try_from(VISITS_MAX).unwrap_or(u32::MAX)).await;
        all.map(drop).map_err(|error| codes::INTERNAL.because("the last visits did not end", error))?;
        Ok(Visits { begun, waited: waited.load(Ordering::Relaxed) })
    }

    /// How long after this visit the next one comes: at random, as people do, and more or less often by the hour.
    fn gap(&self, due: Duration, random: &mut StdRng) -> Duration {
        /// A night is as quiet as a hundredth of the average, or the next visit would never come.
        const QUIET: f64 = 0.01;
        let part = due.as_secs_f64() / self.duration.as_secs_f64();
        let rate = if self.day { self.rate * shape::busyness(part).max(QUIET) } else { self.rate };
        let lot: f64 = random.random_range(f64::MIN_POSITIVE..1.0);
        Duration::from_secs_f64((-lot.ln() / rate).min(self.duration.as_secs_f64()))
    }
}

/// The times at which visits are due.
struct Dues {
    load: Load,
    due: Duration,
    random: StdRng,
}

impl Iterator for Dues {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let due = self.due;
        self.due += self.load.gap(due, &mut self.random);
        (due < self.load.duration).then_some(due)
    }
}

#[derive(Deserialize)]
struct Page {
    products: Vec<Product>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Product {
    id: String,
    name: String,
    #[serde(default)]
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
struct Variant {
    id: String,
}

/// What the shop sells, as any visitor can see it.
async fn goods(client: &mut Client) -> Result<Vec<Goods>> {
    let mut found = Vec::new();
    let mut path = format!("/v1/products?limit={PAGE}");
    loop {
        let call = Call { method: Method::GET, path: &path, session: None, key: None, body: &Value::Null };
        let answer = client.call(call).await?;
        let page: Page = serde_json::from_value(answer.body).map_err(|error| {
            codes::UNAVAILABLE.because("what answers there is not a shop of this kind", error)
        })?;
        for product in page.products {
            let word = product.name.split_whitespace().max_by_key(|word| word.len()).unwrap_or_default();
            let word: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
            for variant in product.variants {
                let (product, word) = (product.id.clone(), word.clone());
                found.push(Goods { product, variant: variant.id, word });
            }
        }
        match page.next.filter(|_| found.len() < GOODS_MAX) {
            Some(after) => path = format!("/v1/products?limit={PAGE}&after={after}"),
            None => break,
        }
    }
    if found.is_empty() {
        return Err(codes::PRECONDITION.error("the shop has nothing to sell"));
    }
    Ok(found)
}
