//! A shop in the test's own process, so that its clock is the test's to move.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mainstay::commands::Global;
use mainstay::shop::launch::{Launch, Shop};
use mainstay_core::{Clock, ManualClock, Stopwatch, Timestamp};
use mainstay_host::Engines;

use super::buyer::Buyer;
use super::world::settings_of;

/// The whole shop with demo data, its provider included.
pub struct Inside {
    pub shop: Shop,
    data: PathBuf,
}

impl Inside {
    /// Starts it in `folder`, with settings such as `shop.orders.hold_seconds=2`.
    pub async fn start(folder: &Path, settings: &[&str], engines: Engines, clock: Clock) -> Self {
        let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut set = settings_of(folder, &settings);
        set.push("http.listen=127.0.0.1:0".to_owned());
        let global = Global { set, ..Global::default() };
        let launch = Launch { global, demo: true, logs: false, fallbacks: Vec::new(), replay: None };
        let shop = launch.start(engines, clock).await.unwrap();
        Self { shop, data: folder.join("data") }
    }

    pub fn address(&self) -> SocketAddr {
        self.shop.listener().address
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    pub fn buyer(&self) -> Buyer {
        Buyer::new(self.address())
    }
}

/// A clock that goes as the machine's does, until the test steps it.
pub struct Ticking {
    pub clock: Clock,
    pub manual: ManualClock,
    over: Arc<AtomicBool>,
}

/// How often the clock moves: finer than anything the shop waits for.
const TICK: Duration = Duration::from_millis(2);

impl Ticking {
    pub fn start() -> Self {
        Self::since(Clock::system().now())
    }

    /// One that shows `moment` first.
    pub fn since(moment: Timestamp) -> Self {
        let (clock, manual) = Clock::manual(moment);
        let over = Arc::new(AtomicBool::new(false));
        let (hand, done) = (manual.clone(), Arc::clone(&over));
        std::thread::spawn(move || {
            let mut watch = Stopwatch::start();
            while !done.load(Ordering::Relaxed) {
                std::thread::sleep(TICK);
                let passed = watch.elapsed();
                watch = Stopwatch::start();
                hand.advance(passed);
            }
        });
        Self { clock, manual, over }
    }

    /// Sets the wall clock alone, as an administrator does; time goes on at its pace.
    pub fn step_ahead(&self, by: Duration) {
        self.manual.set_wall(self.clock.now() + by);
    }

    pub fn step_back(&self, by: Duration) {
        self.manual.set_wall(self.clock.now() - by);
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}
