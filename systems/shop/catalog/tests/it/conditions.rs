//! Two people edit the same thing: the later one learns that the earlier one was there.

use http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{TestApp, product_id};

fn mug(name: &str) -> Value {
    json!({ "slug": "mug", "name": name, "variants": [{ "sku": "MUG-1" }] })
}

#[tokio::test]
async fn a_change_says_which_version_it_saw() {
    let app = TestApp::start().await;
    let path = format!("/v1/products/{}", product_id(1));
    let put = async |headers: &[_], body| app.staff(Method::PUT, &path, headers, body).await;
    let made = put(&[(IF_NONE_MATCH, "*")], mug("Mug")).await;
    assert_eq!((made.status, made.headers[ETAG].to_str().unwrap()), (StatusCode::OK, "\"1\""));
    let twice = put(&[(IF_NONE_MATCH, "*")], mug("Other mug")).await;
    assert_eq!((twice.status, twice.code()), (StatusCode::PRECONDITION_FAILED, "http.condition_failed"));
    let blind = put(&[], mug("Blue mug")).await;
    assert_eq!((blind.status, blind.code()), (StatusCode::PRECONDITION_REQUIRED, "http.condition_required"));

    // Both saw version 1; the first change makes it 2.
    let first = put(&[(IF_MATCH, "\"1\"")], mug("Blue mug")).await;
    assert_eq!(first.headers[ETAG], "\"2\"");
    let late = put(&[(IF_MATCH, "\"1\"")], mug("Red mug")).await;
    assert_eq!((late.status, late.code()), (StatusCode::PRECONDITION_FAILED, "http.condition_failed"));
    // The repeat of a change whose answer was lost is a success.
    assert_eq!(put(&[(IF_MATCH, "\"1\"")], mug("Blue mug")).await.status, StatusCode::OK);
    let shown = app.get(&path).await;
    assert_eq!(shown.headers[ETAG], "\"2\"");
    assert_eq!(shown.expect(StatusCode::OK)["name"], "Blue mug");
    assert_eq!(app.told().await.len(), 2, "what was refused told nobody");
}

#[tokio::test]
async fn of_many_changes_at_once_one_wins() {
    let app = TestApp::start().await;
    let path = format!("/v1/products/{}", product_id(1));
    app.staff(Method::PUT, &path, &[], mug("Mug")).await.expect(StatusCode::OK);
    let edits = (0..20).map(|number| {
        let (app, path) = (&app, &path);
        async move {
            app.staff(Method::PUT, path, &[(IF_MATCH, "\"1\"")], mug(&format!("Mug {number}"))).await.status
        }
    });
    let outcomes = futures::future::join_all(edits).await;
    assert_eq!(outcomes.iter().filter(|status| **status == StatusCode::OK).count(), 1);
    assert_eq!(outcomes.iter().filter(|status| **status == StatusCode::PRECONDITION_FAILED).count(), 19);
}

#[tokio::test]
async fn an_old_address_leads_to_the_present_one() {
    let app = TestApp::start().await;
    let path = format!("/v1/products/{}", product_id(1));
    let named = |slug: &str| json!({ "slug": slug, "name": "Mug", "variants": [{ "sku": "MUG-1" }] });
    app.staff(Method::PUT, &path, &[], named("a")).await.expect(StatusCode::OK);
    for (version, slug) in [("\"1\"", "b"), ("\"2\"", "c")] {
        app.staff(Method::PUT, &path, &[(IF_MATCH, version)], named(slug)).await.expect(StatusCode::OK);
    }
    for old in ["a", "b"] {
        let moved = app.get(&format!("/v1/products/by-slug/{old}")).await;
        assert_eq!(moved.status, StatusCode::PERMANENT_REDIRECT, "{old}");
        assert_eq!(moved.headers["location"], "/v1/products/by-slug/c");
    }
    assert_eq!(app.get("/v1/products/by-slug/c").await.expect(StatusCode::OK)["slug"], "c");
    assert_eq!(app.get("/v1/products/by-slug/x").await.code(), "catalog.product_unknown");
    // Another product takes an address that is free again: it is that product's now.
    let other = format!("/v1/products/{}", product_id(2));
    let body = json!({ "slug": "a", "name": "Cup", "variants": [{ "sku": "CUP-1" }] });
    app.staff(Method::PUT, &other, &[], body).await.expect(StatusCode::OK);
    assert_eq!(app.get("/v1/products/by-slug/a").await.expect(StatusCode::OK)["name"], "Cup");
    // And the first one goes back to an address that it had.
    app.staff(Method::PUT, &path, &[(IF_MATCH, "\"3\"")], named("b")).await.expect(StatusCode::OK);
    assert_eq!(app.get("/v1/products/by-slug/b").await.expect(StatusCode::OK)["slug"], "b");
    assert_eq!(app.get("/v1/products/by-slug/c").await.headers["location"], "/v1/products/by-slug/b");
}

#[tokio::test]
async fn only_what_is_published_is_seen_and_sold() {
    let app = TestApp::start().await;
    let path = format!("/v1/products/{}", product_id(1));
    let of = |status: &str| json!({ "slug": "mug", "name": "Mug", "status": status, "variants": [{ "sku": "MUG-1" }] });
    for (version, status, seen) in
        [("\"0\"", "draft", false), ("\"1\"", "published", true), ("\"2\"", "archived", false)]
    {
        let condition = if version == "\"0\"" { (IF_NONE_MATCH, "*") } else { (IF_MATCH, version) };
        let put = app.staff(Method::PUT, &path, &[condition], of(status)).await.expect(StatusCode::OK);
        assert_eq!((put["status"].as_str().unwrap(), put["sellable"].as_bool().unwrap()), (status, seen));
        let shown = app.get(&path).await.status;
        assert_eq!(shown, if seen { StatusCode::OK } else { StatusCode::NOT_FOUND }, "{status}");
        let variants = app.get(&format!("{path}/variants")).await.status;
        assert_eq!(variants, if seen { StatusCode::OK } else { StatusCode::NOT_FOUND }, "{status}");
    }
    let refused = app.staff(Method::PUT, &path, &[(IF_MATCH, "\"3\"")], of("gone")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}
