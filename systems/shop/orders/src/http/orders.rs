//! `/v1/orders`: what was bought.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use mainstay_core::{Id, Money, Result, Timestamp};
use mainstay_http::{Ctx, PathId, Problem, Query};
use serde::{Deserialize, Serialize};
use shop_orders_contracts::{Checkout, Order as OrderKind};

use crate::Orders;
use crate::actions;
use crate::model::{Address, Line, Order, Refund};
use crate::store::ListedOrder;

/// An order as its buyer sees it.
#[derive(Serialize)]
pub struct OrderView<'a> {
    id: Id<OrderKind>,
    number: &'a str,
    state: &'static str,
    checkout_id: Id<Checkout>,
    placed_at: Timestamp,
    email: &'a str,
    address: &'a Address,
    lines: &'a [Line],
    shipping: ShippingView<'a>,
    net: Money,
    tax: Money,
    total: Money,
    refunded: Money,
    refunds: Vec<RefundView<'a>>,
}

#[derive(Serialize)]
struct ShippingView<'a> {
    method: &'a str,
    net: Money,
    tax: Money,
}

#[derive(Serialize)]
struct RefundView<'a> {
    #[serde(flatten)]
    refund: &'a Refund,
    /// Whether the money has gone back.
    done: bool,
}

impl<'a> OrderView<'a> {
    pub fn of(order: &'a Order) -> Result<Self> {
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
            refunds: order.refunds.iter().map(|(refund, done)| RefundView { refund, done: *done }).collect(),
        })
    }
}

pub async fn show(
    State(service): State<Orders>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<OrderKind>,
) -> Result<Response, Problem> {
    let order = actions::read_order(&service, &ctx, id).await?;
    Ok(Json(OrderView::of(&order)?).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListOrders {
    #[serde(default)]
    after: Option<Id<OrderKind>>,
    #[serde(default = "default_limit")]
    limit: u32,
}

const fn default_limit() -> u32 {
    20
}

#[derive(Serialize)]
pub struct OrderList {
    orders: Vec<ListedOrder>,
    /// The address of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub async fn list(
    State(service): State<Orders>,
    Ctx(ctx): Ctx,
    Query(query): Query<ListOrders>,
) -> Result<Json<OrderList>, Problem> {
    let page = actions::list_orders(&service, &ctx, query.after, query.limit).await?;
    let next = page.next.map(|after| format!("/v1/orders?after={after}&limit={}", query.limit));
    Ok(Json(OrderList { orders: page.orders, next }))
}
