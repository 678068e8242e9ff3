//! `mainstay up`: a whole system in one process.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use mainstay_core::{Clock, Result};
use mainstay_host::{Engines, signals};

use crate::commands::{Global, quoted};
use crate::output;
use crate::shop::launch::{Launch, Shop};
use crate::shop::welcome;

/// Run a whole system in this process.
#[derive(Clone, Debug, Args)]
pub struct Up {
    /// The system to run
    #[arg(value_enum)]
    system: System,
    /// Put demo data there on the first start, run a payment provider that charges nobody, and print logins
    #[arg(long)]
    demo: bool,
    /// Address for HTTP, as host:port
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum System {
    /// A shop that takes orders
    Shop,
}

impl Up {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let System::Shop = self.system;
        let mut global = global.clone();
        if let Some(address) = &self.listen {
            global.set.insert(0, format!("http.listen={}", quoted(address)));
        }
        // A person who watches a terminal wants to hear of trouble, not of everything that goes well.
        let fallbacks = if std::io::stderr().is_terminal() {
            vec![("telemetry.log", quoted("warn"))]
        } else {
            Vec::new()
        };
        let launch = Launch { global, demo: self.demo, logs: true, fallbacks, replay: None };
        let shop = launch.start(engines, Clock::system()).await?;
        serve(shop, self.demo).await
    }
}

/// Says that the shop is open, serves until a signal asks it to stop, and drains.
pub async fn serve(shop: Shop, demo: bool) -> Result<ExitCode> {
    signals::listen(&shop.shutdown(), |asked| {
        output::note(&format!("mainstay: {asked}: finishing what is held; once more ends it at once"));
    })?;
    output::note(&welcome(&shop, demo));
    shop.wait().await?;
    output::note("mainstay: stopped; everything that was acknowledged is on the disk");
    Ok(ExitCode::SUCCESS)
}

fn welcome(shop: &Shop, demo: bool) -> String {
    let running = shop.running();
    let mut text = String::new();
    if shop.was_seeded() {
        text.push_str("Demo data was put in place.\n\n");
    }
    text.push_str(&welcome::addresses(&welcome::Addresses {
        public: shop.listener().url(),
        admin: running.admin_addr(),
        rpc: running.rpc_addr(),
        provider: shop.provider_addr(),
        mail: running.settings().notify.url.clone(),
    }));
    if demo {
        text.push_str(&welcome::logins());
        text.push_str(&welcome::first_order(shop.listener(), &running.settings().http.tls.certificate));
    }
    text.push_str("\nCtrl-C finishes what is held and stops.");
    text
}
