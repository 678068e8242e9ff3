//! Fakes of the services that the cart asks.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mainstay_core::{Code, Kind, Money};
use mainstay_rpc::reply;
use shop_catalog_contracts as catalog;
use shop_pricing_contracts as pricing;
use tonic::{Request, Response, Status};

use crate::app::{VariantId, variant};

/// A catalogue of ten variants for sale, and number 99, which is not for sale any more.
#[derive(Clone, Default)]
pub struct FakeCatalog {
    pub asked: Arc<AtomicUsize>,
}

#[tonic::async_trait]
impl catalog::Catalog for FakeCatalog {
    async fn get_variants(
        &self,
        req: Request<catalog::GetVariantsRequest>,
    ) -> Result<Response<catalog::GetVariantsResponse>, Status> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let known: HashMap<Vec<u8>, u8> =
            (1..=10).chain([99]).map(|number| (variant(number).to_vec(), number)).collect();
        let found = req.into_inner().ids.into_iter().filter_map(|id| {
            let number = *known.get(&id)?;
            Some(catalog::v1::Variant {
                id,
                product_id: vec![0; 16],
                sku: format!("SKU-{number}"),
                name: if number == 1 { String::new() } else { format!("colour {number}") },
                product_name: "Mug".into(),
                sellable: number != 99,
                options: Vec::new(),
            })
        });
        Ok(Response::new(catalog::GetVariantsResponse { variants: found.collect() }))
    }

    async fn put_by_name(
        &self,
        _request: Request<catalog::PutByNameRequest>,
    ) -> Result<Response<catalog::PutByNameResponse>, Status> {
        Err(Status::unimplemented("the cart puts no products"))
    }

    async fn page_products(
        &self,
        _request: Request<catalog::PageProductsRequest>,
    ) -> Result<Response<catalog::PageProductsResponse>, Status> {
        Err(Status::unimplemented("the cart exports nothing"))
    }

    async fn upsert_products(
        &self,
        _request: Request<catalog::UpsertProductsRequest>,
    ) -> Result<Response<catalog::UpsertProductsResponse>, Status> {
        Err(Status::unimplemented("the cart puts no products"))
    }

    async fn put_product(
        &self,
        _: Request<catalog::PutProductRequest>,
    ) -> Result<Response<catalog::PutProductResponse>, Status> {
        Err(Status::unimplemented("the cart puts no products"))
    }
}

/// A price list on which everything costs 10.00 and 2.00 of tax, and shipping is free; variant 10 is not on it.
#[derive(Clone, Default)]
pub struct FakePricing;

const MISSING: Code = Code::new("pricing.price_missing", Kind::FailedPrecondition, "No price", "None.");

#[tonic::async_trait]
impl pricing::Pricing for FakePricing {
    async fn quote(
        &self,
        req: Request<pricing::QuoteRequest>,
    ) -> Result<Response<pricing::QuoteResponse>, Status> {
        let message = req.into_inner();
        if message.lines.iter().any(|line| line.variant_id == variant(10).to_vec()) {
            return reply(Err(MISSING.error("no price in this currency")));
        }
        let currency = message.currency.parse().unwrap();
        let money = |minor: i64| Some(Money::new(minor, currency).into());
        // Abroad there is no tax, which shows in the tests where the cart says that it goes.
        let tax_rate = if message.country == "GB" { 200 } else { 0 };
        let pieces: i64 = message.lines.iter().map(|line| i64::from(line.quantity)).sum();
        let lines = message.lines.into_iter().map(|line| pricing::PricedLine {
            variant_id: line.variant_id,
            quantity: line.quantity,
            unit_net: money(1_000),
            net: money(1_000 * i64::from(line.quantity)),
            tax: money(tax_rate * i64::from(line.quantity)),
            tax_basis_points: 2_000,
        });
        let quote = pricing::QuoteResponse {
            lines: lines.collect(),
            shipping_net: money(0),
            shipping_tax: money(0),
            net: money(1_000 * pieces),
            tax: money(tax_rate * pieces),
            total: money((1_000 + tax_rate) * pieces),
        };
        Ok(Response::new(quote))
    }

    async fn get_prices(
        &self,
        _: Request<pricing::GetPricesRequest>,
    ) -> Result<Response<pricing::GetPricesResponse>, Status> {
        Err(Status::unimplemented("the cart asks for quotes only"))
    }

    async fn set_prices(
        &self,
        _: Request<pricing::SetPricesRequest>,
    ) -> Result<Response<pricing::SetPricesResponse>, Status> {
        Err(Status::unimplemented("the cart sets no prices"))
    }

    async fn set_shipping_rates(
        &self,
        _: Request<pricing::SetShippingRatesRequest>,
    ) -> Result<Response<pricing::SetShippingRatesResponse>, Status> {
        Err(Status::unimplemented("the cart asks for quotes only"))
    }

    async fn list_shipping_methods(
        &self,
        _: Request<pricing::ListShippingMethodsRequest>,
    ) -> Result<Response<pricing::ListShippingMethodsResponse>, Status> {
        Err(Status::unimplemented("the cart asks for quotes only"))
    }
}

/// A variant that the fake catalogue does not know.
pub fn unknown_variant() -> VariantId {
    variant(200)
}
