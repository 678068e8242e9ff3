//! The tree of categories.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::ETAG;
use mainstay_http::{Body, Condition, Ctx, PathId, Problem, etag};
use serde::{Deserialize, Serialize};
use shop_catalog_contracts as contracts;

use crate::actions::{self, Catalog};
use crate::model::{Category, CategoryId};

/// All of them; who wants the tree puts it together by the parents.
#[derive(Serialize)]
pub struct CategoriesView {
    categories: Vec<CategoryView>,
}

#[derive(Serialize)]
struct CategoryView {
    id: CategoryId,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<CategoryId>,
    slug: String,
    name: String,
    place: u32,
}

#[derive(Serialize)]
struct BranchView {
    #[serde(flatten)]
    category: CategoryView,
    /// The way from the top, topmost first.
    above: Vec<CategoryView>,
    /// What is directly below it, in order.
    below: Vec<CategoryView>,
}

/// What staff say a category is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCategory {
    parent: Option<CategoryId>,
    slug: String,
    name: String,
    #[serde(default)]
    place: u32,
}

pub async fn list(State(catalog): State<Catalog>, Ctx(ctx): Ctx) -> Result<Json<CategoriesView>, Problem> {
    let all = actions::list_categories(&catalog, &ctx).await?;
    Ok(Json(CategoriesView { categories: all.into_iter().map(|one| view(one.value)).collect() }))
}

pub async fn show(
    State(catalog): State<Catalog>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<contracts::Category>,
) -> Result<Response, Problem> {
    let branch = actions::get_category(&catalog, &ctx, id).await?;
    let tag = etag(branch.category.version);
    let shown = BranchView {
        category: view(branch.category.value),
        above: branch.above.into_iter().map(view).collect(),
        below: branch.below.into_iter().map(view).collect(),
    };
    Ok(([(ETAG, tag)], Json(shown)).into_response())
}

pub async fn put(
    State(catalog): State<Catalog>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<contracts::Category>,
    condition: Condition,
    Body(new): Body<NewCategory>,
) -> Result<Response, Problem> {
    let category = Category { id, parent: new.parent, slug: new.slug, name: new.name, place: new.place };
    let guard = move |version| condition.check(version);
    let stored = actions::put_category(&catalog, &ctx, category, guard).await?;
    Ok(([(ETAG, etag(stored.version))], Json(view(stored.value))).into_response())
}

pub async fn remove(
    State(catalog): State<Catalog>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<contracts::Category>,
    condition: Condition,
) -> Result<StatusCode, Problem> {
    let guard = move |version| condition.check(version);
    actions::delete_category(&catalog, &ctx, id, guard).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(category: Category) -> CategoryView {
    let Category { id, parent, slug, name, place } = category;
    CategoryView { id, parent, slug, name, place }
}
