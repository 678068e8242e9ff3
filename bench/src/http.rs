//! What the layers cost: the same 96 bytes of JSON from bare hyper and through the whole stack in its production
//! configuration, each by a server of its own on one core, asked over 64 connections from the other.
//!
//! Requests are those of visitors behind a balancer: each has one of 4,096 addresses in `X-Forwarded-For`, so that the
//! allowances of addresses work as they do in production and nobody is over theirs. Before a figure counts, sampled answers must
//! show the effect of each layer; afterwards the access log and the metrics must have counted every request.

mod check;
mod load;
pub mod server;

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::load::Buyer;
use crate::process;
use crate::report::{Peer, Report, median};
use crate::shop::ShopProcess;

use self::load::{Ask, Outcome};
use self::server::{Kind, Server};

type Failure = Box<dyn Error + Send + Sync>;

/// Where the server runs; the load has the other.
const SERVER_CORE: usize = 0;
const LOAD_CORE: usize = 1;

pub async fn run(quick: bool, report: &mut Report) -> Result<(), Box<dyn Error>> {
    measure(quick, report).await.map_err(|error| error.to_string().into())
}

async fn measure(quick: bool, report: &mut Report) -> Result<(), Failure> {
    if std::thread::available_parallelism()?.get() < 2 {
        return Err("this needs two cores: one for the server, one for the load".into());
    }
    let folder = tempfile::tempdir()?;
    let (rounds, length) =
        if quick { (9, Duration::from_millis(700)) } else { (25, Duration::from_millis(1_000)) };

    let bare = Server::start(Kind::Bare, folder.path())?;
    let stack = Server::start(Kind::Stack, folder.path())?;
    check::each_layer(&stack).await?;
    let known = check::session(stack.address).await?;
    let plain = Ask::new("/v1/products/prd_00000000000000000000000001", None);
    let asks = Ask::new("/v1/products/prd_00000000000000000000000001", Some(&known));
    let (shop, product) = shop_with_product(folder.path()).await?;

    let mut servers = [
        Rounds::new(bare.address, bare.pid(), plain),
        Rounds::new(stack.address, stack.pid(), asks),
        Rounds::new(shop.address, shop.pid(), product),
    ];
    let pids = servers.each_ref().map(|server| server.pid);
    let before = check::counted(&stack, folder.path()).await?;
    for _ in 0..rounds {
        // In turns, so that what the machine does besides falls on all.
        for server in &mut servers {
            // What the others do by themselves costs this one nothing.
            let _stopped = process::Stopped::all_but(server.pid, &pids)?;
            server.push(length)?;
        }
    }
    let after = check::counted(&stack, folder.path()).await?;
    let [of_bare, of_stack, of_product] = servers;
    check::all_counted(&before, &after, of_stack.answered)?;

    let bare_rate = median(of_bare.rates);
    report.figure("http", "bare", bare_rate, "req/s", Peer::None);
    let peer = || Peer::Measured { name: "bare hyper", value: bare_rate };
    report.figure("http", "stack", median(of_stack.rates), "req/s", peer());
    let bare_micros = median(of_bare.cpu_micros);
    let cpu = Peer::Measured { name: "bare hyper", value: bare_micros };
    report.figure("http", "stack-cpu", median(of_stack.cpu_micros), "us", cpu);
    report.figure("http", "product", median(of_product.rates), "req/s", peer());
    Ok(())
}

/// The shop as a process of its own on the server's core, and what asks it for a product.
async fn shop_with_product(folder: &Path) -> Result<(ShopProcess, Ask), Failure> {
    let shop = {
        let _pinned = process::Pinned::to(SERVER_CORE)?;
        let log = format!("http.access_log.file={:?}", folder.join("shop-access.log").display().to_string());
        ShopProcess::start_with(folder, &[&log, "http.trusted_proxies=[\"127.0.0.0/8\"]"])?
    };
    let page = Buyer::connect(shop.address).await?.text("/v1/products").await?;
    let products: Value = serde_json::from_str(&page)?;
    let id = products["products"][0]["id"].as_str().ok_or("the shop has no products")?.to_owned();
    let known = check::session(shop.address).await?;
    Ok((shop, Ask::new(&format!("/v1/products/{id}"), Some(&known))))
}

/// One server under load, round after round.
struct Rounds {
    address: SocketAddr,
    pid: u32,
    ask: Ask,
    answered: u64,
    rates: Vec<f64>,
    cpu_micros: Vec<f64>,
}

impl Rounds {
    fn new(address: SocketAddr, pid: u32, ask: Ask) -> Self {
        Self { address, pid, ask, answered: 0, rates: Vec::new(), cpu_micros: Vec::new() }
    }

    /// As many requests as the server answers, for so long.
    fn push(&mut self, length: Duration) -> Result<(), Failure> {
        let _pinned = process::Pinned::to(LOAD_CORE)?;
        let before = process::cpu_time(self.pid)?;
        let Outcome { answered, took } = load::push(self.address, &self.ask, length)?;
        let cpu = process::cpu_time(self.pid)? - before;
        self.answered += answered;
        self.rates.push(answered as f64 / took.as_secs_f64());
        self.cpu_micros.push(cpu.as_secs_f64() * 1e6 / answered.max(1) as f64);
        Ok(())
    }
}
