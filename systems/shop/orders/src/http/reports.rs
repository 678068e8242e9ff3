//! `/v1/reports/sales`: what was sold, for staff.

use axum::Json;
use axum::extract::State;
use mainstay_core::codes;
use mainstay_http::{Ctx, Problem, Query};
use serde::{Deserialize, Serialize};

use crate::Orders;
use crate::actions;
use crate::store::SalesDay;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// The first day, such as `2030-01-01`; the beginning of time when absent.
    #[serde(default = "first_day")]
    from: String,
    /// The last day, included; the end of time when absent.
    #[serde(default = "last_day")]
    to: String,
}

fn first_day() -> String {
    "0000-01-01".to_owned()
}

fn last_day() -> String {
    "9999-12-31".to_owned()
}

#[derive(Serialize)]
pub struct SalesReport {
    days: Vec<SalesDay>,
}

pub async fn sales(
    State(service): State<Orders>,
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
