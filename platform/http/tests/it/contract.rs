//! The document that is made of routes and their descriptions.

use axum::Json;
use axum::extract::State;
use mainstay_core::{Code, Id, Kind, Money};
use mainstay_http::contract::openapi;
use mainstay_http::{Body, Ctx, IdempotencyKey, Path, PathId, Problem, Query, Routes, operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::site::Order;

const SOLD_OUT: Code = Code::new("test.sold_out", Kind::FailedPrecondition, "It is gone", "Choose another.");

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Line {
    /// Which one.
    #[schemars(length(max = 10))]
    sku: String,
    #[serde(default)]
    price: Option<Money>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewOrder {
    #[schemars(length(min = 1, max = 5))]
    lines: Vec<Line>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Page {
    /// How many.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    after: Option<Id<Order>>,
    /// Any of these.
    #[serde(default)]
    #[schemars(length(max = 2), inner(range(min = 1, max = 9)))]
    size: Vec<u32>,
}

async fn create(
    State(()): State<()>,
    _: Ctx,
    _: IdempotencyKey,
    Body(order): Body<NewOrder>,
) -> Json<NewOrder> {
    Json(order)
}

async fn show(_: PathId<Order>, Query(page): Query<Page>) -> Result<Json<NewOrder>, Problem> {
    Err(SOLD_OUT.error(format!("{:?} after {:?} of {:?}", page.limit, page.after, page.size)).into())
}

async fn line(Path((_, line)): Path<(Id<Order>, u32)>) -> String {
    line.to_string()
}

fn document() -> Value {
    let routes = Routes::new("Orders", "What was bought.")
        .post(
            "/v1/orders",
            create,
            operation("createOrder", "Buy")
                .example(json!({ "lines": [{ "sku": "a" }] }))
                .returns::<NewOrder>(201, "the order")
                .with_header("location", "Where it is."),
        )
        .get(
            "/v1/orders/{id}",
            show,
            operation("getOrder", "Show").returns::<NewOrder>(200, "the order").problem(&SOLD_OUT),
        )
        .delete(
            "/v1/orders/{id}/lines/{line}",
            line,
            operation("deleteLine", "Drop").staff().returns_nothing(204, "gone"),
        );
    openapi("Test", routes.described(), &[])
}

#[test]
fn what_a_handler_takes_is_in_the_document() {
    let document = document();
    let create = &document["paths"]["/v1/orders"]["post"];
    let body = &create["requestBody"]["content"]["application/json"];
    assert_eq!(body["schema"]["$ref"], "#/components/schemas/NewOrderInput");
    assert_eq!(body["example"]["lines"][0]["sku"], "a");
    let header = &create["parameters"][0];
    assert_eq!(
        (header["name"].as_str(), header["required"].as_bool()),
        (Some("Idempotency-Key"), Some(true))
    );

    let show = &document["paths"]["/v1/orders/{id}"]["get"]["parameters"];
    let of = |name: &str| show.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone();
    assert_eq!(of("id")["in"], "path");
    assert!(of("id")["schema"]["pattern"].as_str().unwrap().starts_with("^ord_"));
    let limit = of("limit");
    assert_eq!(limit["schema"], json!({ "type": "integer", "minimum": 1, "maximum": 100 }), "{limit}");
    assert_eq!(
        (limit["description"].as_str(), limit["required"].as_bool()),
        (Some("How many."), Some(false))
    );

    let list = json!({ "type": "array", "maxItems": 2, "items": { "type": "integer", "minimum": 1, "maximum": 9 }, "default": [] });
    assert_eq!(of("size")["schema"], list, "{}", of("size"));

    let line = &document["paths"]["/v1/orders/{id}/lines/{line}"]["delete"];
    let names: Vec<&str> =
        line["parameters"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["id", "line"]);
    assert_eq!(line["security"], json!([{ "bearer": [] }, { "session": [] }]));
}

#[test]
fn a_text_that_is_sent_has_no_control_characters_and_a_default_may_be_left_out() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    assert!(schemas["LineInput"]["properties"]["sku"]["pattern"].as_str().unwrap().contains("u0000"));
    assert_eq!(schemas["LineInput"]["required"], json!(["sku"]));
    assert_eq!(schemas["Line"]["properties"]["sku"].get("pattern"), None);
    assert_eq!(
        schemas["NewOrderInput"]["properties"]["lines"]["items"]["$ref"],
        "#/components/schemas/LineInput"
    );
    assert_eq!(schemas["NewOrder"]["properties"]["lines"]["items"]["$ref"], "#/components/schemas/Line");
}

#[test]
fn refusals_are_told_by_status_with_their_codes() {
    let document = document();
    let codes = |path: &str, method: &str, status: &str| {
        let content = &document["paths"][path][method]["responses"][status]["content"];
        let schema = &content["application/problem+json"]["schema"];
        schema["allOf"][1]["properties"]["code"]["enum"].clone()
    };
    assert_eq!(codes("/v1/orders/{id}", "get", "409"), json!(["test.sold_out"]));
    assert_eq!(codes("/v1/orders/{id}", "get", "404"), json!(["core.not_found"]));
    assert_eq!(codes("/v1/orders", "post", "422"), json!(["http.body_invalid"]));
    assert_eq!(
        codes("/v1/orders/{id}/lines/{line}", "delete", "403"),
        json!(["core.forbidden", "http.cross_site"])
    );
    assert_eq!(codes("/v1/orders/{id}", "get", "403"), Value::Null, "reading cannot be forged");
    let example = &document["components"]["examples"]["test.sold_out"]["value"];
    assert_eq!(
        (example["status"].as_u64(), example["type"].as_str()),
        (Some(409), Some("/problems/test.sold_out"))
    );
}
