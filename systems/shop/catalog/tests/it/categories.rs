//! The tree of categories, and products in it.

use http::header::IF_MATCH;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{CategoryId, TestApp, customer, product};

fn id(number: u8) -> CategoryId {
    CategoryId::from_bytes([number; 16])
}

fn path(number: u8) -> String {
    format!("/v1/categories/{}", id(number))
}

fn category(slug: &str, parent: Option<u8>, place: u32) -> Value {
    json!({ "slug": slug, "name": slug.to_uppercase(), "parent": parent.map(id), "place": place })
}

/// kitchen ─ cups ─ mugs; kitchen ─ pots; garden
async fn planted() -> TestApp {
    let app = TestApp::start().await;
    for (number, slug, parent, place) in [
        (1, "kitchen", None, 0),
        (2, "cups", Some(1), 2),
        (3, "mugs", Some(2), 0),
        (4, "pots", Some(1), 1),
        (5, "garden", None, 1),
    ] {
        let body = category(slug, parent, place);
        app.staff(Method::PUT, &path(number), &[], body).await.expect(StatusCode::OK);
    }
    app
}

fn slugs(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["slug"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_category_knows_the_way_from_the_top_and_what_is_below() {
    let app = planted().await;
    let mugs = app.get(&path(3)).await.expect(StatusCode::OK);
    assert_eq!((slugs(&mugs["above"]), slugs(&mugs["below"])), (vec!["kitchen", "cups"], vec![]));
    let kitchen = app.get(&path(1)).await.expect(StatusCode::OK);
    assert_eq!(slugs(&kitchen["below"]), ["pots", "cups"], "in their order");
    assert_eq!(app.get(&path(9)).await.code(), "catalog.category_unknown");
    assert_eq!(
        app.get("/v1/categories").await.expect(StatusCode::OK)["categories"].as_array().unwrap().len(),
        5
    );
}

#[tokio::test]
async fn no_move_makes_a_loop_also_when_two_cross() {
    let app = planted().await;
    for parent in [1, 2, 3] {
        let refused =
            app.staff(Method::PUT, &path(1), &[(IF_MATCH, "*")], category("kitchen", Some(parent), 0)).await;
        assert_eq!((refused.status, refused.fields()), (StatusCode::BAD_REQUEST, vec!["parent"]), "{parent}");
    }
    // cups below pots and pots below cups, at once: one of them is refused.
    let (cups, pots) = (path(2), path(4));
    let (one, other) = tokio::join!(
        app.staff(Method::PUT, &cups, &[(IF_MATCH, "*")], category("cups", Some(4), 0)),
        app.staff(Method::PUT, &pots, &[(IF_MATCH, "*")], category("pots", Some(2), 0)),
    );
    let mut outcomes = [one.status, other.status];
    outcomes.sort();
    assert_eq!(outcomes, [StatusCode::OK, StatusCode::BAD_REQUEST]);
}

#[tokio::test]
async fn products_are_found_in_a_category_and_above_it_also_after_a_move() {
    let app = planted().await;
    let mut put = Vec::new();
    for (number, categories) in [(1, vec![3]), (2, vec![4, 3]), (3, vec![5]), (4, vec![])] {
        let mut product = product(number, 1);
        product.category_ids = categories.into_iter().map(|number| id(number).to_vec()).collect();
        put.push(product);
    }
    assert_eq!(app.upsert(put).await.unwrap(), (4, 4));
    let found = async |number: u8| {
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = format!("/v1/products?limit=1&category={}{after}", id(number));
            let page = app.get(&page).await.expect(StatusCode::OK);
            seen.extend(slugs(&page["products"]).into_iter().map(str::to_owned));
            let Some(next) = page["next"].as_str() else { return seen };
            after = format!("&after={next}");
        }
    };
    assert_eq!(found(1).await, ["product-1", "product-2"], "each once, though in two places");
    assert_eq!(found(4).await, ["product-2"]);
    assert_eq!(found(9).await, [""; 0]);
    app.staff(Method::PUT, &path(2), &[(IF_MATCH, "*")], category("cups", Some(5), 0))
        .await
        .expect(StatusCode::OK);
    assert_eq!(found(5).await, ["product-1", "product-2", "product-3"]);
    assert_eq!(found(1).await, ["product-2"]);
}

#[tokio::test]
async fn a_category_goes_only_when_nothing_stands_in_it() {
    let app = planted().await;
    let mut mug = product(1, 1);
    mug.category_ids = vec![id(3).to_vec()];
    app.put(mug.clone()).await.unwrap();
    let remove =
        async |number| app.staff(Method::DELETE, &path(number), &[(IF_MATCH, "\"1\"")], Value::Null).await;
    for number in [1, 3] {
        assert_eq!(remove(number).await.code(), "catalog.category_in_use");
    }
    let unsaid = app.staff(Method::DELETE, &path(3), &[], Value::Null).await;
    assert_eq!(unsaid.code(), "http.condition_required");
    mug.category_ids.clear();
    app.put(mug).await.unwrap();
    assert_eq!(remove(3).await.status, StatusCode::NO_CONTENT);
    assert_eq!(remove(3).await.status, StatusCode::NO_CONTENT, "gone is gone");
    let mut lost = product(2, 1);
    lost.category_ids = vec![id(3).to_vec()];
    let refused = app.put(lost).await.unwrap_err();
    assert_eq!(refused.fields()[0].path, "categories[0]");
}

#[tokio::test]
async fn only_staff_change_the_tree_and_a_slug_is_one_categorys() {
    let app = planted().await;
    let as_buyer = app.doors.call(&customer(), Method::PUT, &path(6), category("x", None, 0)).await;
    assert_eq!(as_buyer.code(), "core.forbidden");
    let as_buyer = app.doors.call(&customer(), Method::DELETE, &path(5), Value::Null).await;
    assert_eq!(as_buyer.code(), "core.forbidden");
    let taken = app.staff(Method::PUT, &path(6), &[], category("mugs", None, 0)).await;
    assert_eq!((taken.code(), taken.fields()), ("catalog.slug_taken", vec!["slug"]));
    let faulty = json!({ "slug": "No Slug", "name": "\u{7}", "parent": id(9) });
    let refused = app.staff(Method::PUT, &path(6), &[], faulty).await;
    let mut fields = refused.fields();
    fields.sort_unstable();
    assert_eq!(fields, ["name", "slug"]);
}
