//! Search as a buyer uses it.

use http::header::IF_MATCH;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use shop_catalog_contracts::v1;

use crate::app::{CategoryId, TestApp, product};

/// Mugs in blue and red, a pot, and a mug that is not for sale.
async fn stocked() -> TestApp {
    let app = TestApp::start().await;
    let kitchen = CategoryId::from_bytes([1; 16]);
    let cups = CategoryId::from_bytes([2; 16]);
    for (id, slug, parent) in [(kitchen, "kitchen", None), (cups, "cups", Some(kitchen))] {
        let body = json!({ "slug": slug, "name": slug.to_uppercase(), "parent": parent });
        app.staff(Method::PUT, &format!("/v1/categories/{id}"), &[], body).await.expect(StatusCode::OK);
    }
    for (code, filterable) in [("material", true), ("note", false)] {
        let body = json!({ "name": code, "kind": "text", "filterable": filterable });
        app.staff(Method::PUT, &format!("/v1/attributes/{code}"), &[], body).await.expect(StatusCode::OK);
    }
    let mut products = Vec::new();
    for (number, name, description, category, material, colours) in [
        (
            1,
            "Harbour mug",
            "Stoneware for tea & <script>alert(1)</script>",
            cups,
            "stoneware",
            vec!["blue", "red"],
        ),
        (2, "Blue enamel mug", "For the camp fire.", cups, "steel", vec!["blue"]),
        (3, "Teapot", "Goes with a mug.", kitchen, "steel", vec!["black"]),
        (4, "Secret mug", "Not yet.", cups, "steel", vec!["blue"]),
    ] {
        let mut one = product(number, u8::try_from(colours.len()).unwrap());
        one.name = name.into();
        one.description = description.into();
        one.category_ids = vec![category.to_vec()];
        one.options = vec!["colour".into()];
        for (variant, colour) in one.variants.iter_mut().zip(colours) {
            variant.name.clear();
            variant.options = vec![colour.into()];
        }
        let attribute = |code: &str, text: &str| v1::Attribute {
            code: code.into(),
            value: Some(v1::attribute::Value::Text(text.into())),
        };
        one.attributes = vec![attribute("material", material), attribute("note", "x")];
        one.status = if number == 4 { "draft".into() } else { String::new() };
        products.push(one);
    }
    app.upsert(products).await.unwrap();
    app
}

async fn search(app: &TestApp, query: &str) -> Value {
    app.get(&format!("/v1/search?{query}")).await.expect(StatusCode::OK)
}

fn names(found: &Value) -> Vec<&str> {
    found["products"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

/// `value=count` of a facet.
fn facet(found: &Value, facet: &str) -> Vec<String> {
    let all = found["facets"].as_array().unwrap();
    let Some(facet) = all.iter().find(|one| one["facet"] == facet) else { return Vec::new() };
    let told =
        |one: &Value| format!("{}={}", one["name"].as_str().or(one["value"].as_str()).unwrap(), one["count"]);
    let mut told: Vec<_> = facet["values"].as_array().unwrap().iter().map(told).collect();
    told.sort();
    told
}

#[tokio::test]
async fn what_is_found_is_ranked_and_marked_and_for_sale() {
    let app = stocked().await;
    let found = search(&app, "q=mug").await;
    assert_eq!(names(&found), ["Blue enamel mug", "Harbour mug", "Teapot"], "names before descriptions");
    assert_eq!(found["total"], 3);
    assert_eq!(found["products"][1]["name_html"], "Harbour <mark>mug</mark>");
    let html = found["products"][1]["description_html"].as_str().unwrap();
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
    assert_eq!(names(&search(&app, "q=mugs").await).len(), 3, "also in the plural");
    assert_eq!(names(&search(&app, "q=red+mug").await), ["Harbour mug"], "a variant's colour counts");
    assert_eq!(names(&search(&app, "q=SKU-3-0").await), ["Teapot"], "by its unit");
    assert_eq!(search(&app, "q=secret").await["total"], 0);
    assert_eq!(search(&app, "").await["total"], 3, "everything");
    assert_eq!(search(&app, "q=%22*()").await["total"], 0, "only signs");
}

#[tokio::test]
async fn facets_tell_what_a_choice_would_leave() {
    let app = stocked().await;
    let found = search(&app, "q=mug").await;
    assert_eq!(facet(&found, "category"), ["CUPS=2", "KITCHEN=3"], "with what is below");
    assert_eq!(facet(&found, "option:colour"), ["black=1", "blue=2", "red=1"]);
    assert_eq!(facet(&found, "attribute:material"), ["steel=2", "stoneware=1"]);
    assert_eq!(facet(&found, "attribute:note"), [""; 0], "not one to filter by");
    let steel = search(&app, "q=mug&filter=attribute:material=steel").await;
    assert_eq!(names(&steel), ["Blue enamel mug", "Teapot"]);
    assert_eq!(facet(&steel, "attribute:material"), ["steel=2", "stoneware=1"]);
    assert_eq!(facet(&steel, "option:colour"), ["black=1", "blue=1"]);
    let both = search(
        &app,
        "q=mug&filter=attribute:material=steel&filter=attribute:material=stoneware&filter=option:colour=blue",
    )
    .await;
    assert_eq!(names(&both), ["Blue enamel mug", "Harbour mug"]);
    let cups = search(&app, &format!("category={}", CategoryId::from_bytes([2; 16]))).await;
    assert_eq!(cups["total"], 2);
    assert_eq!(search(&app, &format!("category={}", CategoryId::from_bytes([1; 16]))).await["total"], 3);
    assert_eq!(search(&app, &format!("category={}", CategoryId::from_bytes([9; 16]))).await["total"], 0);
    assert_eq!(search(&app, "filter=option:size=large").await["total"], 0);
}

#[tokio::test]
async fn prices_come_by_events_and_follow_the_products() {
    let app = stocked().await;
    app.begin_background();
    app.tell_prices(&[(1, 0, 1_200), (1, 1, 450), (2, 0, 700), (9, 0, 100)]).await;
    let priced = async || facet(&search(&app, "currency=GBP").await, "price").len() == 2;
    app.until(priced).await;
    let found = search(&app, "q=mug&currency=GBP").await;
    assert_eq!(found["products"][1]["price"], json!({ "amount": "4.50", "currency": "GBP" }), "the lowest");
    assert_eq!(facet(&found, "price"), ["0-499=1", "500-999=1"]);
    let cheap = search(&app, "currency=GBP&price=0-499").await;
    assert_eq!(names(&cheap), ["Harbour mug"]);
    assert_eq!(facet(&cheap, "price"), ["0-499=1", "500-999=1"], "the other bands stay to choose");
    assert_eq!(facet(&cheap, "option:colour"), ["blue=1", "red=1"]);
    assert_eq!(search(&app, "currency=EUR&price=0-").await["total"], 0);
    // The cheap variant is sold no more; a product that comes later than its price has it at once.
    let mut mug = product(1, 1);
    mug.name = "Harbour mug".into();
    app.put(mug).await.unwrap();
    app.put(product(9, 1)).await.unwrap();
    let found = search(&app, "currency=GBP").await;
    assert_eq!(facet(&found, "price"), ["0-499=1", "1000-2499=1", "500-999=1"]);
}

#[tokio::test]
async fn a_slip_and_a_beginning_find_what_was_meant() {
    let app = stocked().await;
    let found = search(&app, "q=enamle").await;
    assert_eq!((names(&found), found["corrected"].as_str()), (vec!["Blue enamel mug"], Some("enamel")));
    assert_eq!(search(&app, "q=enamel").await.get("corrected"), None);
    let suggested = app.get("/v1/search/suggestions?q=blue+en").await.expect(StatusCode::OK);
    assert_eq!(suggested["words"], json!(["blue enamel"]));
    assert_eq!(suggested["products"][0]["name"], "Blue enamel mug");
    let secret = app.get("/v1/search/suggestions?q=secr").await.expect(StatusCode::OK);
    assert_eq!(secret["products"], json!([]), "a draft's product is not told");
}

#[tokio::test]
async fn a_change_is_found_at_once_and_what_was_is_not() {
    let app = stocked().await;
    let path = format!("/v1/products/{}", crate::app::product_id(3));
    let body = json!({ "slug": "product-3", "name": "Coffee pot", "variants": [{ "sku": "POT" }] });
    app.staff(Method::PUT, &path, &[(IF_MATCH, "*")], body).await.expect(StatusCode::OK);
    assert_eq!(search(&app, "q=teapot+").await["total"], 0);
    assert_eq!(names(&search(&app, "q=coffee").await), ["Coffee pot"]);
    let body = json!({
        "slug": "product-3", "name": "Coffee pot", "status": "archived", "variants": [{ "sku": "POT" }]
    });
    app.staff(Method::PUT, &path, &[(IF_MATCH, "*")], body).await.expect(StatusCode::OK);
    assert_eq!(search(&app, "q=coffee").await["total"], 0);
}

#[tokio::test]
async fn what_was_found_before_is_found_as_it_is_now() {
    let app = stocked().await;
    let put = async |name: &str, description: &str| {
        let path = format!("/v1/products/{}", crate::app::product_id(3));
        let body = json!({
            "slug": "product-3", "name": name, "description": description, "variants": [{ "sku": "SKU-3-0" }]
        });
        app.staff(Method::PUT, &path, &[(IF_MATCH, "*")], body).await.expect(StatusCode::OK);
    };
    put("Teapot", "Goes with a mug.").await;
    for _ in 0..2 {
        let found = search(&app, "q=teapot+mug").await;
        assert_eq!(found["products"][0]["description_html"], "Goes with a <mark>mug</mark>.");
    }
    // Nothing that is filtered or counted by changes.
    put("Teapot", "Needs a mug.").await;
    let found = search(&app, "q=teapot+mug").await;
    assert_eq!(found["products"][0]["description_html"], "Needs a <mark>mug</mark>.");
    put("Coffee pot", "Needs a mug.").await;
    assert_eq!(search(&app, "q=teapot+mug").await["total"], 0);
    put("Teapot", "Needs a mug.").await;
    assert_eq!(search(&app, "q=teapot+mug").await["total"], 1);
}

#[tokio::test]
async fn what_another_process_changes_is_found_and_counted_at_once() {
    let app = stocked().await;
    let other = app.beside().await;
    let same = async |query: &str| {
        let path = format!("/v1/search?{query}");
        let (here, there) = (app.get(&path).await, app.get_at(&other, &path).await);
        assert_eq!(here.expect(StatusCode::OK), there.expect(StatusCode::OK), "{query}");
        search(&app, query).await
    };
    assert_eq!(facet(&same("q=mug").await, "option:colour"), ["black=1", "blue=2", "red=1"]);
    // A document, a value that nothing had before, what is offered, and how a category is called.
    let path = format!("/v1/products/{}", crate::app::product_id(2));
    let body = json!({
        "slug": "product-2", "name": "Blue enamel mug", "attributes": { "material": "enamel" },
        "variants": [{ "sku": "SKU-2-0" }]
    });
    app.staff(Method::PUT, &path, &[(IF_MATCH, "*")], body).await.expect(StatusCode::OK);
    let changed = same("q=mug").await;
    assert_eq!(facet(&changed, "attribute:material"), ["enamel=1", "steel=1", "stoneware=1"]);
    assert_eq!(facet(&changed, "option:colour"), ["black=1", "blue=1", "red=1"]);
    assert_eq!(names(&same("filter=attribute:material=enamel").await), ["Blue enamel mug"]);
    let note = json!({ "name": "note", "kind": "text", "filterable": true });
    app.staff(Method::PUT, "/v1/attributes/note", &[(IF_MATCH, "*")], note).await.expect(StatusCode::OK);
    assert_eq!(facet(&same("q=mug").await, "attribute:note"), ["x=2"]);
    let cups = CategoryId::from_bytes([2; 16]);
    let body = json!({ "slug": "cups", "name": "Beakers" });
    app.staff(Method::PUT, &format!("/v1/categories/{cups}"), &[(IF_MATCH, "*")], body)
        .await
        .expect(StatusCode::OK);
    assert_eq!(facet(&same("q=mug").await, "category"), ["Beakers=1", "KITCHEN=1"], "and moved to the top");
    // What was taken out is read anew as a whole.
    app.forget_index().await;
    assert_eq!(same("").await["total"], 0);
}

#[tokio::test]
async fn results_are_paged_and_absurd_wishes_refused() {
    let app = TestApp::start().await;
    app.upsert((1..=30).map(|number| product(number, 1)).collect()).await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let mut offset = 0;
    loop {
        let page = search(&app, &format!("q=product&limit=7&offset={offset}")).await;
        assert_eq!(page["total"], 30);
        seen.extend(names(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_u64() else { break };
        offset = next;
    }
    assert_eq!(seen.len(), 30);
    for absurd in [
        "limit=0",
        "limit=51",
        "offset=1001",
        "offset=-1",
        "price=1-2",
        "currency=GBP&price=1",
        "currency=GBP&price=a-b",
        "currency=GBP&price=5-1",
        "currency=pounds",
        "category=nonsense",
        "sort=price",
        "option:colour=red",
        "filter=colour",
        "filter=option:=red",
        "q=%00",
        &format!("q={}", "x".repeat(501)),
        &"filter=option:a=b&".repeat(21),
    ] {
        assert_eq!(
            app.get(&format!("/v1/search?{absurd}")).await.status,
            StatusCode::BAD_REQUEST,
            "{absurd}"
        );
    }
}

#[tokio::test]
async fn products_of_an_earlier_release_are_indexed_by_and_by() {
    let app = TestApp::start().await;
    app.upsert((1..=120).map(|number| product(number, 1)).collect()).await.unwrap();
    app.forget_index().await;
    assert_eq!(search(&app, "q=product").await["total"], 0);
    app.begin_background();
    app.until(async || search(&app, "q=product").await["total"] == 120).await;
}

#[tokio::test]
async fn the_index_of_texts_is_tidied_when_nobody_writes() {
    let app = TestApp::start().await;
    for number in 1..=12 {
        app.put(product(number, 1)).await.unwrap();
    }
    assert_eq!(app.pieces_of_texts().await, 12, "writers merge nothing");
    app.begin_background();
    app.until(async || app.pieces_of_texts().await == 1).await;
    assert_eq!(search(&app, "q=product").await["total"], 12);
    // And again, after the next change.
    for number in 13..=20 {
        app.put(product(number, 1)).await.unwrap();
    }
    app.until(async || app.pieces_of_texts().await < 4).await;
    assert_eq!(search(&app, "q=product").await["total"], 20);
}

#[tokio::test]
async fn hostile_texts_are_only_text() {
    let app = stocked().await;
    for text in [
        "%22",
        "mug%22+OR+%22",
        "name:mug",
        "NEAR(mug,1)",
        "mug*",
        "'+OR+1=1+--",
        "(((((",
        "-mug",
        "%F0%9F%AB%96",
        "%E2%80%AEmug",
        "%5Cx",
        "mug+AND",
        "^mug",
        "%7Bname%7D:mug",
    ] {
        for path in ["/v1/search", "/v1/search/suggestions"] {
            let answer = app.get(&format!("{path}?q={text}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{path} {text}: {}", answer.body);
        }
    }
    assert_eq!(search(&app, "q=mug").await["total"], 3);
}
