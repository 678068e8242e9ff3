//! `mainstay serve`: some services in this process, the others elsewhere. What a container runs.

use std::process::ExitCode;

use clap::Args;
use mainstay_core::{Clock, Result};
use mainstay_host::{Host, signals};

use crate::commands::Global;
use crate::listener::Listener;
use crate::{output, shop, systems};
use mainstay_host::Engines;

/// Run some services in this process; the [peers] section says where the others are.
#[derive(Debug, Args)]
pub struct Serve {
    /// Services such as shop/orders, or a whole system such as shop
    #[arg(required = true, value_name = "SERVICE")]
    services: Vec<String>,
    /// Address for HTTP, as host:port
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Address for peers in other processes, as host:port
    #[arg(long, value_name = "ADDRESS")]
    rpc: Option<String>,
    /// Address of a service elsewhere, as in --peer shop.payments=http://127.0.0.1:9001
    #[arg(long, value_name = "SERVICE=URL")]
    peer: Vec<String>,
}

impl Serve {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let names = systems::names(&self.services)?;
        let host = Host::new(global.configuration(&self.keys())?, engines, Clock::system());
        let running = shop::mount_some(host, &names)?.with_logs().start().await?;
        let listener = Listener::of(&running.settings().http, running.http_addr())?;
        signals::listen(&running.shutdown(), |asked| {
            output::note(&format!("mainstay: {asked}: finishing what is held; once more ends it at once"));
        })?;
        output::note(&format!("mainstay: serving {} at {}", names.join(", "), listener.url()));
        output::note(&format!("mainstay: operators call http://{}", running.admin_addr()));
        if let Some(rpc) = running.rpc_addr() {
            output::note(&format!("mainstay: peers call http://{rpc}"));
        }
        output::note("Ctrl-C finishes what is held and stops.");
        running.wait().await?;
        output::note("mainstay: stopped; everything that was acknowledged is on the disk");
        Ok(ExitCode::SUCCESS)
    }

    fn keys(&self) -> Vec<String> {
        let listen = self.listen.iter().map(|address| format!("http.listen={address:?}"));
        let rpc = self.rpc.iter().map(|address| format!("rpc.listen={address:?}"));
        let peers = self.peer.iter().map(|peer| match peer.split_once('=') {
            Some((name, url)) => format!("peers.\"{name}\"={url:?}"),
            // The configuration says what is wrong with it.
            None => format!("peers.{peer}"),
        });
        listen.chain(rpc).chain(peers).collect()
    }
}
