//! Search with facets over a catalogue as large as a real shop's: 4,000 products in 20,000 variants with prices.
//!
//! The load is an open model: requests are sent when they are due, 500 a second, and a latency counts from when its
//! request was due, so a server that stalls is not asked less. Names are made of the words that such a shop uses, few
//! of them often and most seldom; queries are one to three of those, some with a filter, some with a slip.

use std::net::SocketAddr;

use hdrhistogram::Histogram;
use http::StatusCode;
use mainstay::load::due;
use mainstay_core::{Clock, Id};
use serde_json::{Value, json};
use shop_catalog_contracts as catalog;

use crate::load::{Buyer, spawn};
use crate::report::{Peer, Report};
use crate::shop::ShopProcess;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const PRODUCTS: u64 = 4_000;
const VARIANTS: u64 = 5;
const RATE: u64 = 500;

/// Connections: enough that one is free when a request is due, as long as answers take less than 60 ms.
const CONNECTIONS: usize = 32;

/// Connections that fill the catalogue.
const FILLERS: u64 = 16;

/// Prices set by one call.
const PRICES: usize = 1_000;

const COLOURS: [&str; 12] = [
    "red", "white", "pink", "blue", "black", "green", "ivory", "silver", "cream", "purple", "orange", "gold",
];
const THINGS: [&str; 40] = [
    "holder", "bag", "box", "mug", "clock", "lantern", "bunting", "cushion", "frame", "candle", "tin",
    "bowl", "plate", "sign", "lamp", "doormat", "bottle", "jar", "basket", "tray", "apron", "card", "ribbon",
    "mirror", "drawer", "hook", "napkin", "teapot", "spoon", "garland", "umbrella", "necklace", "bracelet",
    "notebook", "pencil", "puzzle", "kettle", "towel", "magnet", "wreath",
];
const STYLES: [&str; 40] = [
    "heart",
    "vintage",
    "retrospot",
    "polkadot",
    "metal",
    "wooden",
    "hanging",
    "christmas",
    "paisley",
    "lunch",
    "jumbo",
    "mini",
    "small",
    "large",
    "glass",
    "ceramic",
    "enamel",
    "wicker",
    "enchanted",
    "regency",
    "antique",
    "french",
    "scandinavian",
    "woodland",
    "strawberry",
    "botanical",
    "edwardian",
    "folding",
    "painted",
    "felt",
    "feather",
    "crystal",
    "rustic",
    "dolly",
    "skull",
    "union",
    "circus",
    "spaceboy",
    "toadstool",
    "alphabet",
];

/// Runs it.
pub fn run(quick: bool, report: &mut Report) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(measure(quick, report)).map_err(|error| error.to_string().into())
}

async fn measure(quick: bool, report: &mut Report) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let shop = ShopProcess::start(folder.path())?;
    report.remark("search: filling the catalogue with 4,000 products");
    fill(shop.address).await?;
    let seconds = if quick { 10 } else { 30 };
    // Once for the caches of the machine, once for the figure.
    ask(shop.address, 3).await?;
    let taken = ask(shop.address, seconds).await?;
    let ms = |quantile| taken.value_at_quantile(quantile) as f64 / 1_000.0;
    report.figure("year", "search-p50", ms(0.5), "ms", Peer::None);
    report.figure("year", "search-p99", ms(0.99), "ms", Peer::None);
    report.figure("year", "search-rate", taken.len() as f64 / seconds as f64, "a second", Peer::None);
    Ok(())
}

// A small generator of its own, so that every run has the same catalogue and the same questions.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // SplitMix64, https://prng.di.unimi.it/splitmix64.c
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap_or(0)
    }

    /// The first ones often, the last ones seldom.
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let within = self.roll(from.len()) + 1;
        from[self.roll(within)]
    }
}

fn product(number: u64) -> (Id<catalog::Product>, Value) {
    let mut dice = Dice(number);
    let id = Id::from_bytes((u128::from(number) << 64 | 0x5ea7).to_be_bytes());
    let words = [dice.pick(&COLOURS), dice.pick(&STYLES), dice.pick(&STYLES), dice.pick(&THINGS)];
    let variant = |place: u64| json!({ "sku": format!("{number}-{place}"), "options": [COLOURS[usize::try_from(place).unwrap_or(0)]] });
    let body = json!({
        "slug": format!("bench-{number}"),
        "name": words.join(" ").to_uppercase(),
        "description": format!("{} for the {}, by the {}.", words[3], dice.pick(&THINGS), dice.pick(&STYLES)),
        "options": ["colour"],
        "attributes": { "material": dice.pick(&STYLES[..20]), "pieces": dice.roll(12) },
        "variants": (0..VARIANTS).map(variant).collect::<Vec<_>>(),
    });
    (id, body)
}

async fn fill(address: SocketAddr) -> Result<(), Failure> {
    let mut staff = Buyer::connect(address).await?;
    let session = staff.log_in("staff@shop.example", "slate-harbour-17").await?;
    for (code, kind) in [("material", "text"), ("pieces", "number")] {
        let body = json!({ "name": code, "kind": kind, "filterable": true });
        staff.put(&format!("/v1/attributes/{code}"), &session, &body, StatusCode::OK).await?;
    }
    let mut prices = Vec::new();
    for number in 0..PRODUCTS {
        let (id, _) = product(number);
        for place in 0..VARIANTS {
            let minor = Dice(number * VARIANTS + place).roll(3_000) + 20;
            let variant: Id<catalog::Variant> = id.derive(&format!("{number}-{place}"));
            let amount =
                json!({ "amount": format!("{}.{:02}", minor / 100, minor % 100), "currency": "GBP" });
            prices.push(json!({ "variant_id": variant, "amount": amount, "tax_class": "standard" }));
        }
    }
    for page in prices.chunks(PRICES) {
        let body = json!({ "prices": page });
        staff.put("/v1/prices", &session, &body, StatusCode::NO_CONTENT).await?;
    }
    let mut fillers = Vec::new();
    for filler in 0..FILLERS {
        let session = session.clone();
        fillers.push(spawn(async move {
            let mut staff = Buyer::connect(address).await?;
            for number in (filler..PRODUCTS).step_by(FILLERS as usize) {
                let (id, body) = product(number);
                staff.put(&format!("/v1/products/{id}"), &session, &body, StatusCode::OK).await?;
            }
            Ok::<(), Failure>(())
        }));
    }
    for filler in fillers {
        filler.await??;
    }
    let found = staff.get("/v1/search?q=mug&currency=GBP").await?;
    let complete = found["facets"].as_array().is_some_and(|facets| facets.len() >= 4);
    if complete { Ok(()) } else { Err(format!("the catalogue is not what was put: {found}").into()) }
}

fn question(number: u64) -> String {
    let mut dice = Dice(number ^ 0xdead_beef);
    let mut words = vec![dice.pick(&THINGS).to_owned()];
    for _ in 0..dice.roll(3) {
        words.push(if dice.roll(3) == 0 { dice.pick(&COLOURS) } else { dice.pick(&STYLES) }.to_owned());
    }
    if dice.roll(20) == 0 {
        words[0].remove(1);
    }
    let filter = match dice.roll(4) {
        0 => "&filter=option:colour=red",
        1 => "&price=0-999",
        _ => "",
    };
    format!("/v1/search?currency=GBP&q={}{filter}", words.join("+"))
}

/// Latencies in microseconds from when each request was due.
async fn ask(address: SocketAddr, seconds: u64) -> Result<Histogram<u64>, Failure> {
    let mut askers = Vec::new();
    for mut turns in due::in_turn(CONNECTIONS, due::steadily(RATE as f64, seconds * RATE))? {
        askers.push(spawn(async move {
            let clock = Clock::system();
            let mut buyer = Buyer::connect(address).await?;
            let mut taken = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?;
            while let Some((number, due)) = turns.recv().await {
                buyer.get(&question(number)).await?;
                let micros = u64::try_from(clock.monotonic().since(due).as_micros()).unwrap_or(u64::MAX);
                taken.record(micros.max(1))?;
            }
            Ok::<_, Failure>(taken)
        }));
    }
    let mut all = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?;
    for asker in askers {
        all.add(asker.await??)?;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_asks_the_same_questions_of_the_same_catalogue() {
        assert_eq!(question(7), question(7));
        assert_eq!(product(7).1, product(7).1);
        let different: std::collections::BTreeSet<_> = (0..500).map(question).collect();
        assert!(different.len() > 300);
    }
}
