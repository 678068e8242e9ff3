//! One order, one trace: from the request over all eight services, the saga, the events, the jobs, the databases, the
//! provider's call and the mail, in one process and across two.

use std::collections::BTreeSet;
use std::time::Duration;

use mainstay_core::TraceContext;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::books::Books;
use super::collector::{Collector, Seen};
use super::goods::variants;
use super::world::{Topology, World};

const PATIENCE: Duration = Duration::from_secs(30);

/// What the buyer typed or was given. None of it may leave the shop with a trace.
const SECRETS: [&str; 8] = [
    "ada@shop.example",
    "kelp-lantern-42",
    "ada@home.example",
    "Ada Marlow",
    "1 High Street",
    "YO1 7HH",
    "tok_ok",
    "Bearer ",
];

pub async fn an_order_is_one_connected_trace(topology: Topology) {
    let collector = Collector::start().await;
    let otlp = format!("telemetry.otlp={}", collector.url());
    let mut world = World::open(topology, &[&otlp, "telemetry.sample=0.0"]).await;
    let trace = TraceContext::root(true);

    // The buyer's browser began the trace, and says so with each request.
    let mut buyer = world.buyer();
    buyer.client.traceparent = Some(trace.traceparent());
    buyer.log_in("ada@shop.example", "kelp-lantern-42").await.unwrap();
    let goods = variants();
    let cart = buyer.filled_cart(&[(&goods[0], 2), (&goods[1], 1)], "tok_ok").await.unwrap();
    buyer.check_out(&cart, "traced").await.unwrap().expect(201);
    let requests = buyer.client.sent;
    let bearer = buyer.client.bearer.clone().unwrap();

    // What follows by events is waited for outside of the trace.
    buyer.client.traceparent = None;
    Books::settle(&world.data(), PATIENCE).await;
    for _ in 0..200 {
        if buyer.check_out(&cart, "again").await.unwrap().code() == "cart.ordered" {
            break;
        }
        mainstay_core::Clock::system().sleep(Duration::from_millis(50)).await;
    }
    // The last spans leave with the drain.
    world.stop();

    let spans = collector.of(trace);
    is_connected(&spans, trace, requests);
    calls_reach_their_callees(&spans, topology);
    events_and_jobs_reach_their_consumers(&spans);
    speaks_in_conventions(&spans);
    has_every_part(&spans);
    let told = format!("{:?}", collector.all());
    for secret in SECRETS.into_iter().chain([bearer.as_str()]) {
        assert!(!told.contains(secret), "a trace tells {secret}");
    }
}

/// Every span's parent is there, up to the browser's own.
fn is_connected(spans: &[Seen], trace: TraceContext, requests: usize) {
    let known: BTreeSet<&[u8]> = spans.iter().map(|seen| seen.span.span_id.as_slice()).collect();
    assert_eq!(known.len(), spans.len(), "an id came twice");
    let browser = trace.span_id.to_be_bytes();
    let (roots, below): (Vec<_>, Vec<_>) = spans.iter().partition(|seen| seen.span.parent_span_id == browser);
    let orphans: Vec<_> = below
        .iter()
        .filter(|seen| !known.contains(seen.span.parent_span_id.as_slice()))
        .map(|seen| &seen.span.name)
        .collect();
    assert_eq!(orphans, Vec::<&String>::new(), "the spans above these are missing");
    let strangers: Vec<_> =
        roots.iter().filter(|seen| !seen.is(SpanKind::Server)).map(|seen| &seen.span.name).collect();
    assert_eq!(strangers, Vec::<&String>::new(), "the browser sent only requests");
    assert_eq!(roots.len(), requests, "one span for each request of the browser");
}

fn calls_reach_their_callees(spans: &[Seen], topology: Topology) {
    let calls: Vec<_> = spans
        .iter()
        .filter(|seen| seen.is(SpanKind::Client) && seen.attribute("rpc.system.name") == "grpc")
        .collect();
    let called: BTreeSet<String> = calls.iter().map(|seen| seen.attribute("server.address")).collect();
    for callee in
        ["shop.auth", "shop.catalog", "shop.pricing", "shop.inventory", "shop.cart", "shop.payments"]
    {
        assert!(called.contains(callee), "{callee} in {called:?}");
    }
    for call in calls {
        let answered: Vec<_> =
            spans.iter().filter(|seen| seen.is(SpanKind::Server) && seen.is_child_of(call)).collect();
        let [answered] = answered.as_slice() else {
            panic!("{} was answered {} times", call.span.name, answered.len())
        };
        for key in ["rpc.method", "server.address"] {
            assert_eq!(answered.attribute(key), call.attribute(key), "{key}");
        }
        let crosses = topology == Topology::Split && call.attribute("server.address") == "shop.payments";
        assert_eq!(answered.process != call.process, crosses, "{}", call.span.name);
    }
}

fn events_and_jobs_reach_their_consumers(spans: &[Seen]) {
    let mut ways = BTreeSet::new();
    for handled in spans.iter().filter(|seen| seen.is(SpanKind::Consumer)) {
        let sent = spans.iter().find(|seen| handled.is_child_of(seen)).unwrap();
        assert!(sent.is(SpanKind::Producer), "{} hangs below {}", handled.span.name, sent.span.name);
        for key in ["messaging.destination.name", "messaging.message.id"] {
            assert_eq!(sent.attribute(key), handled.attribute(key), "{key}");
        }
        ways.insert((
            handled.attribute("messaging.destination.name"),
            handled.attribute("messaging.consumer.group.name"),
            handled.attribute("service.name"),
        ));
    }
    for way in [
        ("shop.orders.order", "shop.cart.orders", "shop.cart"),
        ("shop.orders.order", "shop.notifications.orders", "shop.notifications"),
        ("shop.payments.payment", "shop.orders.payments", "shop.orders"),
        ("shop.notifications.mail", "", "shop.notifications"),
    ] {
        let way = (way.0.to_owned(), way.1.to_owned(), way.2.to_owned());
        assert!(ways.contains(&way), "{way:?} in {ways:#?}");
    }
}

/// Names and attributes are OpenTelemetry's, so that any backend draws them.
fn speaks_in_conventions(spans: &[Seen]) {
    for seen in spans {
        let name = &seen.span.name;
        let has = |keys: &[&str]| {
            for key in keys {
                assert!(!seen.attribute(key).is_empty(), "{name} lacks {key}: {:?}", seen.span.attributes);
            }
        };
        assert!(
            seen.span.start_time_unix_nano <= seen.span.end_time_unix_nano,
            "{name} ends before it starts"
        );
        match seen.span.kind() {
            SpanKind::Server if !seen.attribute("http.route").is_empty() => {
                has(&["http.request.method", "url.path", "url.scheme", "http.response.status_code"]);
                let named =
                    format!("{} {}", seen.attribute("http.request.method"), seen.attribute("http.route"));
                assert_eq!(*name, named);
            }
            SpanKind::Server => {
                has(&["rpc.system.name", "rpc.method", "rpc.response.status_code", "server.address"]);
                assert_eq!(*name, seen.attribute("rpc.method"));
            }
            SpanKind::Client if !seen.attribute("db.system.name").is_empty() => {
                has(&["db.namespace", "db.operation.name"]);
                let named =
                    format!("{} {}", seen.attribute("db.operation.name"), seen.attribute("db.namespace"));
                assert_eq!((*name).clone(), named);
            }
            SpanKind::Client if !seen.attribute("http.request.method").is_empty() => {
                has(&["url.full", "server.address", "server.port", "http.response.status_code"]);
                assert_eq!(*name, seen.attribute("http.request.method"));
            }
            SpanKind::Client if name != "send mail" => {
                has(&["rpc.system.name", "rpc.method", "rpc.response.status_code", "server.address"]);
            }
            SpanKind::Producer | SpanKind::Consumer => {
                has(&["messaging.system", "messaging.operation.type", "messaging.message.id"]);
                let named = format!(
                    "{} {}",
                    seen.attribute("messaging.operation.name"),
                    seen.attribute("messaging.destination.name")
                );
                assert_eq!(*name, named);
            }
            SpanKind::Client | SpanKind::Internal | SpanKind::Unspecified => {}
        }
        if seen.span.status.as_ref().is_some_and(|status| !status.message.is_empty()) {
            has(&["error.type"]);
        }
    }
}

/// All eight services, each step of the saga, the provider and the mail.
fn has_every_part(spans: &[Seen]) {
    let mut services: BTreeSet<String> = spans.iter().map(|seen| seen.attribute("db.namespace")).collect();
    services.extend(spans.iter().map(|seen| service_of(&seen.attribute("messaging.consumer.group.name"))));
    // Goods are imported and watched beside the path of an order.
    let beside = ["shop.imports", "shop.live"];
    for service in mainstay::shop::SERVICES.iter().filter(|service| !beside.contains(&service.name)) {
        assert!(services.contains(service.name), "{} in {services:?}", service.name);
    }
    let checkout = spans.iter().find(|seen| seen.span.name == "POST /v1/checkouts").unwrap();
    // A step that only records is in the write of the one before it, prices are in that of the reservation.
    let steps = [
        ("fix_prices", false),
        ("reserve", true),
        ("authorise", true),
        ("commit_stock", true),
        ("place", false),
        ("capture", true),
        ("notify", false),
    ];
    for (step, writes) in steps {
        let taken = spans.iter().find(|seen| seen.span.name == step).unwrap_or_else(|| panic!("no {step}"));
        assert_eq!(taken.attribute("saga.name"), "shop.checkout");
        assert!(taken.is_child_of(checkout), "{step}");
        let written =
            spans.iter().any(|seen| seen.is_child_of(taken) && seen.span.name == "write shop.orders");
        assert_eq!(written, writes, "{step} is written below its own span");
    }
    for name in ["provider authorise", "provider capture", "send mail"] {
        assert!(spans.iter().any(|seen| seen.span.name == name), "no {name}");
    }
    let charged = |seen: &&Seen| seen.attribute("url.full").contains("/v1/authorisations");
    assert!(spans.iter().any(|seen| charged(&seen) && seen.is(SpanKind::Client)), "the call to the provider");
}

// `shop.cart.orders` is a consumer of `shop.cart`.
fn service_of(consumer: &str) -> String {
    consumer.rsplit_once('.').map_or_else(String::new, |(service, _)| service.to_owned())
}
