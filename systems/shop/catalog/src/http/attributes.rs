//! The definitions of attributes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::ETAG;
use mainstay_core::codes as core_codes;
use mainstay_http::{Body, Condition, Ctx, Path, Problem, Routes, etag, operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::view::Slug;
use crate::actions::{self, Catalog};
use crate::codes;
use crate::model::{Attribute, AttributeKind, WORDS, WORDS_OR_NONE};

pub fn routes() -> Routes<Arc<Catalog>> {
    Routes::new("Attributes", "Typed properties of products, defined once for the whole catalogue.")
        .get(
            "/v1/attributes",
            list,
            operation("listAttributes", "List the definitions").returns::<AttributesView>(200, "all of them"),
        )
        .put(
            "/v1/attributes/{code}",
            put,
            operation("putAttribute", "Define an attribute, or change its definition")
                .text("Its kind stays what it is, since products have values of it.")
                .staff()
                .example(json!({ "name": "Volume", "kind": "number", "unit": "ml", "filterable": true }))
                .returns::<AttributeView>(200, "the definition as it is now")
                .with_header("etag", "Its version.")
                .problems(&[&codes::ATTRIBUTE_KIND, &core_codes::INVALID]),
        )
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Attributes")]
pub struct AttributesView {
    attributes: Vec<AttributeView>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Attribute")]
struct AttributeView {
    #[schemars(example = &"capacity")]
    code: String,
    #[schemars(example = &"Capacity")]
    name: String,
    kind: AttributeKind,
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(example = &"ml")]
    unit: String,
    filterable: bool,
    version: u64,
}

/// What staff say an attribute is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAttribute {
    /// Its name for people.
    #[schemars(length(min = 1, max = 80), regex(pattern = WORDS))]
    name: String,
    kind: AttributeKind,
    /// What numbers are measured in.
    #[serde(default)]
    #[schemars(length(max = 20), regex(pattern = WORDS_OR_NONE))]
    unit: String,
    /// Whether search offers it as a filter.
    #[serde(default)]
    filterable: bool,
}

pub async fn list(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
) -> Result<Json<AttributesView>, Problem> {
    let all = actions::list_attributes(&catalog, &ctx).await?;
    let attributes = all.into_iter().map(|one| view(one.value, one.version)).collect();
    Ok(Json(AttributesView { attributes }))
}

pub async fn put(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    Path(Slug(code)): Path<Slug>,
    condition: Condition,
    Body(new): Body<NewAttribute>,
) -> Result<Response, Problem> {
    let attribute =
        Attribute { code, name: new.name, kind: new.kind, unit: new.unit, filterable: new.filterable };
    let guard = move |version| condition.check(version);
    let stored = actions::put_attribute(&catalog, &ctx, attribute, guard).await?;
    let tag = etag(stored.version);
    Ok(([(ETAG, tag)], Json(view(stored.value, stored.version))).into_response())
}

fn view(attribute: Attribute, version: u64) -> AttributeView {
    let Attribute { code, name, kind, unit, filterable } = attribute;
    AttributeView { code, name, kind, unit, filterable, version }
}
