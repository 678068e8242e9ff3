//! `mainstay retention`: what is kept for how long, by whose word, and what is due.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use mainstay_core::{Clock, Result, Timestamp};
use mainstay_host::{Engines, Host, Opened, Service, Settings};
use mainstay_http::idempotency;
use mainstay_sql::{Aged, View};
use mainstay_workflow::saga;

use crate::commands::{Global, operator};
use crate::output::{Cell, Format, Table, Tone};
use crate::shop;

/// See what is kept for how long, and what is due.
///
/// What is due goes by itself, in small pieces: every few minutes, carts, orders and imports once a night. An outbox also
/// keeps what is due and what a consumer has yet to read.
#[derive(Debug, Args)]
pub struct Retention {
    /// Services such as shop/orders; all when none is named
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// The services whose own rows have an age by configuration.
const CARTS: &str = <shop_cart::Cart as Service>::NAME;
const IMPORTS: &str = <shop_imports::Imports as Service>::NAME;
const ORDERS: &str = <shop_orders::Orders as Service>::NAME;

/// One kind of thing that one service keeps.
struct Line {
    what: &'static str,
    held: Aged,
    /// The key that says for how long; none when it is fixed.
    key: Option<&'static str>,
}

impl Retention {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let configuration = global.configuration(&[])?;
        let settings = Settings::read(&configuration)?;
        let host = shop::mount(Host::new(configuration, engines.clone(), Clock::system())).check()?;
        let known = host.configuration().show();
        let setting = |key: &str| known.iter().find(|setting| setting.key == key);
        let mut table = Table::new(&["service", "what", "rows", "oldest", "due", "days", "key", "source"]);
        for opened in operator::ready(global, engines, &self.services).await? {
            let days = |key: &str| setting(key).and_then(|setting| setting.value.parse::<u32>().ok());
            for line in lines(&opened, &settings, &days).await? {
                let setting = line.key.and_then(setting);
                let due = Cell::number(number(line.held.due));
                table.row([
                    Cell::text(opened.name),
                    Cell::text(line.what),
                    Cell::number(number(line.held.rows)),
                    Cell::optional(line.held.oldest.map(|oldest| oldest.to_string())),
                    if line.held.due > 0 { due } else { due.tone(Tone::Quiet) },
                    line.key.and_then(days).map_or_else(Cell::absent, Cell::number),
                    Cell::optional(line.key),
                    Cell::text(
                        setting.map_or_else(|| "fixed".to_owned(), |setting| setting.source.to_string()),
                    ),
                ]);
            }
        }
        table.print(Format::of(self.json), "no service has a database here yet");
        Ok(ExitCode::SUCCESS)
    }
}

/// What one service keeps, in one look at its database.
async fn lines(
    opened: &Opened,
    settings: &Settings,
    days: &impl Fn(&str) -> Option<u32>,
) -> Result<Vec<Line>> {
    let retention = settings.retention.clone();
    let name = opened.name;
    let carts = days("shop.cart.keep_days");
    let orders = days("shop.orders.archive_days");
    let (ended, abandoned) = (days("shop.imports.keep_days"), days("shop.imports.abandoned_days"));
    let look = move |view: &View<'_>| {
        let (outbox, inbox) = retention.events().aged(view)?;
        let line = |what, held, key| Line { what, held, key: Some(key) };
        let mut lines = vec![
            line("events", outbox, "retention.outbox_days"),
            line("handled events", inbox, "retention.inbox_days"),
            line("ended sagas", saga::ended(view, view.now() - retention.sagas())?, "retention.sagas_days"),
            line(
                "done jobs",
                mainstay_jobs::inspect::done(view, view.now() - retention.jobs())?,
                "retention.jobs_days",
            ),
            Line { what: "idempotency keys", held: idempotency::aged(view)?, key: None },
        ];
        if name == CARTS {
            lines.push(line("carts", shop_cart::aged(view, before(view, carts))?, "shop.cart.keep_days"));
        }
        if name == IMPORTS {
            let (over, open) = shop_imports::aged(view, before(view, ended), before(view, abandoned))?;
            lines.push(line("imports", over, "shop.imports.keep_days"));
            lines.push(line("imports without an end", open, "shop.imports.abandoned_days"));
        }
        if name == ORDERS {
            let (held, archived) = shop_orders::store::aged(view, before(view, orders))?;
            lines.push(line("orders", held, "shop.orders.archive_days"));
            let archived = Aged { rows: archived, ..Aged::default() };
            lines.push(Line { what: "archived orders", held: archived, key: None });
        }
        Ok(lines)
    };
    opened.database.read(&operator::context(), look).await
}

/// What is older than so many days; nothing is when there is no policy.
fn before(view: &View<'_>, days: Option<u32>) -> Timestamp {
    match days {
        Some(days) if days > 0 => view.now() - Duration::from_secs(u64::from(days) * 24 * 60 * 60),
        _ => Timestamp::from_micros(0),
    }
}

fn number(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
