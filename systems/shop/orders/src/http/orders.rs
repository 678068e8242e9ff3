//! `/v1/orders`: what was bought.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use mainstay_core::{Context, Id, Money, Principal, Result, Timestamp};
use mainstay_http::{Ctx, Links, PathId, Problem, Query, Routes, operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shop_orders_contracts::{Checkout, Order as OrderKind};

use crate::Orders;
use crate::actions;
use crate::model::{Address, Line, Order, Refund};
use crate::store::ListedOrder;

pub fn routes() -> Routes<Arc<Orders>> {
    Routes::new("Orders", "What was bought.")
        .get(
            "/v1/orders",
            list,
            operation("listOrders", "List orders, the newest first")
                .text("A buyer's own; staff's list has everybody's.")
                .returns::<OrderList>(200, "a page of orders"),
        )
        .get(
            "/v1/orders/{id}",
            show,
            operation("getOrder", "Show an order").returns::<OrderView<'static>>(200, "the order"),
        )
}

/// An order as its buyer sees it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Order")]
pub struct OrderView<'a> {
    id: Id<OrderKind>,
    #[schemars(example = &"S-17")]
    number: &'a str,
    #[schemars(example = &"paid")]
    state: &'static str,
    checkout_id: Id<Checkout>,
    placed_at: Timestamp,
    #[schemars(example = &"ada@example.com")]
    email: &'a str,
    address: &'a Address,
    lines: &'a [Line],
    shipping: ShippingView<'a>,
    net: Money,
    tax: Money,
    total: Money,
    refunded: Money,
    refunds: Vec<RefundView<'a>>,
    /// What this caller can do with it now.
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OrderShipping")]
struct ShippingView<'a> {
    #[schemars(example = &"standard")]
    method: &'a str,
    net: Money,
    tax: Money,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OrderRefund")]
struct RefundView<'a> {
    #[serde(flatten)]
    refund: &'a Refund,
    /// Whether the money has gone back.
    done: bool,
}

impl<'a> OrderView<'a> {
    pub fn of(ctx: &Context, order: &'a Order) -> Result<Self> {
        let sale = &order.sale;
        Ok(Self {
            id: order.id,
            number: &order.number,
            state: order.state().as_str(),
            checkout_id: order.checkout_id,
            placed_at: order.placed_at,
            email: &sale.email,
            address: &sale.address,
            lines: &sale.lines,
            shipping: ShippingView {
                method: &sale.shipping_method,
                net: sale.shipping_net,
                tax: sale.shipping_tax,
            },
            net: sale.net,
            tax: sale.tax,
            total: sale.total,
            refunded: order.refunded()?,
            links: links(ctx, order)?,
            refunds: order.refunds.iter().map(|(refund, done)| RefundView { refund, done: *done }).collect(),
        })
    }
}

/// Somebody's own order can be cancelled while something of it is left; staff may also give back a part.
fn links(ctx: &Context, order: &Order) -> Result<Links> {
    let at = format!("/v1/orders/{}", order.id);
    let refunded = order.refunded()?;
    let left = order.paid.is_some_and(|(_, paid)| paid.minor > refunded.minor);
    let cancelled = order.refunds.iter().any(|(refund, _)| refund.cancels);
    let staff = matches!(ctx.principal(), Principal::Staff(_));
    Ok(Links::itself(&at).act_if(left && !cancelled, "cancelOrder", "POST", format!("{at}/cancel")).act_if(
        left && staff,
        "createRefund",
        "POST",
        format!("{at}/refunds"),
    ))
}

pub async fn show(
    State(service): State<Arc<Orders>>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<OrderKind>,
) -> Result<Response, Problem> {
    let order = actions::read_order(&service, &ctx, id).await?;
    Ok(Json(OrderView::of(&ctx, &order)?).into_response())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListOrders {
    /// The last order of the page before.
    #[serde(default)]
    after: Option<Id<OrderKind>>,
    /// Orders a page.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = actions::PAGE_MAX))]
    limit: u32,
}

const fn default_limit() -> u32 {
    20
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Orders")]
pub struct OrderList {
    orders: Vec<ListedOrder>,
    /// The address of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"/v1/orders?after=ord_07gpmcq447bvkadernqeyvks9r")]
    next: Option<String>,
}

pub async fn list(
    State(service): State<Arc<Orders>>,
    Ctx(ctx): Ctx,
    Query(query): Query<ListOrders>,
) -> Result<Json<OrderList>, Problem> {
    let page = actions::list_orders(&service, &ctx, query.after, query.limit).await?;
    let next = page.next.map(|after| format!("/v1/orders?after={after}&limit={}", query.limit));
    Ok(Json(OrderList { orders: page.orders, next }))
}
