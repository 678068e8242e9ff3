//! Pricing with its doors open.

use mainstay_core::{Context, Currency, Id, Money, Principal, Result};
use mainstay_events::Outbox;
use mainstay_host::Service;
use mainstay_rpc::{Channel, Peer, answer, request};
use mainstay_telemetry::Registry;
use mainstay_testkit::{FrontDoors, TestDatabase};
use shop_pricing::{Config, MIGRATIONS, Needs, Pricing};
use shop_pricing_contracts as wire;
use wire::{PricingClient, QuoteLine, QuoteRequest, QuoteResponse, SERVICE};

pub type VariantId = Id<shop_catalog_contracts::Variant>;

/// The service under test.
pub struct TestApp {
    pub doors: FrontDoors,
    pub ctx: Context,
    pricing: Peer<PricingClient<Channel>>,
    _test: TestDatabase,
}

impl TestApp {
    pub async fn start() -> Self {
        let test =
            TestDatabase::open(&[mainstay_events::MIGRATIONS, mainstay_audit::MIGRATIONS, MIGRATIONS]).await;
        let needs = Needs {
            db: test.db.clone(),
            outbox: Outbox::new(test.db.clone(), SERVICE),
            registry: Registry::new(),
            audit: mainstay_audit::Audit::new(&mainstay_secrets::Key::from_bytes([5; 32])),
        };
        let (routes, contracts) =
            Pricing::start(needs, Config::default(), test.clock.clone()).unwrap().into_parts();
        let mut doors = FrontDoors::new(&test.clock);
        doors.mount(SERVICE, contracts).await;
        doors.serve(routes);
        let pricing = doors.peer("shop.orders", SERVICE, PricingClient::new);
        TestApp { doors, ctx: Context::background("shop.orders"), pricing, _test: test }
    }

    pub fn client(&self) -> PricingClient<Channel> {
        self.pricing.client()
    }

    /// Sets net prices in pence at the standard rate.
    pub async fn set(&self, prices: &[(u8, i64)]) {
        let prices: Vec<_> =
            prices.iter().map(|&(number, minor)| price(number, minor, Currency::GBP, "standard")).collect();
        self.set_as(&self.ctx, prices).await.unwrap();
    }

    pub async fn set_as(&self, ctx: &Context, prices: Vec<wire::Price>) -> Result<()> {
        answer(self.client().set_prices(request(ctx, wire::SetPricesRequest { prices })).await).map(drop)
    }

    pub async fn quote(&self, country: &str, lines: &[(u8, u32)], shipping: &str) -> Result<QuoteResponse> {
        self.quote_in("GBP", country, lines, shipping).await
    }

    pub async fn quote_in(
        &self,
        currency: &str,
        country: &str,
        lines: &[(u8, u32)],
        shipping: &str,
    ) -> Result<QuoteResponse> {
        let line =
            |&(number, quantity): &(u8, u32)| QuoteLine { variant_id: variant(number).to_vec(), quantity };
        let message = QuoteRequest {
            currency: currency.into(),
            country: country.into(),
            lines: lines.iter().map(line).collect(),
            shipping_method: shipping.into(),
        };
        answer(self.client().quote(request(&self.ctx, message)).await)
    }
}

pub fn variant(number: u8) -> VariantId {
    VariantId::from_bytes([number; 16])
}

pub fn price(number: u8, minor: i64, currency: Currency, class: &str) -> wire::Price {
    let amount = Some(Money::new(minor, currency).into());
    wire::Price { variant_id: variant(number).to_vec(), amount, tax_class: class.into() }
}

pub fn customer() -> Principal {
    Principal::Customer(Id::from_bytes([1; 16]))
}

pub fn staff() -> Principal {
    Principal::Staff(Id::from_bytes([2; 16]))
}
