//! No use case asks the database once for each row, however many variants a product has.

use std::collections::BTreeMap;
use std::sync::Arc;

use mainstay_audit::Audit;
use mainstay_core::{Currency, Id, QueryLedger};
use mainstay_secrets::Key;
use mainstay_testkit::TestDatabase;

use super::*;
use crate::model::{
    Attribute, AttributeKind, AttributeValue, Category, CategoryId, PAGE_MAX, Product, ProductId, Status,
    VARIANTS_MAX, Variant, VariantId,
};

fn id(number: u32) -> [u8; 16] {
    let mut bytes = [1; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    bytes
}

fn product(number: u32, variants: u32) -> Product {
    let variant = |place: u32| Variant {
        id: VariantId::from_bytes(id(number * 5_000 + place)),
        sku: format!("{number}-{place}"),
        name: String::new(),
        options: vec![place.to_string()],
        sellable: true,
    };
    Product {
        id: ProductId::from_bytes(id(number)),
        slug: format!("product-{number}"),
        name: "Product".into(),
        description: String::new(),
        pictures: Vec::new(),
        status: Status::Published,
        options: vec!["size".into()],
        categories: Vec::new(),
        attributes: BTreeMap::new(),
        variants: (0..variants).map(variant).collect(),
    }
}

struct Lab {
    catalog: Catalog,
    ctx: Context,
    test: TestDatabase,
    _folder: tempfile::TempDir,
}

impl Lab {
    async fn open() -> Self {
        let test = TestDatabase::open(&[
            mainstay_events::MIGRATIONS,
            mainstay_audit::MIGRATIONS,
            mainstay_search::MIGRATIONS,
            mainstay_uploads::MIGRATIONS,
            crate::MIGRATIONS,
        ])
        .await;
        let outbox = Outbox::new(test.db.clone(), shop_catalog_contracts::SERVICE);
        let search = Search::new(test.text_engine(), &crate::store::PRODUCT_TEXT);
        let store = Arc::new(mainstay_engine_local::MemoryCache::with_bytes(1_048_576, test.clock.clone()));
        let (tasks, metrics) = (mainstay_core::Tasks::new(), mainstay_cache::Metrics::unregistered());
        let cache = Cache::new("products", store, Default::default(), test.clock.clone(), tasks, metrics);
        let metrics = Metrics::register(&mainstay_telemetry::Registry::new());
        let access = shop_access_contracts::access().unwrap();
        let audit = Audit::new(&Key::from_bytes([5; 32]));
        let folder = tempfile::tempdir().unwrap();
        let blocking = mainstay_core::BlockingPool::new(1, 64).unwrap();
        let files =
            mainstay_engine_local::FileBlobs::open(folder.path(), test.clock.clone(), blocking).unwrap();
        let blobs = mainstay_blobs::Store::new(
            Arc::new(files),
            shop_catalog_contracts::SERVICE,
            mainstay_blobs::Metrics::unregistered(),
        )
        .unwrap();
        let catalog = Catalog {
            db: test.db.clone(),
            outbox,
            search,
            at_hand: Arc::default(),
            cache,
            uploads: super::uploads(test.db.clone(), blobs.clone()),
            blobs,
            cpu: mainstay_core::CpuPool::new(1, 1).unwrap(),
            rendering: Arc::new(tokio::sync::Semaphore::new(1)),
            metrics,
            access,
            audit,
        };
        Self { catalog, ctx: Context::background("shop.test"), test, _folder: folder }
    }

    /// How many queries `work` makes.
    async fn queries<R: Future>(&self, work: impl FnOnce(Context) -> R) -> (R::Output, u64) {
        let ledger = Arc::new(QueryLedger::default());
        let done = work(self.ctx.with_queries(Arc::clone(&ledger))).await;
        assert_eq!(ledger.repeated(), []);
        (done, ledger.total())
    }
}

#[tokio::test]
async fn lists_and_look_ups_take_a_handful_of_statements() {
    let Lab { catalog, ctx, .. } = &Lab::open().await;
    let ledger = Arc::new(QueryLedger::default());
    let watched = ctx.with_queries(Arc::clone(&ledger));
    for number in 0..PAGE_MAX {
        put_product(catalog, ctx, product(number, 5), unguarded).await.unwrap();
    }
    let page = list_products(catalog, &watched, None, None, PAGE_MAX).await.unwrap();
    assert!(page.next.is_none() && page.products.iter().all(|one| one.product.value.variants.len() == 5));
    let ids = (0..500).map(|number| VariantId::from_bytes(id(number / 5 * 5_000 + number % 5))).collect();
    assert_eq!(get_variants(catalog, &watched, ids).await.unwrap().len(), 500);
    assert_eq!(ledger.repeated(), []);
}

#[tokio::test]
async fn a_product_with_2000_variants_takes_as_many_statements_as_one_with_two() {
    let lab = Lab::open().await;
    let catalog = &lab.catalog;
    let mut counts = Vec::new();
    for (number, variants) in [(1, 2), (2, VARIANTS_MAX as u32)] {
        let wanted = product(number, variants);
        let product = wanted.id;
        let (_, puts) =
            lab.queries(|ctx| async move { put_product(catalog, &ctx, wanted, unguarded).await }).await;
        let (got, gets) =
            lab.queries(|ctx| async move { get_product(catalog, &ctx, Wanted::Id(product)).await }).await;
        assert_eq!(got.unwrap().product.value.variants.len(), variants as usize);
        let (page, pages) =
            lab.queries(|ctx| async move { list_variants(catalog, &ctx, product, 0, 500).await }).await;
        assert_eq!(page.unwrap().variants.len(), variants.min(500) as usize);
        // The ids of variants are looked up 256 at a time.
        let chunks = u64::from(variants).div_ceil(256) - 1;
        counts.push([puts - chunks, gets, pages]);
    }
    assert_eq!(counts[0], counts[1]);
    let (page, lists) =
        lab.queries(|ctx| async move { list_products(catalog, &ctx, None, None, 20).await }).await;
    let page = page.unwrap();
    assert_eq!(page.products[1].variant_count, VARIANTS_MAX as u32);
    assert_eq!(page.products[1].product.value.variants.len(), 20, "a list shows the first few");
    assert_eq!(lists, 2);
}

#[tokio::test]
async fn a_change_of_one_variant_among_2000_writes_one_row() {
    let lab = Lab::open().await;
    let mut wanted = product(1, VARIANTS_MAX as u32);
    put_product(&lab.catalog, &lab.ctx, wanted.clone(), unguarded).await.unwrap();
    let marks = |view: &mainstay_sql::View<'_>| {
        view.query_one("SELECT total_changes()", &[], |row| row.get::<i64>(0))
    };
    let changes = async || lab.test.db.write(&lab.ctx, move |tx| marks(tx)).await.unwrap().unwrap();
    let before = changes().await;
    wanted.variants[1_234].name = "another".into();
    put_product(&lab.catalog, &lab.ctx, wanted, unguarded).await.unwrap();
    // The variant's row goes and comes; the product's row, its document, its texts (four rows), the event, and the audit
    // log's line and end are written, and one word and its four forms are new.
    let written = changes().await - before;
    assert!(written <= 22, "{written}");
}

#[tokio::test]
async fn lists_find_their_rows_by_an_index() {
    let lab = Lab::open().await;
    let plan = |sql: &'static str| {
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        lab.test.db.read(&lab.ctx, move |view| view.query(&explain, &[], |row| row.get::<String>(3)))
    };
    for sql in [
        "SELECT id FROM products WHERE id > x'00' ORDER BY id LIMIT 20",
        "SELECT id FROM variants WHERE product_id IN (x'01', x'02') AND place < 20 ORDER BY product_id, place",
        "SELECT id FROM variants WHERE product_id = x'01' AND place >= 5 ORDER BY place LIMIT 20",
        "SELECT product_id FROM product_categories WHERE category_id IN (x'01') AND product_id > x'00'",
        "SELECT product_id FROM old_slugs WHERE slug = 'a'",
    ] {
        let steps = plan(sql).await.unwrap();
        assert!(
            steps.iter().all(|step| step.starts_with("SEARCH") && !step.contains("TEMP B-TREE")),
            "{sql}: {steps:?}"
        );
    }
}

#[tokio::test]
async fn what_goods_cost_at_least_follows_prices_that_rise_and_fall() {
    let lab = Lab::open().await;
    for number in 1..4 {
        let mut wanted = product(number, 4);
        wanted.variants[3].sellable = false;
        put_product(&lab.catalog, &lab.ctx, wanted, unguarded).await.unwrap();
    }
    // One after the other, several at once, some as they were, in both currencies.
    for round in 0..60u32 {
        let currency = if round % 3 == 2 { Currency::EUR } else { Currency::GBP };
        let price = |step: u32| {
            let mixed = (round * 7 + step * 5) % 11;
            let variant = VariantId::from_bytes(id((1 + (round + step) % 3) * 5_000 + mixed % 4));
            (variant, i64::from(1 + (round * 13 + step * 3) % 6))
        };
        let prices: BTreeMap<VariantId, i64> = (0..1 + round % 4).map(price).collect();
        let tell = move |tx: &mainstay_sql::Tx<'_>| {
            let prices: Vec<_> = prices.iter().map(|(variant, minor)| (*variant, *minor)).collect();
            let before = crate::store::changes(tx)?.0.goods;
            let news = crate::store::put_variant_prices(tx, currency, &prices)?;
            crate::store::lower_prices(tx, currency, &news)?;
            let read = |sql: &str| -> Result<Vec<(i64, String, i64)>> {
                tx.query(sql, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            };
            let told = read("SELECT doc, currency, minor FROM search_prices ORDER BY doc, currency")?;
            let lowest = read(
                "SELECT d.doc, p.currency, min(p.minor) FROM search_docs d \
                 JOIN variants v ON v.product_id = d.product_id AND v.sellable = 1 \
                 JOIN variant_prices p ON p.variant_id = v.id GROUP BY 1, 2 ORDER BY 1, 2",
            )?;
            let marked = "SELECT count(*) FROM search_docs WHERE changed > ?1";
            let marked: Option<i64> = tx.query_one(marked, &[before.into()], |row| row.get(0))?;
            Ok((told, lowest, marked, before < crate::store::changes(tx)?.0.goods))
        };
        let (told, lowest, marked, counted) = lab.test.db.write(&lab.ctx, tell).await.unwrap();
        assert_eq!(told, lowest, "in round {round}");
        assert_eq!(marked > Some(0), counted, "who keeps a copy reads what is counted, in round {round}");
    }
}

/// Some products that share words, options and categories, the `round`th time.
fn goods(round: u32) -> Vec<Product> {
    let of = |number: u32, from: &[&str]| from[(number * 7 + round * 3) as usize % from.len()].to_owned();
    let goods = (0..24).map(|number| {
        let mut one = product(number, 3);
        let [colour, thing] =
            [of(number, &["red", "blue", "green"]), of(number / 2, &["mug", "pot", "tray"])];
        one.name = format!("{colour} {thing} {}", of(number, &["tin", "glass", "of oak", "enamel"]));
        one.variants[0].options = vec![colour];
        one.variants[1].options = vec![format!("round {}", round / 2)];
        one.variants[2].sellable = !(number + round).is_multiple_of(3);
        let status = [Status::Published, Status::Published, Status::Draft, Status::Archived];
        one.status = status[(number + round) as usize % 4];
        one.categories = vec![CategoryId::from_bytes(id(number % 4))];
        one.attributes =
            BTreeMap::from([("pieces".to_owned(), AttributeValue::Number(f64::from(number % 5)))]);
        one
    });
    goods.filter(|one| round == 0 || !(u32::from(one.id.as_bytes()[3]) + round).is_multiple_of(3)).collect()
}

fn wishes() -> Vec<Wish> {
    let gbp = Some(Currency::GBP);
    let of = |facet: &str, values: &[&str]| {
        (facet.to_owned(), values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
    };
    let mut wishes = Vec::new();
    for text in ["", "mug", "red", "po", "tray oak", "gree mug", "5-1", "nothing of it"] {
        for (values, category, price) in [
            (vec![], None, None),
            (vec![of("option:size", &["red", "blue"])], None, None),
            (vec![of("option:size", &["blue"]), of("attribute:pieces", &["1", "2"])], Some(1), None),
            (vec![of("option:nothing", &["red"])], Some(0), Some((0, 120))),
            (vec![], Some(9), Some((110, i64::MAX))),
        ] {
            for currency in [None, gbp, Some(Currency::EUR)] {
                wishes.push(Wish {
                    text: text.to_owned(),
                    category: category.map(|number| CategoryId::from_bytes(id(number))),
                    values: values.iter().cloned().collect(),
                    currency,
                    price: currency.and(price),
                    offset: 0,
                    limit: 10,
                });
            }
        }
    }
    wishes
}

#[tokio::test]
async fn what_is_kept_in_memory_finds_and_counts_as_the_database_does() {
    let lab = Lab::open().await;
    let catalog = &lab.catalog;
    let staff = lab.ctx.with_principal(mainstay_core::Principal::Staff(Id::from_bytes([9; 16])));
    let reading = Catalog { at_hand: Arc::new(AtHand::with_bytes(0)), ..catalog.clone() };
    let define = Attribute {
        code: "pieces".into(),
        name: "Pieces".into(),
        kind: AttributeKind::Number,
        unit: String::new(),
        filterable: true,
    };
    put_attribute(catalog, &staff, define, unguarded).await.unwrap();
    let mut found = 0;
    for round in 0..8_u32 {
        for number in 0..4 {
            let category = Category {
                id: CategoryId::from_bytes(id(number)),
                parent: (number > 0 && round % 3 > 0).then(|| CategoryId::from_bytes(id(number - 1))),
                slug: format!("category-{number}"),
                name: format!("Category {}", number + round / 4),
                place: 0,
            };
            put_category(catalog, &staff, category, unguarded).await.unwrap();
        }
        upsert_products(catalog, &staff, goods(round)).await.unwrap();
        let price = move |tx: &mainstay_sql::Tx<'_>| {
            let variants = (0..24).map(|number| {
                (VariantId::from_bytes(id(number * 5_000 + number % 3)), i64::from(100 + number * round))
            });
            let prices: Vec<_> = variants.filter(|(_, minor)| minor % 2 == i64::from(round % 2)).collect();
            crate::store::put_variant_prices(tx, Currency::GBP, &prices)?;
            let all: Vec<_> = (0..24).map(|number| ProductId::from_bytes(id(number))).collect();
            crate::store::put_lowest_prices(tx, &all)
        };
        catalog.db.write(&lab.ctx, price).await.unwrap();
        for wish in wishes() {
            let kept = search(catalog, &lab.ctx, wish.clone()).await.unwrap();
            let read = search(&reading, &lab.ctx, wish.clone()).await.unwrap();
            assert_eq!(format!("{kept:?}"), format!("{read:?}"), "{wish:?} in round {round}");
            found += kept.total;
        }
    }
    assert!(found > 1_000, "{found}");
    assert!(catalog.at_hand.is_kept() && !reading.at_hand.is_kept());
}

#[tokio::test]
async fn what_is_edited_as_it_was_is_not_read_anew() {
    let lab = Lab::open().await;
    let changes = async || lab.catalog.db.read(&lab.ctx, crate::store::changes).await.unwrap().0;
    let mut wanted = product(1, 2);
    put_product(&lab.catalog, &lab.ctx, wanted.clone(), unguarded).await.unwrap();
    let before = changes().await;
    wanted.description = "Another text".into();
    put_product(&lab.catalog, &lab.ctx, wanted.clone(), unguarded).await.unwrap();
    assert_eq!(changes().await, before);
    wanted.status = Status::Draft;
    put_product(&lab.catalog, &lab.ctx, wanted, unguarded).await.unwrap();
    assert!(before.is_before(&changes().await));
}
