//! What peers call. Thin: read the message, call an action, answer.

use mainstay_core::{Currency, Error, Id, IdKind, Result, codes};
use mainstay_rpc::handle;
use mainstay_rpc::v1::required_money;
use shop_pricing_contracts::{self as wire, pricing_server};
use tonic::{Request, Response, Status};

use crate::actions::{self, Basket, Pricing};
use crate::model::{Country, Line, Offer, Price, PricedLine, Quote, TaxClass, VariantId};

/// The generated trait over the actions.
#[derive(Clone)]
pub struct Rpc(pub Pricing);

#[tonic::async_trait]
impl pricing_server::Pricing for Rpc {
    async fn quote(&self, req: Request<wire::QuoteRequest>) -> Result<Response<wire::QuoteResponse>, Status> {
        handle(req, |ctx, message| async move {
            let lines = message.lines.iter().enumerate().map(|(place, line)| {
                let variant = id(&line.variant_id, || format!("lines[{place}].variant_id"))?;
                Ok(Line { variant, quantity: line.quantity })
            });
            let basket = Basket {
                currency: currency(&message.currency)?,
                country: country(&message.country)?,
                lines: lines.collect::<Result<_>>()?,
                shipping_method: Some(message.shipping_method).filter(|method| !method.is_empty()),
            };
            actions::quote(&self.0, &ctx, basket).await.map(quote_message)
        })
        .await
    }

    async fn get_prices(
        &self,
        req: Request<wire::GetPricesRequest>,
    ) -> Result<Response<wire::GetPricesResponse>, Status> {
        handle(req, |ctx, message| async move {
            let ids = message.variant_ids.iter().enumerate();
            let variants = ids.map(|(place, bytes)| id(bytes, || format!("variant_ids[{place}]")));
            let variants: Vec<VariantId> = variants.collect::<Result<_>>()?;
            let prices = actions::get_prices(&self.0, &ctx, currency(&message.currency)?, variants).await?;
            Ok(wire::GetPricesResponse { prices: prices.into_iter().map(price_message).collect() })
        })
        .await
    }

    async fn set_prices(
        &self,
        req: Request<wire::SetPricesRequest>,
    ) -> Result<Response<wire::SetPricesResponse>, Status> {
        handle(req, |ctx, message| async move {
            let prices = message.prices.iter().enumerate().map(|(place, price)| read_price(place, price));
            actions::set_prices(&self.0, &ctx, prices.collect::<Result<_>>()?).await?;
            Ok(wire::SetPricesResponse {})
        })
        .await
    }

    async fn set_shipping_rates(
        &self,
        req: Request<wire::SetShippingRatesRequest>,
    ) -> Result<Response<wire::SetShippingRatesResponse>, Status> {
        handle(req, |ctx, message| async move {
            let rates = message.rates.into_iter().enumerate().map(|(place, rate)| {
                let net = required_money(rate.net.as_ref(), &format!("rates[{place}].net"))?;
                Ok(Offer { code: rate.code, name: rate.name, net })
            });
            actions::set_shipping_rates(&self.0, &ctx, rates.collect::<Result<_>>()?).await?;
            Ok(wire::SetShippingRatesResponse {})
        })
        .await
    }

    async fn list_shipping_methods(
        &self,
        req: Request<wire::ListShippingMethodsRequest>,
    ) -> Result<Response<wire::ListShippingMethodsResponse>, Status> {
        handle(req, |_, message| async move {
            let (country, currency) = (country(&message.country)?, currency(&message.currency)?);
            let offers = actions::list_shipping_methods(&self.0, country, currency);
            Ok(wire::ListShippingMethodsResponse {
                methods: offers.into_iter().map(method_message).collect(),
            })
        })
        .await
    }
}

fn method_message(offer: Offer) -> wire::ShippingMethod {
    wire::ShippingMethod { code: offer.code, name: offer.name, net: Some(offer.net.into()) }
}

fn quote_message(quote: Quote) -> wire::QuoteResponse {
    wire::QuoteResponse {
        lines: quote.lines.into_iter().map(line_message).collect(),
        shipping_net: Some(quote.shipping_net.into()),
        shipping_tax: Some(quote.shipping_tax.into()),
        net: Some(quote.net.into()),
        tax: Some(quote.tax.into()),
        total: Some(quote.total.into()),
    }
}

fn line_message(line: PricedLine) -> wire::PricedLine {
    wire::PricedLine {
        variant_id: line.variant.to_vec(),
        quantity: line.quantity,
        unit_net: Some(line.unit_net.into()),
        net: Some(line.net.into()),
        tax: Some(line.tax.into()),
        tax_basis_points: line.tax_basis_points,
    }
}

fn price_message((variant, price): (VariantId, Price)) -> wire::Price {
    wire::Price {
        variant_id: variant.to_vec(),
        amount: Some(price.amount.into()),
        tax_class: price.class.as_str().to_owned(),
    }
}

fn read_price(place: usize, price: &wire::Price) -> Result<(VariantId, Price)> {
    let variant = id(&price.variant_id, || format!("prices[{place}].variant_id"))?;
    let amount = required_money(price.amount.as_ref(), &format!("prices[{place}].amount"))?;
    let class: TaxClass = named(price.tax_class.parse(), || format!("prices[{place}].tax_class"))?;
    Ok((variant, Price { amount, class }))
}

fn currency(text: &str) -> Result<Currency> {
    named(text.parse(), || "currency".into())
}

fn country(text: &str) -> Result<Country> {
    named(text.parse(), || "country".into())
}

fn id<K: IdKind>(bytes: &[u8], path: impl FnOnce() -> String) -> Result<Id<K>> {
    named(Id::try_from_slice(bytes), path)
}

/// Tells which field it was that could not be read.
fn named<T>(read: Result<T, Error>, path: impl FnOnce() -> String) -> Result<T> {
    read.map_err(|error| {
        codes::INVALID
            .error("a field of the message cannot be read")
            .with_field(path(), error.message().to_owned())
    })
}
