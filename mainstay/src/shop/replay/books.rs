//! What the shop's own books say after a replay, and how it differs from what the mapping says.

use std::collections::BTreeMap;

use http::Method;
use mainstay_core::{Context, Money, Result, codes};
use mainstay_host::Running;
use mainstay_rpc::{answer, request};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shop_inventory_contracts as inventory;
use shop_payments_contracts as payments;
use shop_retail::{Figures, Month, Plan};

use super::{CALLER, variant};
use crate::shop::client::{Call, Client};

/// Levels asked for at once, which is the most that inventory tells.
const LEVELS_AT_ONCE: usize = 500;

/// The currency of the file.
const POUNDS: &str = "GBP";

/// The shop's books, in pence and pieces.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Books {
    pub orders: u64,
    pub revenue: i64,
    pub refunded: i64,
    /// From the sales report.
    pub months: Vec<Month>,
    /// From inventory: pieces by stock keeping unit, those above zero.
    pub closing: BTreeMap<String, u64>,
    /// Pieces that somebody still holds.
    pub held: i64,
    pub ledger: Ledger,
    /// Sagas that have not ended.
    pub open_sagas: u64,
}

/// From payments, its ledger, and the provider's own list.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Ledger {
    pub captured: i64,
    pub refunded: i64,
    pub provider_captured: i64,
    pub provider_refunded: i64,
    /// Differences between the three, payment by payment.
    pub differences: u64,
}

/// A figure that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub figure: String,
    pub mapping: String,
    pub shop: String,
}

#[derive(Deserialize)]
struct Report {
    days: Vec<Day>,
}

#[derive(Deserialize)]
struct Day {
    day: String,
    country: String,
    orders: u64,
    net: Money,
    tax: Money,
    refunded: Money,
}

impl Books {
    /// Asks the shop. `open_sagas` is counted by the caller, who can see the journal of runs.
    pub async fn read(
        running: &Running,
        client: &mut Client,
        staff: &str,
        plan: &Plan,
        open_sagas: u64,
    ) -> Result<Self> {
        let months = months(client, staff, plan).await?;
        let (closing, held) = levels(running, plan).await?;
        Ok(Self {
            orders: months.iter().map(|month| month.orders).sum(),
            revenue: months.iter().map(|month| month.revenue).sum(),
            refunded: months.iter().map(|month| month.refunded).sum(),
            months,
            closing,
            held,
            ledger: ledger(running).await?,
            open_sagas,
        })
    }

    /// Every figure in which the books are not what the mapping says.
    pub fn differences(&self, mapping: &Figures) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut compare = |figure: &str, mapping: String, shop: String| {
            if mapping != shop {
                found.push(Difference { figure: figure.to_owned(), mapping, shop });
            }
        };
        let key = |month: &Month| (month.month.clone(), month.country.clone());
        let ours: BTreeMap<_, &Month> = mapping.months.iter().map(|month| (key(month), month)).collect();
        let theirs: BTreeMap<_, &Month> = self.months.iter().map(|month| (key(month), month)).collect();
        for name in ours.keys().chain(theirs.keys().filter(|name| !ours.contains_key(*name))) {
            let told = |month: Option<&&Month>| {
                month.map_or_else(String::new, |month| {
                    format!("{} orders, {} in, {} back", month.orders, month.revenue, month.refunded)
                })
            };
            compare(&format!("{} {}", name.0, name.1), told(ours.get(name)), told(theirs.get(name)));
        }
        compare("closing stock", total(&mapping.closing), total(&self.closing));
        for (sku, pieces) in &mapping.closing {
            let shop = self.closing.get(sku).copied().unwrap_or_default();
            compare(&format!("closing stock of {sku}"), pieces.to_string(), shop.to_string());
        }
        for sku in self.closing.keys().filter(|sku| !mapping.closing.contains_key(*sku)) {
            compare(&format!("closing stock of {sku}"), "0".into(), self.closing[sku].to_string());
        }
        let ledger = &self.ledger;
        for (figure, mapping, shop) in [
            ("captured by the ledger", mapping.revenue, ledger.captured),
            ("captured by the provider", mapping.revenue, ledger.provider_captured),
            ("refunded by the ledger", mapping.refunded, ledger.refunded),
            ("refunded by the provider", mapping.refunded, ledger.provider_refunded),
            ("pieces held", 0, self.held),
        ] {
            compare(figure, mapping.to_string(), shop.to_string());
        }
        compare("differences with the provider", "0".into(), ledger.differences.to_string());
        compare("sagas that have not ended", "0".into(), self.open_sagas.to_string());
        found
    }
}

fn total(pieces: &BTreeMap<String, u64>) -> String {
    pieces.values().sum::<u64>().to_string()
}

/// The sales report, a calendar month at a time, so that no answer grows with the years.
async fn months(client: &mut Client, staff: &str, plan: &Plan) -> Result<Vec<Month>> {
    let mut names: Vec<String> =
        plan.invoices.iter().map(|invoice| month_of(&invoice.time.to_string())).collect();
    names.sort_unstable();
    names.dedup();
    let mut months: BTreeMap<(String, String), Month> = BTreeMap::new();
    for name in names {
        let path = format!("/v1/reports/sales?from={name}-01&to={name}-31");
        let call =
            Call { method: Method::GET, path: &path, session: Some(staff), key: None, body: &Value::Null };
        let told = client.call(call).await?;
        let report: Report = serde_json::from_value(told.body)
            .map_err(|error| codes::INTERNAL.because("the sales report cannot be read", error))?;
        for day in report.days {
            let month = month_of(&day.day);
            let key = (month.clone(), day.country.clone());
            let figures = months.entry(key).or_insert_with(|| Month {
                month,
                country: day.country,
                ..Month::default()
            });
            figures.orders += day.orders;
            figures.revenue += day.net.minor + day.tax.minor;
            figures.refunded += day.refunded.minor;
        }
    }
    Ok(months.into_values().collect())
}

fn month_of(time: &str) -> String {
    time.get(..7).unwrap_or_default().to_owned()
}

async fn levels(running: &Running, plan: &Plan) -> Result<(BTreeMap<String, u64>, i64)> {
    let ctx = Context::background(CALLER);
    let mut inventory = running.peer(CALLER, inventory::SERVICE, inventory::InventoryClient::new)?.client();
    let skus: BTreeMap<Vec<u8>, String> = (0..plan.variants.len())
        .filter(|place| plan.variants[*place].demand > 0)
        .map(|place| (variant(&plan.sku(place)).to_vec(), plan.sku(place)))
        .collect();
    let ids: Vec<&Vec<u8>> = skus.keys().collect();
    let (mut closing, mut held) = (BTreeMap::new(), 0);
    for some in ids.chunks(LEVELS_AT_ONCE) {
        let variant_ids = some.iter().map(|id| (*id).clone()).collect();
        let asked = inventory::GetLevelsRequest { variant_ids };
        for level in answer(inventory.get_levels(request(&ctx, asked)).await)?.levels {
            held += level.held;
            if let (Some(sku), Ok(pieces @ 1..)) = (skus.get(&level.variant_id), u64::try_from(level.on_hand))
            {
                closing.insert(sku.clone(), pieces);
            }
        }
    }
    Ok((closing, held))
}

async fn ledger(running: &Running) -> Result<Ledger> {
    let mut payments = running.peer(CALLER, payments::SERVICE, payments::PaymentsClient::new)?.client();
    let asked = payments::ReconcileRequest { mend: false, since_micros: 0 };
    let found = answer(payments.reconcile(request(&Context::background(CALLER), asked)).await)?;
    let pounds = found.totals.iter().find(|total| total.currency == POUNDS);
    Ok(Ledger {
        captured: pounds.map_or(0, |total| total.ledger_captured_minor),
        refunded: pounds.map_or(0, |total| total.ledger_refunded_minor),
        provider_captured: pounds.map_or(0, |total| total.provider_captured_minor),
        provider_refunded: pounds.map_or(0, |total| total.provider_refunded_minor),
        differences: found.differences.len() as u64 + found.unnamed,
    })
}
