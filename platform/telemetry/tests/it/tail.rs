//! What is kept of traces that were not drawn, and what is told of them.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Context, Principal, TenantId, Timestamp, TraceContext, codes, work};
use mainstay_telemetry::{
    BriefSpan, FinishedSpan, Guard, Line, Options, Queue, Registry, Role, Told, init, root_span, span,
};

use crate::again;

fn undrawn() -> Context {
    Context::new(TenantId::SOLE, Principal::Service("test".into()), TraceContext::root(false))
}

/// The process's recorder with a store that nobody empties but the test.
fn told_to(clock: &Clock) -> (Guard, Arc<Queue<Told>>) {
    let guard = init(&Options { log: "off".into(), ..Options::default() }, clock, "mainstay").unwrap();
    let queue = guard.for_store().unwrap();
    (guard, queue)
}

fn spans(queue: &Queue<Told>) -> Vec<FinishedSpan> {
    let told = queue.take_now(usize::MAX).into_iter();
    told.flat_map(|told| if let Told::Spans(spans) = told { spans.to_vec() } else { Vec::new() }).collect()
}

fn lines(queue: &Queue<Told>) -> Vec<Arc<Line>> {
    let told = queue.take_now(usize::MAX).into_iter();
    told.filter_map(|told| if let Told::Line(line) = told { Some(line) } else { None }).collect()
}

#[test]
fn what_failed_or_was_slow_is_kept_whole_and_the_rest_is_not() {
    if !again::is_child() {
        again::run("tail::what_failed_or_was_slow_is_kept_whole_and_the_rest_is_not");
        return;
    }
    let (clock, manual) = Clock::manual(Timestamp::from_micros(1_000_000));
    let (guard, queue) = told_to(&clock);
    let names = |queue: &Queue<Told>| -> Vec<String> {
        spans(queue).iter().map(|span| span.name.to_string()).collect()
    };

    let good = undrawn();
    let root = root_span(&good, Role::Server, "GET /good");
    drop(span(&root.context(), "inner"));
    drop(root);
    assert_eq!(names(&queue), [""; 0]);

    // A fault deep inside keeps all of it; what a caller did wrong keeps nothing.
    for (error, kept) in [(&codes::INTERNAL, 2), (&codes::NOT_FOUND, 0), (&codes::OVERLOADED, 0)] {
        let ctx = undrawn();
        let root = root_span(&ctx, Role::Server, "GET /bad");
        let _ = span(&root.context(), "inner").note(Err::<(), _>(error.error("no")));
        drop(root);
        assert_eq!(names(&queue).len(), kept, "{}", error.name);
    }

    let slow = undrawn();
    let root = root_span(&slow, Role::Server, "GET /slow");
    drop(span(&root.context(), "quick"));
    manual.advance(Duration::from_millis(500));
    drop(root);
    assert_eq!(names(&queue), ["quick", "GET /slow"]);
    // What it caused later belongs to it.
    drop(span(&slow, "mail"));
    assert_eq!(names(&queue), ["mail"]);

    // A brief span that was brief leaves nothing, one that failed is there.
    let ctx = undrawn();
    let root = root_span(&ctx, Role::Server, "GET /brief");
    let _ = BriefSpan::open(&ctx).note(&ctx, Ok(()), Role::Client, || "read".into(), |_| ());
    let gone = Err::<(), _>(codes::UNAVAILABLE.error("gone"));
    let within = root.context();
    let failed = BriefSpan::open(&within).note(
        &within,
        gone,
        Role::Client,
        || "write".into(),
        |span| {
            span.set("db.namespace", "shop.orders");
        },
    );
    assert!(failed.is_err());
    drop(root);
    let kept = spans(&queue);
    assert_eq!(kept.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["write", "GET /brief"]);
    assert_eq!(kept[0].attribute("db.namespace"), Some("shop.orders"));

    let registry = Registry::new();
    guard.register(&registry);
    let text = registry.encode();
    assert!(text.contains("mainstay_spans_kept_total 7"), "{text}");
    assert!(text.contains("mainstay_spans_held 0"), "{text}");
}

#[test]
fn a_storm_of_failures_keeps_a_hundred_examples_a_second() {
    if !again::is_child() {
        again::run("tail::a_storm_of_failures_keeps_a_hundred_examples_a_second");
        return;
    }
    let (clock, manual) = Clock::manual(Timestamp::from_micros(1_000_000));
    let (_guard, queue) = told_to(&clock);
    let fail = || {
        let mut root = root_span(&undrawn(), Role::Server, "GET /bad");
        root.fail(&codes::UNAVAILABLE.error("gone"));
    };
    (0..1_000).for_each(|_| fail());
    assert_eq!(spans(&queue).len(), 100);
    manual.advance(Duration::from_secs(1));
    (0..1_000).for_each(|_| fail());
    assert_eq!(spans(&queue).len(), 100);
}

#[test]
fn what_a_client_sends_is_masked_in_every_field() {
    if !again::is_child() {
        again::run("tail::what_a_client_sends_is_masked_in_every_field");
        return;
    }
    let (_guard, queue) = told_to(&Clock::system());
    let hostile = "ada@example.org paid with 4242 4242 4242 4242 and msk_0123456789abcdefXYZ";
    let harmless = "[mail] paid with [card] and [secret]";

    let ctx = Context::new(TenantId::SOLE, Principal::Service("test".into()), TraceContext::root(true));
    let mut root = root_span(&ctx, Role::Server, hostile.to_owned());
    root.set("http.path", hostile.to_owned());
    root.set("user.password", "anything");
    root.fail(&codes::INVALID.error(hostile));
    drop(root);
    let span = spans(&queue).remove(0);
    assert_eq!(span.name, harmless);
    assert_eq!(span.attribute("http.path"), Some(harmless));
    assert_eq!(span.attribute("user.password"), Some("[masked]"));
    assert_eq!(span.error.as_deref(), Some(harmless));

    let within = work::enter(ctx.trace());
    tracing::info!(path = hostile, session_token = "anything", debug = ?hostile, "refused {hostile}");
    drop(within);
    let line = lines(&queue).remove(0);
    assert_eq!(line.message, format!("refused {harmless}"));
    let fields: Vec<String> = line.fields.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(
        fields,
        [format!("path={harmless}"), "session_token=[masked]".into(), format!("debug=\"{harmless}\"")]
    );
    assert_eq!(line.trace_id, Some(ctx.trace().trace_id));
}

#[test]
fn a_log_line_of_a_megabyte_is_cut() {
    if !again::is_child() {
        let output = again::run("tail::a_log_line_of_a_megabyte_is_cut");
        let longest = output.stderr.split(|byte| *byte == b'\n').map(<[u8]>::len).max();
        assert!(longest.is_some_and(|length| (8_000..12_000).contains(&length)), "{longest:?}");
        return;
    }
    let guard = init(&Options::default(), &Clock::system(), "mainstay").unwrap();
    let queue = guard.for_store().unwrap();
    let megabyte = "x".repeat(1_000_000);
    tracing::info!(field = megabyte, "{megabyte}");
    let line = lines(&queue).remove(0);
    assert!(line.message.len() < 9_000 && line.message.ends_with("bytes more)"), "{}", line.message.len());
    assert!(line.fields[0].1.as_text().is_some_and(|text| text.len() < 3_000));
}
