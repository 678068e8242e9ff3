//! The disk of a running shop is full: orders are refused cleanly, none is half, and the shop goes on by itself when
//! there is room again.
//!
//! The disk is a small one of its own, so the test starts itself again on it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mainstay_core::{Clock, Stopwatch};

use super::books::Books;
use super::client::spawn;
use super::goods::variants;
use super::inside::Inside;

const PATIENCE: Duration = Duration::from_secs(60);

/// Twice what the logs of a dozen databases grow to before they are folded, 16 MiB each: on a disk that the logs alone
/// fill there is no room to fold them, and nothing goes on until somebody gives it more.
const DISK_BYTES: usize = 256 * 1024 * 1024;

const BUYERS: usize = 8;

const NAME: &str = "shop::disk::a_full_disk_refuses_orders_cleanly_and_the_shop_goes_on_when_there_is_room";

/// Answers that say 'not now, nothing was done or ask again': each with its hint when to come back.
const NOT_NOW: [&str; 4] = ["sql.full", "core.unavailable", "core.deadline", "http.overloaded"];

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_orders_cleanly_and_the_shop_goes_on_when_there_is_room() {
    match mainstay_disks::folder() {
        Some(folder) => on_the_small_disk(&folder).await,
        None => mainstay_disks::run_on_small_disk(NAME, DISK_BYTES),
    }
}

async fn on_the_small_disk(folder: &Path) {
    let clock = Clock::system();
    // The provider is on the same disk: whoever waits for it in vain is told so soon.
    let settings = ["shop.orders.hold_seconds=5"];
    let shop = Inside::start(folder, &settings, mainstay::engines::all(), clock.clone()).await;
    let over = Arc::new(AtomicBool::new(false));
    let buying: Vec<_> =
        (0..BUYERS).map(|number| spawn(buy_until(shop.address(), number, Arc::clone(&over)))).collect();

    // Somebody else fills the disk to the last page in the middle of it, twice.
    let ballast = folder.join("ballast");
    let mut witness = shop.buyer();
    for _ in 0..2 {
        clock.sleep(Duration::from_millis(800)).await;
        // A reader that stays, as a backup does, keeps the logs from beginning anew in the room that they have: so
        // they must grow, and whoever writes is refused for it.
        let readers = stay_in_every_database(shop.data());
        let patience = Stopwatch::start();
        let refusal = loop {
            fill(&ballast);
            if let Err(refusal) = witness.filled_cart(&[(&variants()[0], 1)], "tok_ok").await {
                break refusal;
            }
            assert!(patience.elapsed() < PATIENCE, "nobody noticed that the disk was full");
        };
        assert!(refusal.contains("sql.full") && refusal.contains("507"), "{refusal}");
        clock.sleep(Duration::from_millis(300)).await;
        drop(readers);
        std::fs::remove_file(&ballast).unwrap();
        // Nobody has to start anything anew.
        let patience = Stopwatch::start();
        while let Err(refusal) = witness.filled_cart(&[(&variants()[0], 1)], "tok_ok").await {
            assert!(patience.elapsed() < PATIENCE, "it does not go on: {refusal}");
            clock.sleep(Duration::from_millis(20)).await;
        }
    }
    clock.sleep(Duration::from_millis(800)).await;
    over.store(true, Ordering::Relaxed);

    let mut answers = BTreeMap::<(u16, String), i64>::new();
    for buyer in buying {
        for (answer, times) in buyer.await.unwrap() {
            *answers.entry(answer).or_default() += times;
        }
    }
    println!("{answers:?}");
    for (status, code) in answers.keys() {
        let is_clean = match *status {
            201 => true,
            // The provider writes to the same disk: from outside that is a provider that does not answer.
            409 => ["orders.payment_timeout", "inventory.out_of_stock"].contains(&code.as_str()),
            503 | 504 | 507 => NOT_NOW.contains(&code.as_str()) || code.starts_with("payments.provider"),
            _ => false,
        };
        assert!(is_clean, "{status} {code}: {answers:?}");
    }
    let books = Books::settle(shop.data(), PATIENCE).await;
    // What was acknowledged is there. An order whose buyer was told 'not now' may be there too, under its key.
    let placed = answers.get(&(201, String::new())).copied().unwrap_or_default();
    assert_eq!(books.orders, placed);
    shop.shop.stop().await.unwrap();
}

/// Connections that each look at a database as it is now, until they are dropped.
fn stay_in_every_database(data: &Path) -> Vec<rusqlite::Connection> {
    let files = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "db"))
        .map(|path| {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;").unwrap();
            connection
        })
        .collect()
}

/// Buys one order after the other, each until it is placed or refused for good. How often each answer came.
async fn buy_until(
    address: std::net::SocketAddr,
    number: usize,
    over: Arc<AtomicBool>,
) -> BTreeMap<(u16, String), i64> {
    let clock = Clock::system();
    let variant = variants()[number % 4].clone();
    let mut answers = BTreeMap::new();
    let mut turn = 0;
    while !over.load(Ordering::Relaxed) {
        turn += 1;
        let mut buyer = super::buyer::Buyer::new(address);
        // A cart is refused as an order is; then the next one is tried.
        let Ok(cart) = buyer.filled_cart(&[(&variant, 1)], "tok_ok").await else {
            clock.sleep(Duration::from_millis(20)).await;
            continue;
        };
        // Whoever was told 'not now' asks again under the same key, also when the others have stopped.
        loop {
            let answer = buyer.check_out(&cart, &format!("disk-{number}-{turn}")).await.unwrap();
            let status = answer.status.as_u16();
            // Neither done nor refused: the key is asked for again.
            let is_running = status == 202 || answer.code() == "http.idempotency_running";
            if !is_running {
                let hinted = answer.headers.contains_key("retry-after");
                assert!(status < 500 || hinted, "{status} without a hint when to come back: {}", answer.body);
                *answers.entry((status, answer.code().to_owned())).or_default() += 1;
            }
            if status == 201 || (status == 409 && !is_running) {
                break;
            }
            clock.sleep(Duration::from_millis(50)).await;
        }
    }
    answers
}

// To the last byte, behind what it holds already.
fn fill(file: &Path) {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
    for block in [64 * 1024, 4096, 1] {
        while file.write_all(&vec![0; block]).is_ok() {}
    }
}
