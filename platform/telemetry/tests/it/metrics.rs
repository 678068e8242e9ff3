//! What a scrape shows.

use mainstay_core::{BlockingPool, CpuPool, Tasks};
use mainstay_telemetry::{LATENCY_SECONDS, Registry, process};

#[test]
fn two_services_share_a_metric_and_not_a_series() {
    let registry = Registry::new();
    for service in ["shop.orders", "shop.cart"] {
        let scoped = registry.scoped(service);
        scoped.counter("sql_commits", "Transactions committed", &[]).inc();
        scoped.counter("sql_commits", "Transactions committed", &[]).inc();
        scoped.histogram("sql_wait_seconds", "Waiting", &[("lane", "write")], LATENCY_SECONDS).observe(0.003);
    }
    let text = registry.encode();
    assert_eq!(text.matches("# TYPE mainstay_sql_commits counter").count(), 1, "{text}");
    assert!(text.contains("mainstay_sql_commits_total{service=\"shop.orders\"} 2"), "{text}");
    assert!(text.contains("mainstay_sql_commits_total{service=\"shop.cart\"} 2"), "{text}");
    assert!(
        text.contains(
            "mainstay_sql_wait_seconds_bucket{le=\"0.005\",lane=\"write\",service=\"shop.cart\"} 1"
        ),
        "{text}"
    );
}

#[test]
fn a_bucket_names_a_trace_as_an_example() {
    let registry = Registry::new();
    let latency = registry.latency("http_request_seconds", "Time", &[("route", "GET /v1/slow")]);
    let trace = mainstay_core::TraceContext { trace_id: 0xabc, span_id: 1, sampled: true };
    latency.observe(std::time::Duration::from_millis(3), None);
    latency.observe(std::time::Duration::from_millis(700), Some(trace));
    let text = registry.encode();
    let line = text.lines().find(|line| line.contains("le=\"1.0\"")).unwrap();
    assert!(line.ends_with("2 # {trace_id=\"00000000000000000000000000000abc\"} 0.7"), "{line}");
    assert_eq!(text.matches("trace_id").count(), 1, "{text}");
}

#[test]
fn a_name_of_two_types_spoils_nothing() {
    let registry = Registry::new();
    registry.counter("thing", "A thing", &[]).inc();
    registry.gauge("thing", "A thing", &[]).set(7);
    let text = registry.encode();
    assert!(text.contains("mainstay_thing_total{} 1"), "{text}");
    assert!(!text.contains('7'), "{text}");
}

#[test]
fn an_unbounded_label_is_folded() {
    let registry = Registry::new();
    for number in 0..5_000 {
        registry.counter("hits", "Hits", &[("path", &number.to_string())]).inc();
    }
    let text = registry.encode();
    assert!(text.contains("mainstay_hits_total{path=\"other\"} 3000"), "the rest is in one series");
    assert!(text.lines().count() < 2_010);
}

#[tokio::test]
async fn the_process_tells_about_itself() {
    let registry = Registry::new();
    let tasks = Tasks::new();
    let (cpu, blocking) = (CpuPool::new(1, 1).unwrap(), BlockingPool::new(1, 1).unwrap());
    process::register(&registry, &tasks, &cpu, &blocking, None);
    tasks.spawn("sweep", async { panic!("boom") }).join().await;
    let text = registry.encode();
    let value = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(&format!("mainstay_{name} ")));
        line.unwrap_or_else(|| panic!("{name} is missing in {text}"))
            .rsplit(' ')
            .next()
            .unwrap()
            .parse()
            .unwrap()
    };
    assert!(value("process_resident_bytes") > 1_000_000.0);
    assert!(value("process_resident_peak_bytes") >= value("process_resident_bytes"));
    assert!(value("process_threads") >= 1.0);
    assert!(value("process_open_files") >= 3.0);
    assert!(value("process_cpu_seconds_total") > 0.0);
    assert!(value("process_uptime_seconds") >= 0.0);
    assert!(value("cpu_pool_rejected_total") == 0.0);
    assert!(value("blocking_pool_rejected_total") == 0.0);
    assert!(text.contains("mainstay_tasks_panicked_total{task=\"sweep\"} 1"), "{text}");
    assert!(text.ends_with("# EOF\n"));
}
