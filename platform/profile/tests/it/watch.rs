//! A task that holds a worker is found.

use std::time::Duration;

use mainstay_core::{Clock, Context, Principal, Tasks, TenantId, TraceContext, work};
use mainstay_profile::Watch;
use mainstay_telemetry::{Options, Registry, Role, init, root_span, span};

#[inline(never)]
fn does_not_come_back() {
    std::thread::sleep(Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_holds_a_worker_for_a_second_is_found_with_its_span_and_its_stack() {
    let clock = Clock::system();
    let options = Options { log: "off".into(), ..Options::default() };
    let guard = init(&options, &clock, "mainstay").unwrap();
    let (tasks, registry) = (Tasks::new(), Registry::new());
    let watch = Watch::start(Duration::from_millis(100), &clock, &tasks, &registry).unwrap();

    let ctx = Context::new(TenantId::SOLE, Principal::Service("test".into()), TraceContext::root(false));
    let trace = ctx.trace();
    let greedy = tasks.spawn("greedy", async move {
        let root = root_span(&ctx, Role::Server, "POST /v1/checkouts");
        // Once the watch has had time to learn who the workers are.
        for _ in 0..40 {
            Clock::system().sleep(Duration::from_millis(10)).await;
        }
        let inner = span(&root.context(), "prices");
        work::traced(inner.context().trace(), async { does_not_come_back() }).await;
    });
    greedy.join().await.unwrap();
    // The watch sees the end at its next look.
    let hold = loop {
        match watch.holds().latest().into_iter().find(|hold| hold.ended) {
            Some(hold) => break hold,
            None => clock.sleep(Duration::from_millis(10)).await,
        }
    };
    assert_eq!(hold.task, Some("greedy"));
    assert_eq!(hold.trace, Some(format!("{:032x}", trace.trace_id)));
    assert_eq!(hold.spans, ["POST /v1/checkouts", "prices"]);
    assert!(hold.stack.iter().any(|name| name.contains("does_not_come_back")), "{:?}", hold.stack);
    assert!((900..5_000).contains(&hold.held_ms), "{}", hold.held_ms);
    let text = registry.encode();
    assert!(text.contains("mainstay_runtime_hold_seconds_count{worker="), "{text}");
    assert!(text.contains("mainstay_runtime_wake_seconds_count{worker="), "{text}");
    // It is told once, though it lasted for many looks.
    assert_eq!(watch.holds().latest().iter().filter(|hold| hold.task == Some("greedy")).count(), 1);
    drop(guard);
}
