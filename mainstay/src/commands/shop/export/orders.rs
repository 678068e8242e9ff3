//! Orders as a file for those who keep the books elsewhere: a row an order, or a row a line. Who bought and where they live
//! is not in it.

use mainstay_core::{Context, Id, Money, Result, Timestamp, codes};
use mainstay_host::Running;
use mainstay_rpc::v1::{self, required_money};
use mainstay_rpc::{answer, request};
use mainstay_sql::Database;
use shop_orders::{actions, events};
use shop_orders_contracts as orders;

use super::{CALLER, To};

const OF_ORDER: [&str; 13] = [
    "number",
    "placed_at",
    "state",
    "country",
    "currency",
    "lines",
    "pieces",
    "net",
    "tax",
    "shipping_net",
    "shipping_tax",
    "total",
    "refunded",
];

const OF_LINE: [&str; 10] =
    ["number", "placed_at", "country", "currency", "sku", "name", "quantity", "unit_net", "net", "tax"];

/// Writes a row an order, the newest first; how many there are.
pub async fn write(source: &mut Source, to: &To) -> Result<u64> {
    let mut sheet = to.sheet(&OF_ORDER)?;
    let mut pages = Pages::new(source);
    while let Some(page) = pages.next().await? {
        for order in page {
            let Read { number, state, placed_at, country, placed, refunded } = read(order)?;
            let pieces: u64 = placed.lines.iter().map(|line| u64::from(line.quantity)).sum();
            let total = money(placed.total.as_ref())?;
            sheet.row(&[
                &number,
                &placed_at,
                &state,
                &country,
                total.currency.as_str(),
                &placed.lines.len().to_string(),
                &pieces.to_string(),
                &money(placed.net.as_ref())?.amount(),
                &money(placed.tax.as_ref())?.amount(),
                &money(placed.shipping_net.as_ref())?.amount(),
                &money(placed.shipping_tax.as_ref())?.amount(),
                &total.amount(),
                &refunded.amount(),
            ])?;
        }
    }
    sheet.finish()
}

/// Writes a row for each line of each order; how many there are.
pub async fn write_lines(source: &mut Source, to: &To) -> Result<u64> {
    let mut sheet = to.sheet(&OF_LINE)?;
    let mut pages = Pages::new(source);
    while let Some(page) = pages.next().await? {
        for order in page {
            let Read { number, placed_at, country, placed, .. } = read(order)?;
            for line in &placed.lines {
                let net = money(line.net.as_ref())?;
                sheet.row(&[
                    &number,
                    &placed_at,
                    &country,
                    net.currency.as_str(),
                    &line.sku,
                    &line.name,
                    &line.quantity.to_string(),
                    &money(line.unit_net.as_ref())?.amount(),
                    &net.amount(),
                    &money(line.tax.as_ref())?.amount(),
                ])?;
            }
        }
    }
    sheet.finish()
}

/// Where orders are read: from the service that `[peers]` names, or else from the database, which a running shop may have
/// open as well. An export must not begin to carry out what a stopped shop has left to do.
pub enum Source {
    Service(orders::OrdersClient<mainstay_rpc::Channel>),
    Database(Database),
}

impl Source {
    /// The service.
    pub fn of(running: &Running) -> Result<Self> {
        Ok(Self::Service(running.peer(CALLER, orders::SERVICE, orders::OrdersClient::new)?.client()))
    }

    async fn page(&mut self, ctx: &Context, after: Vec<u8>) -> Result<orders::PageOrdersResponse> {
        match self {
            Self::Service(client) => {
                answer(client.page_orders(request(ctx, orders::PageOrdersRequest { after })).await)
            }
            Self::Database(db) => {
                let after = (!after.is_empty()).then(|| Id::try_from_slice(&after)).transpose()?;
                Ok(events::page_message(actions::page_of(db, ctx, after).await?))
            }
        }
    }
}

/// A page after the other, so that any number of orders takes the memory of one page. Orders that are placed meanwhile
/// come before the first page and move none.
struct Pages<'a> {
    source: &'a mut Source,
    ctx: Context,
    after: Option<Vec<u8>>,
}

impl<'a> Pages<'a> {
    fn new(source: &'a mut Source) -> Self {
        Self { source, ctx: Context::background(CALLER), after: Some(Vec::new()) }
    }

    async fn next(&mut self) -> Result<Option<Vec<orders::PagedOrder>>> {
        let Some(after) = self.after.take() else { return Ok(None) };
        let page = self.source.page(&self.ctx, after).await?;
        self.after = page.orders.last().filter(|_| page.more).map(|last| last.order_id.clone());
        Ok(Some(page.orders))
    }
}

struct Read {
    number: String,
    state: String,
    placed_at: String,
    country: String,
    placed: orders::OrderPlaced,
    refunded: Money,
}

fn read(order: orders::PagedOrder) -> Result<Read> {
    let broken = || codes::INTERNAL.error("an answer about an order without the order");
    let placed = order.placed.ok_or_else(broken)?;
    Ok(Read {
        number: order.number,
        state: order.state,
        placed_at: Timestamp::from_micros(placed.placed_at_micros).to_string(),
        country: placed.address.as_ref().map(|address| address.country.clone()).unwrap_or_default(),
        refunded: money(order.refunded.as_ref())?,
        placed,
    })
}

fn money(amount: Option<&v1::Money>) -> Result<Money> {
    required_money(amount, "amount")
}
