//! The shop, made to die: it starts like `mainstay up shop --demo`, and aborts the process before or after the commit
//! that its command line names.
//!
//! Commits are counted over all databases, from the moment the shop takes orders, so that a test can try each commit
//! of a checkout in turn: `crashbox --abort before:17 --data /tmp/x`. Beside the checkout's own there are a few commits
//! of leases being renewed; a test that tries one number after the other meets those too, which does no harm.

use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use clap::Parser;
use mainstay::commands::Global;
use mainstay::shop::launch::Launch;
use mainstay_core::Clock;
use mainstay_sql::CommitHook;

/// Runs the shop and aborts at a commit.
#[derive(Parser)]
#[command(name = "crashbox")]
struct Arguments {
    /// Where to abort, as before:N or after:N; without it nothing is aborted
    #[arg(long, value_name = "WHERE")]
    abort: Option<Abort>,
    /// Count only commits of this service's database, such as shop.orders
    #[arg(long, value_name = "SERVICE")]
    database: Option<String>,
    #[command(flatten)]
    global: Global,
}

/// On which side of which commit.
#[derive(Clone, Copy, Debug)]
struct Abort {
    side: Side,
    number: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// The work is done, nothing is durable.
    Before,
    /// It is durable, nobody was answered.
    After,
}

impl FromStr for Abort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("write before:N or after:N instead of {text}");
        let (side, number) = text.split_once(':').ok_or_else(wrong)?;
        let side = match side {
            "before" => Side::Before,
            "after" => Side::After,
            _ => return Err(wrong()),
        };
        Ok(Self { side, number: number.parse().map_err(|_| wrong())? })
    }
}

/// Counts commits once it is armed, and aborts at the chosen one.
struct Trap {
    abort: Option<Abort>,
    database: Option<String>,
    armed: AtomicBool,
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Trap {
    fn pass(&self, database: &str, side: Side, counter: &AtomicU64) {
        let counts = self.database.as_deref().is_none_or(|wanted| wanted == database);
        if !counts || !self.armed.load(Ordering::SeqCst) {
            return;
        }
        let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
        if self.abort.is_some_and(|abort| abort.side == side && abort.number == number) {
            eprintln!("crashbox: aborting {side:?} commit {number}, of {database}");
            std::process::abort();
        }
    }
}

impl CommitHook for Trap {
    fn before_commit(&self, database: &str, _number: u64) {
        self.pass(database, Side::Before, &self.begun);
    }

    fn after_commit(&self, database: &str, _number: u64) {
        self.pass(database, Side::After, &self.ended);
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { abort, database, global } = Arguments::parse();
    let trap = Arc::new(Trap {
        abort,
        database,
        armed: AtomicBool::new(false),
        begun: AtomicU64::new(0),
        ended: AtomicU64::new(0),
    });
    let hook: Arc<dyn CommitHook> = Arc::<Trap>::clone(&trap);
    let engines = mainstay::engines::all().commit_hook(hook);
    // What the store of telemetry commits is no part of an order, and would be died in all the same.
    let quiet = vec![("telemetry.store", "false".to_owned())];
    let launch = Launch { global, demo: true, logs: true, fallbacks: quiet, replay: None };
    match launch.start(engines, Clock::system()).await {
        Ok(shop) => {
            trap.armed.store(true, Ordering::SeqCst);
            // For the test that started it and chose port 0.
            println!("http {}", shop.listener().address);
            match mainstay::commands::up::serve(shop, false).await {
                Ok(code) => code,
                Err(error) => failed(&error),
            }
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &mainstay_core::Error) -> ExitCode {
    eprintln!("crashbox: {}", error.chain());
    mainstay::exit::code(error)
}
