//! Goods by their names, as an import puts them.

use mainstay_core::{Result, codes};
use mainstay_rpc::{answer, request};
use shop_catalog_contracts::{NamedGoods, PutByNameRequest, PutByNameResponse};

use crate::app::{TestApp, customer, product, product_id, variant_id};

/// The new ids are of their own, so that what is found is told from what is made.
fn line(number: u8, slug: &str, sku: &str) -> NamedGoods {
    NamedGoods {
        product_slug: slug.into(),
        sku: sku.into(),
        new_id: vec![100 + number; 16],
        ..Default::default()
    }
}

fn with_name(line: NamedGoods, name: &str) -> NamedGoods {
    NamedGoods { name: Some(name.into()), ..line }
}

async fn ask(app: &TestApp, lines: &[NamedGoods], only_check: bool) -> Result<PutByNameResponse> {
    let message = PutByNameRequest { lines: lines.to_vec(), only_check };
    answer(app.catalog().put_by_name(request(&app.ctx, message)).await)
}

fn refused(answer: &PutByNameResponse) -> Vec<(u32, &str)> {
    answer.refusals.iter().map(|refusal| (refusal.place, refusal.reason.as_str())).collect()
}

#[tokio::test]
async fn what_is_known_is_changed_and_what_is_not_is_made() {
    let app = TestApp::start().await;
    app.put(product(1, 2)).await.unwrap();
    let lines = [
        with_name(line(1, "pot", "P-1"), "Pot"),
        NamedGoods { variant_name: Some("large".into()), ..line(2, "product-1", "SKU-1-1") },
        NamedGoods { description: Some("New words.".into()), ..line(3, "product-1", "M-9") },
        with_name(line(4, "pot", "P-2"), "Pot"),
    ];
    let checked = ask(&app, &lines, true).await.unwrap();
    assert_eq!(checked, PutByNameResponse::default());
    assert_eq!(app.told().await.len(), 1, "checking changes nothing");

    let done = ask(&app, &lines, false).await.unwrap();
    let ids = [vec![101; 16], variant_id(1, 1).to_vec(), vec![103; 16], vec![104; 16]];
    assert_eq!((&done.variant_ids[..], refused(&done)), (&ids[..], vec![]));
    let told = app.told().await;
    assert_eq!(told.len(), 3);
    let (pot, known) = (&told[1], &told[2]);
    assert_eq!((&pot.id, &*pot.name, pot.sellable, pot.variants.len()), (&ids[0], "Pot", true, 2));
    assert_eq!((&known.id, &*known.name, known.version), (&product_id(1).to_vec(), "Product 1", 2));
    assert_eq!(known.description, "New words.");
    let changed: Vec<_> = known.variants.iter().map(|one| (&one.id, &*one.name)).collect();
    assert_eq!(changed, [(&ids[1], "large"), (&ids[2], "")]);

    let found = app.get("/v1/search?q=pot").await;
    assert_eq!(found.body["total"], 1, "{found:?}");

    let again = ask(&app, &lines, false).await.unwrap();
    assert_eq!(again.variant_ids, ids);
    assert_eq!(app.told().await.len(), 3, "again is nothing");
}

#[tokio::test]
async fn a_line_that_cannot_be_used_is_told_and_the_others_are_done() {
    let app = TestApp::start().await;
    app.put(product(1, 1)).await.unwrap();
    let mut coloured = product(2, 1);
    coloured.options = vec!["colour".into()];
    coloured.variants[0].options = vec!["blue".into()];
    app.put(coloured).await.unwrap();
    let lines = [
        line(1, "pot", "P-1"),
        with_name(line(2, "pan", "SKU-1-0"), "Pan"),
        line(3, "product-2", "C-2"),
        with_name(line(4, "bowl", "B-1"), "Bowl"),
        with_name(line(5, "Bad Slug", "X-1"), "Bad"),
        with_name(line(6, "Bad Slug", "X-2"), "Bad"),
        line(7, "product-2", "SKU-2-0"),
    ];
    let named = [(0, "name_needed"), (1, "sku_of_another_product"), (2, "options_needed")];
    assert_eq!(refused(&ask(&app, &lines, true).await.unwrap()), named);
    let done = ask(&app, &lines, false).await.unwrap();
    assert_eq!(refused(&done), [&named[..], &[(4, "refused"), (5, "refused")]].concat());
    assert!(done.refusals[3].detail.starts_with("slug must be"), "{done:?}");
    let put: Vec<bool> = done.variant_ids.iter().map(|id| !id.is_empty()).collect();
    assert_eq!(put, [false, false, false, true, false, false, true]);
    assert_eq!(done.variant_ids[6], variant_id(2, 0).to_vec());
    assert_eq!(app.told().await.len(), 3, "only the bowl is new");
}

#[tokio::test]
async fn lines_are_bounded_and_staffs() {
    let app = TestApp::start().await;
    let twice = [with_name(line(1, "pot", "P-1"), "Pot"), with_name(line(2, "pan", "P-1"), "Pan")];
    let odd = [NamedGoods { new_id: vec![1; 15], ..line(1, "pot", "P-1") }];
    let many: Vec<NamedGoods> = (0..2_001).map(|number| line(1, "pot", &number.to_string())).collect();
    for (lines, field) in [
        (&[][..], "lines"),
        (&twice[..], "lines[1].sku"),
        (&odd[..], "lines[0].new_id"),
        (&many[..], "lines"),
    ] {
        for only_check in [true, false] {
            let error = ask(&app, lines, only_check).await.unwrap_err();
            assert!(error.is(&codes::INVALID) && error.fields()[0].path == field, "{error:?}");
        }
    }
    let person = app.ctx.with_principal(customer());
    for only_check in [true, false] {
        let message = PutByNameRequest { lines: twice[..1].to_vec(), only_check };
        let error = answer(app.catalog().put_by_name(request(&person, message)).await).unwrap_err();
        assert!(error.is(&codes::FORBIDDEN), "{error:?}");
    }
}
