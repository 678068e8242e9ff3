//! The shop behind its own TLS: everything that calls it from this machine finds it.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use http::Method;
use mainstay::listener::Listener;
use mainstay::shop::client::{Answer, Call, Client};
use mainstay::shop::demo;
use mainstay::shop::goods::GOODS;
use mainstay_core::{Clock, Tasks};
use mainstay_dial::Dialer;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};

use crate::process::{Serving, call, run};

const CERTIFICATE: &str = "http.tls.certificate=chain.pem";
const KEY: &str = "http.tls.key=key.pem";

/// For a name that this machine does not have, and that nobody vouches for.
fn certify(folder: &Path) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["shop.example".to_owned()]).unwrap();
    fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    fs::set_permissions(folder.join("key.pem"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(folder.join("chain.pem"), cert.pem()).unwrap();
}

async fn send(
    client: &mut Client,
    session: Option<&str>,
    method: Method,
    path: &str,
    body: &Value,
) -> Answer {
    let call = Call { method, path, session, key: Some("one"), body };
    let answer = client.call(call).await.unwrap();
    assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.body);
    answer
}

/// Buys a piece with a token whose charge is told by webhooks.
async fn buy(listener: &Listener) {
    let (clock, tasks) = (Clock::system(), Tasks::new());
    let client = &mut Client::new(listener, &clock, &tasks);
    let made = send(client, None, Method::POST, "/v1/carts", &json!({"currency": "GBP"})).await;
    let (cart, session) = (made.body["id"].as_str().unwrap().to_owned(), made.session);
    let session = session.as_deref();
    let address = json!({
        "email": "you@home.example", "name": "You", "line1": "1 High Street", "city": "York",
        "postcode": "YO1 7HH", "country": "GB",
    });
    let item = json!({"variant_id": demo::variant(&GOODS[0].variants[0]).to_string(), "quantity": 1});
    for (method, path, body) in [
        (Method::POST, "items", item),
        (Method::PUT, "address", address),
        (Method::PUT, "shipping", json!({"method": "standard"})),
        (Method::PUT, "payment", json!({"token": "tok_twice"})),
    ] {
        send(client, session, method, &format!("/v1/carts/{cart}/{path}"), &body).await;
    }
    send(client, session, Method::POST, "/v1/checkouts", &json!({"cart_id": cart})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_with_tls_is_told_loaded_and_examined_over_it() {
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path());
    // It keeps its certificate while the file becomes another.
    let keeps = "http.tls.reload_seconds=3600";
    let words = ["up", "shop", "--demo", "--set", CERTIFICATE, "--set", KEY, "--set", keeps];
    let shop = Serving::start(folder.path(), &words);
    for told in ["/v1/products", "/reference", "/readyz", "/v1; jar="] {
        let line = shop.welcome.lines().find(|line| line.contains(told)).unwrap();
        assert!(line.contains(&format!("https://{}", shop.http)), "{line}");
    }
    assert!(shop.welcome.contains("curl --cacert 'chain.pem' --silent"), "{}", shop.welcome);

    // Both webhooks of the charge come in over TLS.
    let pinned = Dialer::pinned(&folder.path().join("chain.pem")).unwrap();
    buy(&Listener { address: shop.http, dialer: pinned }).await;
    let clock = Clock::system();
    let mut taken = 0;
    for _ in 0..100 {
        taken = webhooks_taken(shop.operators());
        if taken > 0 {
            break;
        }
        clock.sleep(Duration::from_millis(100)).await;
    }
    assert!(taken > 0, "no webhook came in");

    let (at, operators) = (shop.http.to_string(), shop.operators().to_string());
    let load =
        ["load", "shop", "--at", &at, "--rate", "8", "--seconds", "1", "--set", CERTIFICATE, "--set", KEY];
    let load = run(folder.path(), &load);
    assert!(load.status.success(), "{}", String::from_utf8_lossy(&load.stderr));
    let doctor = |words: &[&str]| {
        run(folder.path(), &[&["doctor", "--at", &at, "--operators", &operators, "--json"], words].concat())
    };
    let seen = doctor(&["--set", CERTIFICATE, "--set", KEY]);
    let seen = String::from_utf8_lossy(&seen.stdout).into_owned();
    let health = seen.lines().find(|line| line.contains("health endpoints")).unwrap_or(&seen);
    assert!(health.contains(r#""verdict":"good""#), "{health}");

    // Whoever expects another certificate says so, and does not talk.
    certify(folder.path());
    let refused = doctor(&["--set", CERTIFICATE, "--set", KEY]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("another certificate than chain.pem"), "{said}");
    shop.stop();
}

/// Webhooks that the shop took, by its metrics: with news, or with what the provider's answer had told already.
fn webhooks_taken(operators: SocketAddr) -> u64 {
    let page = call(operators, "GET", "/metrics", "", "", "").unwrap();
    let taken = |line: &&str| {
        ["taken", "repeated"].iter().any(|outcome| {
            line.starts_with(&format!(r#"mainstay_payments_webhooks_total{{outcome="{outcome}","#))
        })
    };
    let lines: Vec<&str> = page.body.as_str().unwrap().lines().filter(taken).collect();
    assert_eq!(lines.len(), 2, "both outcomes are counted");
    lines.iter().map(|line| line.split(' ').nth(1).unwrap().parse::<u64>().unwrap()).sum()
}
