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
    let (rounds, length) = if quick { (3, Duration::from_secs(2)) } else { (5, Duration::from_secs(5)) };

    let bare = Server::start(Kind::Bare, folder.path())?;
    let stack = Server::start(Kind::Stack, folder.path())?;
    check::each_layer(&stack).await?;
    let known = check::session(stack.address).await?;
    let plain = Ask::new("/v1/products/prd_00000000000000000000000001", None);
    let asks = Ask::new("/v1/products/prd_00000000000000000000000001", Some(&known));

    let (mut bare_rates, mut stack_rates) = (Vec::new(), Vec::new());
    let (mut bare_cpu, mut stack_cpu) = (Vec::new(), Vec::new());
    let before = check::counted(&stack, folder.path()).await?;
    let mut sent = 0;
    for _ in 0..rounds {
        // One after the other, so that what the machine does besides falls on both.
        let of_bare = pushed(bare.address, bare.pid(), &plain, length)?;
        bare_rates.push(of_bare.rate());
        bare_cpu.push(of_bare.cpu_micros());
        let of_stack = pushed(stack.address, stack.pid(), &asks, length)?;
        stack_rates.push(of_stack.rate());
        stack_cpu.push(of_stack.cpu_micros());
        sent += of_stack.outcome.answered;
    }
    let after = check::counted(&stack, folder.path()).await?;
    check::all_counted(&before, &after, sent)?;

    let bare_rate = median(bare_rates);
    report.figure("http", "bare", bare_rate, "req/s", Peer::None);
    let peer = || Peer::Measured { name: "bare hyper", value: bare_rate };
    report.figure("http", "stack", median(stack_rates), "req/s", peer());
    let bare_micros = median(bare_cpu);
    let cpu = Peer::Measured { name: "bare hyper", value: bare_micros };
    report.figure("http", "stack-cpu", median(stack_cpu), "us", cpu);
    drop((bare, stack));

    let rate = product(folder.path(), rounds, length).await?;
    report.figure("http", "product", rate, "req/s", peer());
    Ok(())
}

/// A product as the shop serves it, with the shop as a process of its own on the server's core.
async fn product(folder: &Path, rounds: usize, length: Duration) -> Result<f64, Failure> {
    let shop = {
        let _pinned = process::Pinned::to(SERVER_CORE)?;
        let log = format!("http.access_log.file={:?}", folder.join("shop-access.log").display().to_string());
        ShopProcess::start_with(folder, &[&log, "http.trusted_proxies=[\"127.0.0.0/8\"]"])?
    };
    let page = Buyer::connect(shop.address).await?.text("/v1/products").await?;
    let products: Value = serde_json::from_str(&page)?;
    let id = products["products"][0]["id"].as_str().ok_or("the shop has no products")?.to_owned();
    let known = check::session(shop.address).await?;
    let ask = Ask::new(&format!("/v1/products/{id}"), Some(&known));
    let mut rates = Vec::new();
    for _ in 0..rounds {
        rates.push(pushed(shop.address, shop.pid(), &ask, length)?.rate());
    }
    Ok(median(rates))
}

struct Pushed {
    outcome: Outcome,
    cpu: Duration,
}

impl Pushed {
    fn rate(&self) -> f64 {
        self.outcome.answered as f64 / self.outcome.took.as_secs_f64()
    }

    fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.outcome.answered.max(1) as f64
    }
}

/// As many requests as the server answers, for so long.
fn pushed(address: SocketAddr, pid: u32, ask: &Ask, length: Duration) -> Result<Pushed, Failure> {
    let _pinned = process::Pinned::to(LOAD_CORE)?;
    let before = process::cpu_time(pid)?;
    let outcome = load::push(address, ask, length)?;
    Ok(Pushed { outcome, cpu: process::cpu_time(pid)? - before })
}
