//! Quotes for destinations, currencies, and absurd baskets.

use mainstay_core::{Currency, Money, codes};
use mainstay_rpc::{answer, request};
use shop_pricing_contracts as wire;

use crate::app::{TestApp, price};

#[tokio::test]
async fn a_quote_has_lines_tax_and_shipping_of_the_destination() {
    let app = TestApp::start().await;
    app.set(&[(1, 1_000), (2, 250)]).await;
    for (country, tax) in [("GB", 200), ("DE", 190), ("US", 0)] {
        let quote = app.quote(country, &[(1, 1)], "").await.unwrap();
        assert_eq!(quote.tax.unwrap().minor, tax, "{country}");
    }
    let quote = app.quote("GB", &[(2, 2), (1, 1), (2, 1)], "standard").await.unwrap();
    assert_eq!(quote.lines.len(), 2);
    assert_eq!((quote.lines[0].quantity, quote.lines[1].quantity), (3, 1));
    assert_eq!(quote.lines[0].net.as_ref().unwrap().minor, 750);
    assert_eq!(quote.lines[0].tax_basis_points, 2_000);
    assert_eq!(quote.shipping_net.unwrap().minor, 350);
    assert_eq!(quote.shipping_tax.unwrap().minor, 70);
    assert_eq!(quote.net.unwrap().minor, 2_100);
    assert_eq!(quote.tax.unwrap().minor, 420);
    assert_eq!(quote.total.unwrap().minor, 2_520);
}

#[tokio::test]
async fn each_currency_has_its_own_list() {
    let app = TestApp::start().await;
    app.set(&[(1, 1_000)]).await;
    let missing = app.quote_in("EUR", "FR", &[(1, 1)], "").await.unwrap_err();
    assert_eq!(missing.code(), "pricing.price_missing");
    assert_eq!(missing.fields()[0].path, "lines[0].variant_id");
    app.set_as(&app.ctx, vec![price(1, 1_190, Currency::EUR, "reduced")]).await.unwrap();
    let quote = app.quote_in("EUR", "FR", &[(1, 1)], "standard").await.unwrap();
    assert_eq!(quote.lines[0].tax_basis_points, 550);
    assert_eq!(quote.total.unwrap().currency, "EUR");
    let yen = app.quote_in("JPY", "JP", &[(1, 1)], "standard").await.unwrap_err();
    assert_eq!(yen.code(), "pricing.shipping_unknown");
}

#[tokio::test]
async fn absurd_quotes_are_refused() {
    let app = TestApp::start().await;
    app.set(&[(1, i64::MAX)]).await;
    for (currency, country, field) in
        [("gbp", "GB", "currency"), ("", "GB", "currency"), ("GBP", "", "country"), ("GBP", "gb", "country")]
    {
        let refused = app.quote_in(currency, country, &[(1, 1)], "").await.unwrap_err();
        assert!(refused.is(&codes::INVALID));
        assert_eq!(refused.fields()[0].path, field);
    }
    for lines in [vec![], vec![(1, 0)], vec![(1, u32::MAX)], vec![(1, 2)], vec![(1, 1); 501]] {
        assert!(app.quote("GB", &lines, "").await.unwrap_err().is(&codes::INVALID), "{} lines", lines.len());
    }
    let nowhere = app.quote("NZ", &[(1, 1)], "express").await.unwrap_err();
    assert_eq!(nowhere.code(), "pricing.shipping_unknown");
    assert_eq!(nowhere.fields()[0].path, "shipping_method");
}

#[tokio::test]
async fn a_price_that_was_set_is_quoted_at_once() {
    let app = TestApp::start().await;
    for minor in [100, 250, 0] {
        app.set(&[(1, minor)]).await;
        assert_eq!(app.quote("US", &[(1, 1)], "").await.unwrap().total.unwrap().minor, minor);
    }
}

#[tokio::test]
async fn an_agreed_rate_is_charged_everywhere_and_listed_nowhere() {
    let app = TestApp::start().await;
    app.set_as(&app.ctx, vec![price(1, 1_000, Currency::GBP, "zero")]).await.unwrap();
    let rate = |code: &str, minor| wire::ShippingRate {
        code: code.into(),
        name: "By contract".into(),
        net: Some(Money::new(minor, Currency::GBP).into()),
    };
    let set = |rates| {
        let (mut client, ctx) = (app.client(), app.ctx.clone());
        async move {
            answer(client.set_shipping_rates(request(&ctx, wire::SetShippingRatesRequest { rates })).await)
        }
    };
    set(vec![rate("contract-7", 1_834), rate("standard", 1)]).await.unwrap();
    for country in ["GB", "NZ"] {
        let quote = app.quote(country, &[(1, 2)], "contract-7").await.unwrap();
        assert_eq!(quote.shipping_net.unwrap().minor, 1_834);
        assert_eq!(quote.total.unwrap().minor, 3_834, "zero-rated goods make untaxed shipping");
    }
    let public = app.quote("GB", &[(1, 1)], "standard").await.unwrap();
    assert_eq!(public.shipping_net.unwrap().minor, 350, "a public method wins");
    let other = app.quote_in("EUR", "FR", &[(1, 1)], "contract-7").await.unwrap_err();
    assert_eq!(other.code(), "pricing.shipping_unknown");
    set(vec![rate("contract-7", 0)]).await.unwrap();
    assert_eq!(app.quote("GB", &[(1, 1)], "contract-7").await.unwrap().total.unwrap().minor, 1_000);
    for (wrong, field) in [(rate("Contract", 1), "code"), (rate("", 1), "code"), (rate("a", -1), "net")] {
        let refused = set(vec![rate("b", 1), wrong]).await.unwrap_err();
        assert_eq!(refused.fields()[0].path, format!("rates[1].{field}"));
    }
    assert!(app.quote("GB", &[(1, 1)], "b").await.is_err(), "all or none");
    let listed = answer(
        app.client()
            .list_shipping_methods(request(
                &app.ctx,
                wire::ListShippingMethodsRequest { country: "GB".into(), currency: "GBP".into() },
            ))
            .await,
    );
    assert!(listed.unwrap().methods.iter().all(|method| method.code != "contract-7"));
    let buyer = app.ctx.clone().with_principal(crate::app::customer());
    let message = wire::SetShippingRatesRequest { rates: vec![rate("c", 1)] };
    assert!(answer(app.client().set_shipping_rates(request(&buyer, message)).await).is_err());
}
