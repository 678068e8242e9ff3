//! `/v1/reports/sales`: what was sold, for staff.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use mainstay_core::codes;
use mainstay_http::{Ctx, Problem, Query, Routes, operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Orders;
use crate::actions;
use crate::store::SalesDay;

pub fn routes() -> Routes<Arc<Orders>> {
    Routes::new("Reports", "What was sold.").get(
        "/v1/reports/sales",
        sales,
        operation("getSales", "Report sales by day, country and currency")
            .staff()
            .returns::<SalesReport>(200, "the days that sold anything")
            .problem(&codes::INVALID),
    )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// The first day, such as `2030-01-01`; the beginning of time when absent.
    #[serde(default = "first_day")]
    #[schemars(length(max = 10), regex(pattern = DAY))]
    from: String,
    /// The last day, included; the end of time when absent.
    #[serde(default = "last_day")]
    #[schemars(length(max = 10), regex(pattern = DAY))]
    to: String,
}

/// A day; one that is in no calendar has no sales.
const DAY: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

fn first_day() -> String {
    "0000-01-01".to_owned()
}

fn last_day() -> String {
    "9999-12-31".to_owned()
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Sales")]
pub struct SalesReport {
    days: Vec<SalesDay>,
}

pub async fn sales(
    State(service): State<Arc<Orders>>,
    Ctx(ctx): Ctx,
    Query(query): Query<Between>,
) -> Result<Json<SalesReport>, Problem> {
    for (path, day) in [("from", &query.from), ("to", &query.to)] {
        if !is_day(day) {
            let error =
                codes::INVALID.error("a day is written like 2030-01-31").with_field(path, "is not a day");
            return Err(error.into());
        }
    }
    Ok(Json(SalesReport { days: actions::sales_report(&service, &ctx, query.from, query.to).await? }))
}

fn is_day(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(place, byte)| if place == 4 || place == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}
