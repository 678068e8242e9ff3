//! Demo data: what makes a fresh shop one to look at. Put there through the services' own front doors, on the first
//! start only, so that what somebody changed afterwards stays changed.

use http::Method;
use mainstay_core::{Context, Currency, Id, Money, Result, codes};
use mainstay_host::Running;
use mainstay_rpc::{answer, request};
use serde_json::json;
use shop_auth_contracts as auth;
use shop_catalog_contracts as catalog;
use shop_inventory_contracts as inventory;
use shop_pricing_contracts as pricing;

use crate::shop::client::{Call, Client};
use crate::shop::goods::{GOODS, Goods, Piece};

/// Who puts the demo data there, in tokens and logs.
const CALLER: &str = "mainstay.demo";

/// What every demo id is derived from, so that the goods have the same ids in every demo shop.
const ROOT: [u8; 16] = *b"mainstay demo v1";

/// A login of the demo shop. They are printed, so everybody knows them: a demo shop listens on this machine only.
pub struct Login {
    pub role: auth::Role,
    pub email: &'static str,
    pub name: &'static str,
    pub password: &'static str,
}

/// The demo shop's logins.
pub const LOGINS: &[Login] = &[
    Login {
        role: auth::Role::Customer,
        email: "ada@shop.example",
        name: "Ada Marlow",
        password: "kelp-lantern-42",
    },
    Login {
        role: auth::Role::Staff,
        email: "staff@shop.example",
        name: "Robin Keel",
        password: "slate-harbour-17",
    },
];

/// The id of a piece of the demo shop.
pub fn variant(piece: &Piece) -> Id<catalog::Variant> {
    Id::<catalog::Product>::from_bytes(ROOT).derive(piece.sku)
}

fn product(goods: &Goods) -> Id<catalog::Product> {
    Id::<catalog::Product>::from_bytes(ROOT).derive(goods.slug)
}

/// Puts the demo data there unless it is there; whether it was put there now.
///
/// Each part may run again without harm, and the products come last: so a start that was interrupted is made good by
/// the next one.
pub async fn seed(running: &Running) -> Result<bool> {
    let ctx = Context::background(CALLER);
    let mut catalog = running.peer(CALLER, catalog::SERVICE, catalog::CatalogClient::new)?.client();
    let last = GOODS.iter().filter_map(|goods| goods.variants.last()).next_back();
    let ids = last.map(|piece| variant(piece).to_vec()).into_iter().collect();
    let known = answer(catalog.get_variants(request(&ctx, catalog::GetVariantsRequest { ids })).await)?;
    if !known.variants.is_empty() {
        return Ok(false);
    }

    logins(running, &ctx).await?;
    prices(running, &ctx).await?;
    stock(running, &ctx).await?;
    for goods in GOODS {
        let product = catalog::PutProductRequest { product: Some(product_message(goods)) };
        answer(catalog.put_product(request(&ctx, product)).await)?;
    }
    Ok(true)
}

/// Puts the logins alone there.
pub async fn seed_logins(running: &Running) -> Result<()> {
    logins(running, &Context::background(CALLER)).await
}

/// Logs in the demo shop's staff.
pub async fn staff_session(client: &mut Client) -> Result<String> {
    let staff = LOGINS.iter().find(|login| login.role == auth::Role::Staff);
    let (email, password) = staff.map_or(("", ""), |login| (login.email, login.password));
    let body = json!({"email": email, "password": password});
    let call = Call { method: Method::POST, path: "/v1/sessions", session: None, key: None, body: &body };
    client
        .call(call)
        .await?
        .session
        .ok_or_else(|| codes::INTERNAL.error("the demo shop's staff cannot log in"))
}

async fn logins(running: &Running, ctx: &Context) -> Result<()> {
    let mut auth = running.peer(CALLER, auth::SERVICE, auth::AuthClient::new)?.client();
    for login in LOGINS {
        let account = auth::EnsureAccountRequest {
            email: login.email.into(),
            name: login.name.into(),
            password: login.password.into(),
            role: login.role.into(),
        };
        answer(auth.ensure_account(request(ctx, account)).await)?;
    }
    Ok(())
}

async fn prices(running: &Running, ctx: &Context) -> Result<()> {
    let mut pricing = running.peer(CALLER, pricing::SERVICE, pricing::PricingClient::new)?.client();
    let prices = GOODS
        .iter()
        .flat_map(|goods| goods.variants.iter().map(move |piece| (goods, piece)))
        .flat_map(|(goods, piece)| {
            [Money::new(piece.gbp_minor, Currency::GBP), Money::new(piece.eur_minor, Currency::EUR)].map(
                |amount| pricing::Price {
                    variant_id: variant(piece).to_vec(),
                    amount: Some(amount.into()),
                    tax_class: goods.tax_class.into(),
                },
            )
        })
        .collect();
    answer(pricing.set_prices(request(ctx, pricing::SetPricesRequest { prices })).await)?;
    Ok(())
}

async fn stock(running: &Running, ctx: &Context) -> Result<()> {
    let mut inventory = running.peer(CALLER, inventory::SERVICE, inventory::InventoryClient::new)?.client();
    let adjustments = GOODS
        .iter()
        .flat_map(|goods| goods.variants)
        .map(|piece| inventory::Adjustment { variant_id: variant(piece).to_vec(), delta: piece.stock })
        .collect();
    // The cause makes it happen once, however often this runs.
    let first = inventory::AdjustRequest { cause: "demo:opening-stock".into(), adjustments };
    answer(inventory.adjust(request(ctx, first)).await)?;
    Ok(())
}

fn product_message(goods: &Goods) -> catalog::v1::Product {
    let id = product(goods).to_vec();
    catalog::v1::Product {
        id: id.clone(),
        slug: goods.slug.into(),
        name: goods.name.into(),
        description: goods.description.into(),
        pictures: Vec::new(),
        variants: goods
            .variants
            .iter()
            .map(|piece| catalog::v1::Variant {
                id: variant(piece).to_vec(),
                product_id: id.clone(),
                sku: piece.sku.into(),
                name: piece.name.into(),
                product_name: goods.name.into(),
                sellable: true,
                options: Vec::new(),
            })
            .collect(),
        sellable: true,
        ..Default::default()
    }
}
