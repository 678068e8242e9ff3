//! The books of a shop: what its databases and the provider say, and whether it fits together.

use std::path::Path;
use std::time::Duration;

use mainstay_core::{Clock, Context, Result};
use mainstay_engine_sqlite::Sqlite;
use mainstay_sql::{Database, DatabaseEngine, Metrics, Options};

/// Everything that must agree once nothing is under way.
#[derive(Debug, PartialEq, Eq)]
pub struct Books {
    pub open_runs: i64,
    pub orders: i64,
    pub ordered_minor: i64,
    pub refunded_minor: i64,
    pub captured: i64,
    pub captured_minor: i64,
    pub given_back_minor: i64,
    pub provider_captured: i64,
    pub provider_captured_minor: i64,
    pub provider_refunded_minor: i64,
    /// Set aside at the provider and neither taken nor let go.
    pub provider_open: i64,
    pub ledger_debits: i64,
    pub ledger_credits: i64,
    pub ledger_clearing_minor: i64,
    pub adjusted_pieces: i64,
    pub sold_pieces: i64,
    pub on_hand: i64,
    pub held: i64,
    pub active_holds: i64,
    pub parked_events: i64,
    pub sales_orders: i64,
    pub sales_minor: i64,
}

impl Books {
    /// What does not fit. Empty when nothing was oversold, charged twice or lost.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut same = |what: &str, left: i64, right: i64| {
            if left != right {
                faults.push(format!("{what}: {left} and {right}"));
            }
        };
        same("open runs", self.open_runs, 0);
        same("orders and captured payments", self.orders, self.captured);
        same("order totals and captured money", self.ordered_minor, self.captured_minor);
        same("captured payments, here and at the provider", self.captured, self.provider_captured);
        same("captured money, here and at the provider", self.captured_minor, self.provider_captured_minor);
        same("refunds of orders and of payments", self.refunded_minor, self.given_back_minor);
        same("refunds, here and at the provider", self.given_back_minor, self.provider_refunded_minor);
        same("charges left open at the provider", self.provider_open, 0);
        same("ledger debits and credits", self.ledger_debits, self.ledger_credits);
        same(
            "ledger clearing and money moved",
            self.ledger_clearing_minor,
            self.captured_minor - self.given_back_minor,
        );
        same(
            "stock put in less stock sold, and on hand",
            self.adjusted_pieces - self.sold_pieces,
            self.on_hand,
        );
        same("held pieces", self.held, 0);
        same("active holds", self.active_holds, 0);
        same("parked events", self.parked_events, 0);
        same("orders and the sales report", self.orders, self.sales_orders);
        same("order totals and the sales report", self.ordered_minor, self.sales_minor);
        faults
    }

    pub async fn read(data: &Path) -> Result<Self> {
        let orders = Ledgers::open(data, "shop.orders")?;
        let payments = Ledgers::open(data, "shop.payments")?;
        let provider = Ledgers::open(data, "shop.test_provider")?;
        let inventory = Ledgers::open(data, "shop.inventory")?;
        let notifications = Ledgers::open(data, "shop.notifications")?;
        let cart = Ledgers::open(data, "shop.cart")?;
        let parked = "SELECT count(*) FROM event_parked";
        Ok(Self {
            open_runs: orders.number("SELECT count(*) FROM saga_runs WHERE ended_at IS NULL").await?,
            orders: orders.number("SELECT count(*) FROM order_list").await?,
            ordered_minor: orders.number("SELECT coalesce(sum(total_minor), 0) FROM order_list").await?,
            refunded_minor: orders.number("SELECT coalesce(sum(refunded_minor), 0) FROM order_list").await?,
            captured: payments.number("SELECT count(*) FROM payments WHERE charge = 'captured'").await?,
            captured_minor: payments
                .number("SELECT coalesce(sum(minor), 0) FROM payments WHERE charge = 'captured'")
                .await?,
            given_back_minor: payments
                .number("SELECT coalesce(sum(minor), 0) FROM refunds WHERE state = 'given'")
                .await?,
            provider_captured: provider
                .number("SELECT count(*) FROM charges WHERE status = 'captured'")
                .await?,
            provider_captured_minor: provider
                .number("SELECT coalesce(sum(minor), 0) FROM charges WHERE status = 'captured'")
                .await?,
            provider_refunded_minor: provider
                .number("SELECT coalesce(sum(refunded_minor), 0) FROM charges")
                .await?,
            provider_open: provider
                .number(
                    "SELECT count(*) FROM charges WHERE status IN ('authorised', 'processing', 'challenge')",
                )
                .await?,
            ledger_debits: payments.number("SELECT coalesce(sum(debits), 0) FROM ledger_balances").await?,
            ledger_credits: payments.number("SELECT coalesce(sum(credits), 0) FROM ledger_balances").await?,
            ledger_clearing_minor: payments
                .number(
                    "SELECT coalesce(sum(CASE WHEN debit = 'provider_clearing' THEN minor
                                              WHEN credit = 'provider_clearing' THEN -minor ELSE 0 END), 0)
                     FROM ledger_entries",
                )
                .await?,
            adjusted_pieces: inventory.number("SELECT coalesce(sum(delta), 0) FROM adjustments").await?,
            sold_pieces: inventory
                .number(
                    "SELECT coalesce(sum(quantity), 0) FROM holds
                     JOIN reservations ON reservations.id = holds.reservation_id WHERE state = 2",
                )
                .await?,
            on_hand: inventory.number("SELECT coalesce(sum(on_hand), 0) FROM levels").await?,
            held: inventory.number("SELECT coalesce(sum(held), 0) FROM levels").await?,
            active_holds: inventory.number("SELECT count(*) FROM reservations WHERE state = 1").await?,
            parked_events: orders.number(parked).await?
                + notifications.number(parked).await?
                + cart.number(parked).await?,
            sales_orders: orders.number("SELECT coalesce(sum(orders), 0) FROM sales_by_day").await?,
            sales_minor: orders
                .number("SELECT coalesce(sum(net_minor + tax_minor), 0) FROM sales_by_day")
                .await?,
        })
    }

    /// Waits until the books agree, at most `patience`, and then for the mails: one for each order that is paid.
    pub async fn settle(data: &Path, patience: Duration) -> Self {
        let clock = Clock::system();
        let deadline = clock.monotonic() + patience;
        loop {
            let books = Self::read(data).await.unwrap();
            let mails = mails(data);
            let mut faults = books.faults();
            if mails < usize::try_from(books.orders).unwrap_or_default() {
                faults.push(format!("{mails} mails for {} orders", books.orders));
            }
            if faults.is_empty() {
                return books;
            }
            assert!(clock.monotonic() < deadline, "the books do not agree: {faults:#?}\n{books:#?}");
            clock.sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The mails in the dev mailbox.
pub fn mails(data: &Path) -> usize {
    std::fs::read_dir(data.join("mail"))
        .map(|files| {
            files.flatten().filter(|file| file.path().extension().is_some_and(|end| end == "eml")).count()
        })
        .unwrap_or_default()
}

struct Ledgers(Database);

impl Ledgers {
    fn open(data: &Path, service: &str) -> Result<Self> {
        let url = format!("sqlite:{}", data.display());
        let options = Options::new(Clock::system(), Metrics::unregistered());
        Sqlite.open(&url, service, options).map(Self)
    }

    async fn number(&self, sql: &'static str) -> Result<i64> {
        let ctx = Context::background("test");
        self.0
            .read(&ctx, move |view| view.query_one(sql, &[], |row| row.get::<i64>(0)))
            .await
            .map(Option::unwrap_or_default)
    }
}
