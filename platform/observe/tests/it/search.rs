//! Finding traces and lines, and drawing a trace.

use mainstay_observe::codes::{BAD_SEARCH, NO_SUCH_TRACE};
use mainstay_observe::store::{LineQuery, TraceQuery};
use mainstay_telemetry::SERVICE;
use tracing::Level;

use crate::world::{World, line, span, with};

/// Three traces: a slow checkout with a failed step, a quick look, and a part whose first span is elsewhere.
async fn filled(folder: &std::path::Path) -> World {
    let world = World::open(folder).await;
    let mut root = span(1, 1, None, "POST /v1/checkouts");
    root.length_micros = 900_000;
    let step = with(with(span(1, 2, Some(1), "reserve"), SERVICE, "shop.orders"), "saga.run", "run_7");
    let mut call = with(span(1, 3, Some(2), "shop.inventory.v1.Inventory/Reserve"), "attempt", 2_i64);
    call.error = Some("the goods are gone".into());
    world
        .tell_all([
            mainstay_telemetry::Told::Spans(vec![call, step, root].into()),
            mainstay_telemetry::Told::Spans(vec![span(2, 4, None, "GET /v1/products")].into()),
            mainstay_telemetry::Told::Spans(
                vec![with(span(3, 5, Some(99), "mail"), SERVICE, "shop.notifications")].into(),
            ),
            line("a hold was refused", Level::WARN, Some((1, 2))),
            line("nobody knows why", Level::INFO, None),
            line("very detailed", Level::DEBUG, Some((2, 4))),
        ])
        .await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_are_found_by_what_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let world = filled(folder.path()).await;
    let find = async |query: TraceQuery| -> Vec<String> {
        let found = world.store.traces(&world.ctx, query).await.unwrap();
        found.into_iter().map(|trace| trace.name).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    let none = TraceQuery::default;

    assert_eq!(find(none()).await, ["mail", "GET /v1/products", "POST /v1/checkouts"]);
    assert_eq!(find(TraceQuery { q: text("goods gone"), ..none() }).await, ["POST /v1/checkouts"]);
    assert_eq!(find(TraceQuery { q: text("prod*"), ..none() }).await, ["GET /v1/products"]);
    assert_eq!(find(TraceQuery { q: text("goods products"), ..none() }).await, [""; 0]);
    assert_eq!(find(TraceQuery { service: text("shop.orders"), ..none() }).await, ["POST /v1/checkouts"]);
    assert_eq!(find(TraceQuery { service: text("orders.shop"), ..none() }).await, [""; 0]);
    assert_eq!(find(TraceQuery { name: text("reserve"), ..none() }).await, ["POST /v1/checkouts"]);
    assert_eq!(find(TraceQuery { name: text("Reserve"), ..none() }).await, [""; 0], "a name is exact");
    assert_eq!(
        find(TraceQuery { attribute: text("saga.run=run_7"), ..none() }).await,
        ["POST /v1/checkouts"]
    );
    assert_eq!(find(TraceQuery { attribute: text("attempt=2"), ..none() }).await, ["POST /v1/checkouts"]);
    assert_eq!(find(TraceQuery { attribute: text("saga.run=run"), ..none() }).await, [""; 0]);
    assert_eq!(find(TraceQuery { status: text("failed"), ..none() }).await, ["POST /v1/checkouts"]);
    assert_eq!(find(TraceQuery { status: text("ok"), ..none() }).await, ["mail", "GET /v1/products"]);
    assert_eq!(find(TraceQuery { min_ms: Some(900), ..none() }).await, ["POST /v1/checkouts"]);
    assert_eq!(find(TraceQuery { max_ms: Some(899), limit: Some(1), ..none() }).await, ["mail"]);

    for bad in
        [TraceQuery { status: text("sad"), ..none() }, TraceQuery { attribute: text("no equals"), ..none() }]
    {
        assert!(world.store.traces(&world.ctx, bad).await.unwrap_err().is(&BAD_SEARCH));
    }
    // Nothing in a search is syntax.
    for hostile in ["\"", "a OR", "NEAR(a b)", "*", "x'; DROP TABLE observe_fragments; --", "col:"] {
        drop(find(TraceQuery { q: text(hostile), name: text(hostile), ..none() }).await);
    }
    assert_eq!(find(none()).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_a_tree_with_its_lines_and_its_services() {
    let folder = tempfile::tempdir().unwrap();
    let world = filled(folder.path()).await;
    let trace = world.store.trace(&world.ctx, &format!("{:032x}", 1)).await.unwrap();
    assert_eq!((trace.spans, trace.roots.len(), trace.lines.len()), (3, 1, 0));
    let root = &trace.roots[0];
    assert_eq!((root.span.name.as_str(), root.span.service.as_str()), ("POST /v1/checkouts", "mainstay"));
    assert_eq!(root.self_us, 899_000);
    let step = &root.children[0];
    assert_eq!(
        (step.span.service.as_str(), step.lines[0].message.as_str()),
        ("shop.orders", "a hold was refused")
    );
    let call = &step.children[0];
    assert_eq!(call.span.service, "shop.orders", "a span without a service is of the one above");
    assert_eq!(call.span.error.as_deref(), Some("the goods are gone"));

    let part = world.store.trace(&world.ctx, &format!("{:032x}", 3)).await.unwrap();
    assert_eq!(part.roots[0].span.name, "mail");
    let unknown = world.store.trace(&world.ctx, &"f".repeat(32)).await.unwrap_err();
    assert!(unknown.is(&NO_SUCH_TRACE));
    assert!(world.store.trace(&world.ctx, "../etc").await.unwrap_err().is(&BAD_SEARCH));
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_found_by_words_level_field_and_trace() {
    let folder = tempfile::tempdir().unwrap();
    let world = filled(folder.path()).await;
    let find = async |query: LineQuery| -> Vec<String> {
        let found = world.store.lines(&world.ctx, query).await.unwrap();
        found.into_iter().map(|line| line.message).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    let none = LineQuery::default;
    assert_eq!(find(none()).await, ["very detailed", "nobody knows why", "a hold was refused"]);
    assert_eq!(find(LineQuery { q: text("hold refused"), ..none() }).await, ["a hold was refused"]);
    assert_eq!(find(LineQuery { q: text("ord_1 nobody"), ..none() }).await, ["nobody knows why"]);
    assert_eq!(
        find(LineQuery { level: text("info"), ..none() }).await,
        ["nobody knows why", "a hold was refused"]
    );
    assert_eq!(find(LineQuery { trace: Some(format!("{:032x}", 2)), ..none() }).await, ["very detailed"]);
    assert_eq!(find(LineQuery { field: text("order.id=ord_1"), ..none() }).await.len(), 3);
    assert_eq!(find(LineQuery { field: text("count=3"), ..none() }).await.len(), 3);
    assert_eq!(find(LineQuery { field: text("order.id=ord"), ..none() }).await, [""; 0]);
    let first = world.store.lines(&world.ctx, LineQuery { limit: Some(1), ..none() }).await.unwrap()[0].id;
    assert_eq!(
        find(LineQuery { before: Some(first), ..none() }).await,
        ["nobody knows why", "a hold was refused"]
    );
    assert_eq!(find(LineQuery { after: Some(first - 1), ..none() }).await, ["very detailed"]);
    for bad in [
        LineQuery { level: text("loud"), ..none() },
        LineQuery { field: text("a\"b=c"), ..none() },
        LineQuery { trace: text("+1"), ..none() },
    ] {
        assert!(world.store.lines(&world.ctx, bad).await.unwrap_err().is(&BAD_SEARCH));
    }
}
