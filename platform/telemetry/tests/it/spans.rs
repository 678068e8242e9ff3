//! What a trace holds.

use std::time::Duration;

use mainstay_core::{Clock, Context, Principal, TenantId, Timestamp, TraceContext, codes};
use mainstay_telemetry::{Role, capture, late_span, root_span, span, span_as};

fn context(sampled: bool) -> Context {
    Context::new(TenantId::SOLE, Principal::Service("test".into()), TraceContext::root(sampled))
}

// One test, because a process has one recorder and this one's clock is moved by hand.
#[test]
fn a_trace_is_a_tree_with_the_contexts_own_ids() {
    let (clock, manual) = Clock::manual(Timestamp::from_micros(1_000_000));
    let captured = capture(&clock);

    let ctx = context(true);
    let root = root_span(&ctx, Role::Server, "POST /v1/checkouts");
    let mut inner = span(&root.context(), "reserve");
    inner.set("order.lines", 3);
    let remote = span_as(&inner.context(), Role::Client, "shop.inventory/Reserve");
    let sent = remote.context().trace();
    drop(remote);
    manual.advance(Duration::from_millis(5));
    let refused = inner.note(Err::<(), _>(codes::CONFLICT.error("somebody was faster"))).unwrap_err();
    assert!(refused.is(&codes::CONFLICT));
    drop(inner);
    drop(root);

    let spans = captured.of(ctx.trace().trace_id);
    let [client, reserve, post] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((post.name.as_str(), post.parent), ("POST /v1/checkouts", None));
    assert_eq!(post.span_id, ctx.trace().span_id);
    assert_eq!((reserve.parent, reserve.length_micros), (Some(post.span_id), 5_000));
    assert_eq!(reserve.attribute("order.lines"), Some("3"));
    assert_eq!(reserve.attribute("error.code"), Some("core.conflict"));
    assert_eq!(reserve.error.as_deref(), Some("somebody was faster"));
    assert_eq!(client.parent, Some(reserve.span_id));
    assert_eq!(client.span_id, sent.span_id, "what goes over the wire is the recorded span");
    assert_eq!(post.error, None);

    let quiet = context(false);
    let silent = span(&quiet, "never seen");
    assert!(!silent.is_recording());
    assert_eq!(silent.context().trace(), quiet.trace());
    drop(silent);
    assert!(captured.of(quiet.trace().trace_id).is_empty());

    let slow = late_span(&quiet, Some(7), Role::Server, "GET /slow", Duration::from_millis(700));
    drop(slow);
    let kept = captured.of(quiet.trace().trace_id);
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].length_micros, kept[0].parent), (700_000, Some(7)));
}
