//! Probes that tell the truth, metrics, and a page for every code.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::Request;
use mainstay_core::codes::{CODES, UNAVAILABLE};
use mainstay_http::{Catalogue, Weight};

use crate::site::Site;

#[tokio::test]
async fn readiness_follows_the_checks_that_gate() {
    let (site, manual) = Site::still(|_| {});
    let (well, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    site.health.check("shop.orders database", Weight::Gates, {
        let (well, asked) = (Arc::clone(&well), Arc::clone(&asked));
        move || {
            asked.fetch_add(1, Ordering::SeqCst);
            let well = well.load(Ordering::SeqCst);
            async move {
                if well { Ok(()) } else { Err(UNAVAILABLE.because("no write went through", "disk /dev/x")) }
            }
        }
    });
    site.health.check("shop.payments", Weight::Reports, || async { Err(UNAVAILABLE.error("peer is away")) });

    assert_eq!(site.get("/healthz").await.status.as_u16(), 200);
    assert_eq!(site.get("/startupz").await.status.as_u16(), 503);
    let starting = site.get("/readyz").await;
    assert_eq!((starting.status.as_u16(), starting.json()["status"].as_str()), (503, Some("starting")));

    site.health.set_started();
    assert_eq!(site.get("/startupz").await.status.as_u16(), 200);
    let ready = site.get("/readyz").await;
    assert_eq!(ready.status.as_u16(), 200, "a sick peer is told and does not gate");
    let checks = &ready.json()["checks"];
    assert_eq!((checks[0]["ok"].as_bool(), checks[0]["gates"].as_bool()), (Some(true), Some(true)));
    assert_eq!(
        (checks[1]["ok"].as_bool(), checks[1]["message"].as_str()),
        (Some(false), Some("peer is away"))
    );
    assert_eq!(asked.load(Ordering::SeqCst), 1, "results are good for a second");

    well.store(false, Ordering::SeqCst);
    manual.advance(Duration::from_secs(1));
    let failing = site.get("/readyz").await;
    assert_eq!((failing.status.as_u16(), failing.json()["status"].as_str()), (503, Some("failing")));
    assert_eq!(failing.json()["checks"][0]["message"], "no write went through");
    assert!(!failing.body.contains("/dev/x"));
    assert_eq!(site.get("/healthz").await.status.as_u16(), 200, "it is alive all the same");

    well.store(true, Ordering::SeqCst);
    manual.advance(Duration::from_secs(1));
    assert_eq!(site.get("/readyz").await.status.as_u16(), 200);
    site.health.set_draining();
    assert_eq!(site.get("/readyz").await.json()["status"], "draining");
}

#[tokio::test]
async fn a_check_that_hangs_has_failed() {
    let (site, manual) = Site::still(|_| {});
    site.health.set_started();
    site.health.check("stuck", Weight::Gates, std::future::pending::<mainstay_core::Result<()>>);
    let mut probe = Box::pin(site.get("/readyz"));
    assert!(futures::poll!(&mut probe).is_pending());
    manual.advance(Duration::from_secs(1));
    let answer = probe.await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["checks"][0]["message"].as_str()),
        (503, Some("no answer in time"))
    );
}

#[tokio::test]
async fn every_code_has_a_page_and_the_list_links_it() {
    let site = Site::new();
    let list = read(&site, "/problems").await;
    assert_eq!(list.header("content-type"), "text/html; charset=utf-8");
    assert!(list.header("content-security-policy").contains("script-src 'self'"));
    for code in CODES.iter().chain(mainstay_http::CODES).chain(mainstay_sql::CODES) {
        assert!(list.body.contains(&format!("/problems/{}\"", code.name)), "{}", code.name);
        let page = read(&site, &format!("/problems/{}", code.name)).await;
        assert_eq!(page.status.as_u16(), 200, "{}", code.name);
        assert!(page.body.contains(code.name));
        let told = site.get(&format!("/problems/{}", code.name)).await;
        assert_eq!((told.header("content-type"), told.header("vary")), ("application/json", "accept"));
        let told = told.json();
        assert_eq!(
            (told["code"].as_str(), told["example"]["code"].as_str()),
            (Some(code.name), Some(code.name))
        );
        assert_eq!(told["advice"], code.advice);
    }
    let told = site.get("/problems").await.json();
    assert!(told["problems"].as_array().unwrap().len() > CODES.len());
    let page = read(&site, "/problems/test.sold_out").await.body;
    assert!(page.contains("It is &lt;gone&gt;") && page.contains("another &amp; try"), "{page}");
    site.get("/problems/%3Cscript%3E").await.problem(404, "core.not_found");
    site.post("/problems/test.sold_out", "{}").await.problem(405, "http.method_not_allowed");
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere_and_run_nothing_inline() {
    let site = Site::new();
    let pages = [read(&site, "/problems").await, read(&site, "/problems/test.sold_out").await];
    for page in pages {
        for elsewhere in ["http:", "https:", "//", "<style", "style=", "onclick", "<script>"] {
            assert!(!page.body.contains(elsewhere), "{elsewhere}: {}", page.body);
        }
    }
    assert_eq!(site.get("/reference/page.css").await.header("content-type"), "text/css; charset=utf-8");
    assert!(site.get("/reference/reference.js").await.header("content-type").starts_with("text/javascript"));
    assert_eq!(site.get("/reference/icon.svg").await.header("content-type"), "image/svg+xml");
    site.get("/reference").await.problem(404, "core.not_found");
    site.get("/openapi.json").await.problem(404, "core.not_found");
}

/// As a browser asks.
async fn read(site: &Site, path: &str) -> crate::site::Answer {
    let request = Request::get(path).header("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    site.send(request.body(axum::body::Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_metrics_are_openmetrics_and_for_operators_only() {
    let site = Site::new();
    site.get("/metrics").await.problem(404, "core.not_found");
    let answer = site.operator(Request::get("/metrics")).await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    assert!(answer.body.ends_with("# EOF\n"));
}

#[test]
fn no_code_has_two_meanings() {
    let lists =
        [CODES, mainstay_http::CODES, mainstay_sql::CODES, mainstay_identity::CODES, mainstay_secrets::CODES];
    assert_eq!(Catalogue::ambiguous(&lists), Vec::<&str>::new());
}
