//! What every kind of database with full-text search must do.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use mainstay_core::{Context, codes};
use mainstay_search::{Found, MIGRATIONS, Query, Search, Shorten, TextEngine, TextField, TextIndex};
use mainstay_sql::{Database, Migration, MigrationSet};

use crate::case::{Case, Outcome, ensure, same, told};

/// The index that the suite searches in: one that a migration of the engine's kind has made under this name, with
/// columns of these names.
pub const INDEX: TextIndex = TextIndex {
    name: "conformance_text",
    fields: &[TextField { name: "title", weight: 10.0 }, TextField { name: "body", weight: 1.0 }],
};

/// Every case. `fresh` opens an empty database for each; `schema` is the statement that makes [`INDEX`] in it.
pub fn cases<F>(engine: &Arc<dyn TextEngine>, schema: &'static str, fresh: F) -> Vec<Case>
where
    F: Fn() -> Database + Send + Sync + 'static,
{
    let fresh = Arc::new(fresh);
    let checks = CASES.iter().map(|(promise, check)| {
        let (fresh, engine) = (Arc::clone(&fresh), Arc::clone(engine));
        Case::new(format!("search: {promise}"), move || async move {
            check(Shelf::new(fresh(), engine, schema).await?).await
        })
    });
    checks.collect()
}

type Check = fn(Shelf) -> BoxFuture<'static, Outcome>;

const CASES: &[(&str, Check)] = &[
    ("every word is wanted, the best match comes first", |shelf| ranked(shelf).boxed()),
    ("case and accents do not matter, and the last word may go on", |shelf| forms(shelf).boxed()),
    ("what is typed is never syntax", |shelf| hostile(shelf).boxed()),
    ("a changed row is found by its new words only, a removed one not at all", |shelf| {
        changed(shelf).boxed()
    }),
    ("many rows at once are found, changed and suggested as one by one", |shelf| together(shelf).boxed()),
    ("tidying comes to an end and changes nothing that is found", |shelf| tidied(shelf).boxed()),
    ("what is undone was never found", |shelf| undone(shelf).boxed()),
    ("a word with one slip finds what was meant, one with two does not", |shelf| slips(shelf).boxed()),
    ("words are suggested by their beginning, the frequent first", |shelf| suggestions(shelf).boxed()),
    ("matches are marked, and nothing else in the text acts", |shelf| marked(shelf).boxed()),
];

struct Shelf {
    db: Database,
    search: Search,
    ctx: Context,
}

impl Shelf {
    async fn new(db: Database, engine: Arc<dyn TextEngine>, schema: &'static str) -> Outcome<Self> {
        // One list that lives as long as the process does, as those of services do.
        let migrations = Box::leak(Box::new([Migration { version: 1, name: "index", up: schema, down: "" }]));
        let own = MigrationSet { module: "conformance.search", migrations };
        db.migrate(&[MIGRATIONS, own]).await.map_err(told)?;
        Ok(Self { db, search: Search::new(engine, &INDEX), ctx: Context::background("conformance") })
    }

    async fn put(&self, row: i64, title: &str, body: &str) -> Outcome {
        let (search, title, body) = (self.search.clone(), title.to_owned(), body.to_owned());
        let put = move |tx: &mainstay_sql::Tx<'_>| search.put(tx, &[(row, vec![&title, &body])]);
        self.db.write(&self.ctx, put).await.map_err(told)
    }

    async fn found(&self, text: &str) -> Outcome<Found> {
        let query = Query::parse(text).ok_or_else(|| format!("{text:?} has no words"))?;
        let search = self.search.clone();
        self.db.read(&self.ctx, move |view| search.find(view, query.clone(), 100)).await.map_err(told)
    }

    async fn rows(&self, text: &str) -> Outcome<Vec<i64>> {
        Ok(self.found(text).await?.hits.iter().map(|hit| hit.row).collect())
    }
}

async fn ranked(shelf: Shelf) -> Outcome {
    shelf.put(1, "Teapot", "Goes with any blue mug, or a blue mug with a lid.").await?;
    shelf.put(2, "Blue mug", "For tea.").await?;
    shelf.put(3, "Red mug", "For coffee.").await?;
    same("rows", shelf.rows("blue mug ").await?, vec![2, 1])?;
    same("rows", shelf.rows("mug blue").await?, vec![2, 1])?;
    same("rows", shelf.rows("mug lid coffee ").await?, vec![])
}

async fn forms(shelf: Shelf) -> Outcome {
    shelf.put(1, "Crème brûlée DISH", "").await?;
    same("rows", shelf.rows("creme BRULEE ").await?, vec![1])?;
    same("rows", shelf.rows("bru").await?, vec![1])?;
    same("a finished word is whole", shelf.rows("bru ").await?, vec![])
}

async fn hostile(shelf: Shelf) -> Outcome {
    shelf.put(1, "Blue mug", "near the sink").await?;
    for text in [
        "mug\"",
        "\"mug",
        "mug OR",
        "title:mug",
        "{title body}: mug",
        "NEAR(blue mug, 2)",
        "mug^",
        "-mug",
        "mug) OR (1=1",
        "mug'; DROP TABLE conformance_text; --",
        "mug\0",
        "\u{202e}mug",
        "* mug *",
    ] {
        // Whatever it finds, it is an answer; and the index is still there.
        shelf.found(text).await.map_err(|found| format!("{text:?}: {found}"))?;
    }
    let long = "mug ".repeat(10_000);
    same("rows", shelf.rows(&long).await?, vec![1])?;
    same("rows", shelf.rows("mug").await?, vec![1])
}

async fn changed(shelf: Shelf) -> Outcome {
    shelf.put(1, "Blue mug", "stoneware").await?;
    shelf.put(1, "Green cup", "porcelain").await?;
    same("old words", shelf.rows("mug ").await?, vec![])?;
    same("new words", shelf.rows("green porcelain ").await?, vec![1])?;
    let search = shelf.search.clone();
    shelf.db.write(&shelf.ctx, move |tx| search.remove(tx, 1)).await.map_err(told)?;
    same("removed", shelf.rows("green ").await?, vec![])?;
    let search = shelf.search.clone();
    shelf.db.write(&shelf.ctx, move |tx| search.remove(tx, 1)).await.map_err(told)
}

async fn together(shelf: Shelf) -> Outcome {
    let put = async |rows: Vec<(i64, Vec<&'static str>)>| {
        let search = shelf.search.clone();
        shelf.db.write(&shelf.ctx, move |tx| search.put(tx, &rows)).await.map_err(told)
    };
    let words = async || {
        let search = shelf.search.clone();
        shelf.db.read(&shelf.ctx, move |view| search.suggest(view, "t", 9)).await.map_err(told)
    };
    put((0..600).map(|row| (row, vec!["Teapot", "of tin"])).collect()).await?;
    same("all", shelf.db.read(&shelf.ctx, all_of(&shelf, "teapot ")).await.map_err(told)?, 600)?;
    same("words", words().await?, vec!["teapot".to_owned(), "tin".to_owned()])?;
    // One loses a word, one gains one, one stays, and one is new.
    put(vec![
        (0, vec!["Pot", "of tin"]),
        (1, vec!["Teapot", "of tin and tape"]),
        (2, vec!["Teapot", "of tin"]),
    ])
    .await?;
    put(vec![(600, vec!["Tin", ""])]).await?;
    same("fewer", shelf.db.read(&shelf.ctx, all_of(&shelf, "teapot ")).await.map_err(told)?, 599)?;
    same("found by the new one", shelf.rows("tape ").await?, vec![1])?;
    // 601 rows have the one word, 599 the other, and one the third.
    same("words", words().await?, vec!["tin".to_owned(), "teapot".to_owned(), "tape".to_owned()])
}

async fn tidied(shelf: Shelf) -> Outcome {
    for row in 0..40 {
        shelf.put(row, "Teapot", if row % 2 == 0 { "of tin" } else { "of iron" }).await?;
    }
    shelf.put(1, "Pot", "of clay").await?;
    let mut pieces = 0;
    loop {
        let search = shelf.search.clone();
        if !shelf.db.write(&shelf.ctx, move |tx| search.tidy(tx)).await.map_err(told)? {
            break;
        }
        pieces += 1;
        ensure(pieces < 1_000, "tidying never ends")?;
    }
    same("tin", shelf.rows("teapot tin ").await?.len(), 20)?;
    same("iron", shelf.rows("teapot iron ").await?.len(), 19)?;
    same("the changed one", shelf.rows("clay").await?, vec![1])
}

fn all_of(
    shelf: &Shelf,
    text: &str,
) -> impl FnMut(&mainstay_sql::View<'_>) -> mainstay_core::Result<usize> + 'static {
    let (search, query) = (shelf.search.clone(), Query::parse(text));
    move |view| {
        let Some(query) = query.clone() else { return Ok(0) };
        Ok(search.find(view, query, 1_000)?.hits.len())
    }
}

async fn undone(shelf: Shelf) -> Outcome {
    let search = shelf.search.clone();
    let refused = shelf.db.write(&shelf.ctx, move |tx| {
        search.put(tx, &[(1, vec!["Blue mug", ""])])?;
        Err::<(), _>(codes::CONFLICT.error("undo it"))
    });
    ensure(refused.await.is_err(), "the write was refused")?;
    same("rows", shelf.rows("mug").await?, vec![])?;
    let search = shelf.search.clone();
    let words = shelf.db.read(&shelf.ctx, move |view| search.suggest(view, "mu", 5)).await.map_err(told)?;
    same("suggestions", words, vec![])
}

async fn slips(shelf: Shelf) -> Outcome {
    shelf.put(1, "Teapot of cast iron", "").await?;
    for typed in ["tepot", "teaapot", "teopot", "taepot", "teapot of csat iron"] {
        let found = shelf.found(typed).await?;
        same(typed, (found.hits.len(), found.corrected), (1, true))?;
    }
    same("two slips", shelf.rows("tepto ").await?, vec![])?;
    let exact = shelf.found("teapot").await?;
    same("no slip", (exact.hits.len(), exact.corrected), (1, false))
}

async fn suggestions(shelf: Shelf) -> Outcome {
    for row in 1..=3 {
        shelf.put(row, if row == 1 { "Teapot tealight" } else { "Tealight" }, "").await?;
    }
    let suggest = async |text: &'static str| {
        let search = shelf.search.clone();
        shelf.db.read(&shelf.ctx, move |view| search.suggest(view, text, 5)).await.map_err(told)
    };
    same("of tea", suggest("tea").await?, vec!["tealight".to_owned(), "teapot".to_owned()])?;
    same("of glass teap", suggest("glass teap").await?, vec!["glass teapot".to_owned()])?;
    same("of nothing", suggest("xyz").await?, vec![])?;
    same("after a space", suggest("tea ").await?, vec![])
}

async fn marked(shelf: Shelf) -> Outcome {
    let body = format!("{}a mug in the middle{}", "before ".repeat(50), " after".repeat(50));
    shelf.put(1, "<script>alert(1)</script> Mug & \u{2}cup\u{3}", &body).await?;
    shelf.put(2, "Mugs", "of <b>tin</b>").await?;
    shelf.put(3, "Mug that nobody asks for", "").await?;
    let query = Query::parse("mug").ok_or("no words")?;
    let search = shelf.search.clone();
    let fields = [Shorten { field: 1, words: 8 }, Shorten { field: 0, words: 32 }];
    let read = move |view: &mainstay_sql::View<'_>| search.highlights(view, &query, &[2, 1], &fields);
    let mut html = shelf.db.read(&shelf.ctx, read).await.map_err(told)?;
    same("rows", html.len(), 2)?;
    let [body, title] = html.remove(&1).unwrap_or_default();
    ensure(title.contains("<mark>Mug</mark>"), format!("the match is marked in {title}"))?;
    let rest = title.replace("<mark>Mug</mark>", "");
    ensure(!rest.contains(['<', '>', '\u{2}', '\u{3}']), format!("the rest is harmless in {title}"))?;
    ensure(body.contains("<mark>mug</mark>"), format!("the match is shown in {body}"))?;
    ensure(body.split(' ').count() <= 10, format!("a long text is shortened to {body}"))?;
    let other = html.remove(&2).unwrap_or_default();
    same("a short text", other, ["of &lt;b&gt;tin&lt;/b&gt;".to_owned(), "<mark>Mugs</mark>".to_owned()])
}
