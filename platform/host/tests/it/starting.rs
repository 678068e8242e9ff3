//! What a start refuses, and that it refuses before it touches anything.

use std::net::TcpListener;

use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_host::codes::{NO_ENGINE, NO_PEER, NOT_STARTED, PORT_TAKEN};

use crate::counter::{Asker, Counter, Secretive, host};
use crate::http::get;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_named_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for (key, words) in [
        ("test.counter.slow=3", "slow_ms"),
        ("test.counted.slow_ms=3", "test.counter.slow_ms"),
        ("rpc.listen=\"nine\"", "rpc.listen"),
        ("notify.from=\"nobody\"", "notify.from"),
        ("process.drain=3", "drain_seconds"),
    ] {
        let error = host(&data, &[key]).mount::<Counter>().start().await.err().unwrap();
        assert!(error.is(&BAD_CONFIGURATION), "{key}: {error:?}");
        assert!(error.message().contains(words), "{key}: {error}");
        assert!(!data.exists(), "{key}: the data folder was made");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_is_nowhere_is_named_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let error = host(folder.path(), &[]).mount::<Asker>().start().await.err().unwrap();
    assert!(error.is(&NO_PEER));
    assert!(error.message().contains("peers.\"test.counter\""), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_the_contract_does_not_have_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = host(folder.path(), &[]).mount::<Secretive>().start().await.err().unwrap();
    assert!(error.is(&NOT_STARTED));
    assert!(error.message().contains("GET /v1/hidden"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_engine_is_answered_with_those_there_are() {
    let folder = tempfile::tempdir().unwrap();
    for key in ["database.url=\"oracle:x\"", "database.url=\"sqlite\"", "notify.url=\"pigeon:x\""] {
        let error = host(folder.path(), &[key]).mount::<Counter>().start().await.err().unwrap();
        assert!(error.is(&NO_ENGINE), "{key}: {error:?}");
        assert!(error.message().contains("sqlite:") || error.message().contains("folder:"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let key = format!("http.listen=\"{address}\"");
    let error = host(folder.path(), &[&key]).mount::<Counter>().start().await.err().unwrap();
    assert!(error.is(&PORT_TAKEN), "{error:?}");
    assert!(
        error.message().contains(&address.to_string()) && error.message().contains("http.listen"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_mounted_once() {
    let folder = tempfile::tempdir().unwrap();
    let twice = host(folder.path(), &[]).mount::<Counter>().mount::<Counter>();
    assert!(twice.start().await.err().unwrap().is(&NOT_STARTED));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_started_answers_and_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    for run in 1..=2 {
        let running = host(folder.path(), &[]).mount::<Counter>().start().await.unwrap();
        let (status, body) = get(running.http_addr(), "/readyz").await.unwrap();
        assert_eq!(status, 200, "{body}");
        assert!(body.contains("database test.counter"), "{body}");
        let (status, body) = get(running.http_addr(), "/problems/host.port_taken").await.unwrap();
        assert_eq!(status, 200, "{body}");
        // Counting goes on under a later lease, on what the former run left.
        while get(running.http_addr(), "/v1/fences")
            .await
            .unwrap()
            .1
            .split(',')
            .filter(|one| !one.is_empty())
            .count()
            < run
        {
            tokio::task::yield_now().await;
        }
        running.shutdown().request();
        running.wait().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_opens_databases_and_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let opened = host(folder.path(), &[]).mount::<Counter>().open().unwrap();
    let [counter] = &opened[..] else { panic!("one service has a database") };
    let states = counter.database.migration_status(&counter.migrations).await.unwrap();
    assert!(states.iter().any(|line| line.module == "test.counter"));
    assert!(states.iter().any(|line| line.module == "mainstay.workflow"));
    assert!(states.iter().all(|line| line.state == mainstay_sql::MigrationState::Pending), "{states:?}");
    counter.database.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_come_in_by_a_door_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let running = host(folder.path(), &[]).mount::<Counter>().start().await.unwrap();
    let (public, admin) = (running.http_addr(), running.admin_addr());
    assert!(admin.ip().is_loopback() && admin != public);
    assert_eq!(get(public, "/metrics").await.unwrap().0, 404);
    let (status, metrics) = get(admin, "/metrics").await.unwrap();
    assert_eq!(status, 200);
    assert!(metrics.contains("mainstay_http_requests_total{route=\"none\",status=\"4xx\"} 1"), "{metrics}");
    assert_eq!(get(admin, "/v1/counted").await.unwrap(), (200, "by service:mainstay.operator".to_owned()));
    assert_eq!(get(public, "/v1/counted").await.unwrap().0, 404);
    running.shutdown().request();
    running.wait().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_for_operators_that_stands_open_is_refused_before_anything_listens() {
    let folder = tempfile::tempdir().unwrap();
    for (key, code) in [
        ("http.admin.listen=\"0.0.0.0:0\"", &mainstay_http::codes::ADMIN_EXPOSED),
        ("http.admin.token_file=\"nowhere\"", &mainstay_http::codes::ADMIN_EXPOSED),
        ("http.admin.listen=\"nine\"", &BAD_CONFIGURATION),
    ] {
        let error = host(folder.path(), &[key]).mount::<Counter>().start().await.err().unwrap();
        assert!(error.is(code), "{key}: {error:?}");
    }
}
