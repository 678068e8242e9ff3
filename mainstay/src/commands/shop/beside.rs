//! Services that a command needs for as long as it takes: where `[peers]` says they are, else in this process, which may
//! run beside the shop.

use std::future::Future;

use mainstay_core::{Clock, Result};
use mainstay_host::{Engines, Host, Running, Settings};

use crate::commands::Global;
use crate::shop;

/// Who asks, in tokens and logs.
pub const CALLER: &str = "mainstay.operator";

/// Does `work` with the services at hand, and drains.
pub async fn with<T, F>(
    global: &Global,
    engines: Engines,
    services: &[&'static str],
    work: impl FnOnce(Running) -> F,
) -> Result<T>
where
    F: Future<Output = (Running, Result<T>)>,
{
    // A listener is part of every process; this one's is open for the moment that the command takes.
    let mut global = global.clone();
    global.set.extend(["http.listen=\"127.0.0.1:0\"".to_owned(), "rpc.listen=\"\"".to_owned()]);
    let configuration = global.configuration(&[])?;
    let elsewhere = Settings::read(&configuration)?.peers.addresses();
    let here: Vec<&str> =
        services.iter().copied().filter(|service| !elsewhere.contains_key(*service)).collect();
    let host = Host::new(configuration, engines, Clock::system());
    let running = shop::mount_some(host, &here)?.start().await?;
    let (running, outcome) = work(running).await;
    running.shutdown().request();
    let stopped = running.wait().await;
    let done = outcome?;
    stopped?;
    Ok(done)
}
