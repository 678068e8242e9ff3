//! The definitions of attributes.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::ETAG;
use mainstay_http::{Body, Condition, Ctx, Path, Problem, etag};
use serde::{Deserialize, Serialize};

use crate::actions::{self, Catalog};
use crate::model::{Attribute, AttributeKind};

#[derive(Serialize)]
pub struct AttributesView {
    attributes: Vec<AttributeView>,
}

#[derive(Serialize)]
struct AttributeView {
    code: String,
    name: String,
    kind: AttributeKind,
    #[serde(skip_serializing_if = "String::is_empty")]
    unit: String,
    filterable: bool,
    version: u64,
}

/// What staff say an attribute is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAttribute {
    name: String,
    kind: AttributeKind,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    filterable: bool,
}

pub async fn list(State(catalog): State<Catalog>, Ctx(ctx): Ctx) -> Result<Json<AttributesView>, Problem> {
    let all = actions::list_attributes(&catalog, &ctx).await?;
    let attributes = all.into_iter().map(|one| view(one.value, one.version)).collect();
    Ok(Json(AttributesView { attributes }))
}

pub async fn put(
    State(catalog): State<Catalog>,
    Ctx(ctx): Ctx,
    Path(code): Path<String>,
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
