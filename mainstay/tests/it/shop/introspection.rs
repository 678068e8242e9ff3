//! What a running shop tells its operators about itself, and what the doctor makes of it.

use std::process::Command;
use std::time::Duration;

use mainstay_ports::free_address;
use serde_json::{Value, json};

use super::books::Books;
use super::client::Client;
use super::goods::variants;
use super::world::World;

const PATIENCE: Duration = Duration::from_secs(20);

async fn rows(operator: &mut Client, path: &str) -> Vec<Value> {
    let answer = operator.get(path).await.unwrap().expect(200);
    answer["rows"].as_array().cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_runs_consumers_leases_limits_and_settings_and_nothing_that_buyers_wrote() {
    let admin = free_address();
    let world = World::single(&[&format!("http.admin.listen={admin}")]).await;
    let mut guest = world.buyer();
    let cart = guest.filled_cart(&[(&variants()[0], 1)], "tok_ok").await.unwrap();
    guest.check_out(&cart, "key").await.unwrap().expect(201);
    Books::settle(&world.data(), PATIENCE).await;
    let mut operator = Client::new(admin);

    let runs = rows(&mut operator, "/v1/sagas?state=all&service=shop/orders").await;
    assert_eq!(
        (runs.len(), &runs[0]["state"], &runs[0]["saga"]),
        (1, &json!("done"), &json!("shop.checkout"))
    );
    let path = format!("/v1/sagas/shop.orders/{}", runs[0]["run"].as_str().unwrap());
    let run = operator.get(&path).await.unwrap().expect(200);
    let steps: Vec<&str> =
        run["steps"].as_array().unwrap().iter().filter_map(|step| step["step"].as_str()).collect();
    for step in ["fix_prices", "reserve", "authorise", "commit_stock", "place", "capture", "notify"] {
        assert!(steps.contains(&step), "{steps:?}");
    }
    let shown = run.to_string();
    for secret in ["ada@home.example", "Ada Marlow", "1 High Street", "tok_ok"] {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
    assert!(shown.contains("\"output\":{"), "{shown}");

    let consumers = rows(&mut operator, "/v1/events").await;
    assert!(consumers.iter().any(|row| row["source"] == "shop.orders" && row["lag"] == 0), "{consumers:?}");
    let leases = rows(&mut operator, "/v1/leases").await;
    assert!(leases.iter().any(|row| row["service"] == "shop.orders" && row["held"] == true), "{leases:?}");
    let limits = rows(&mut operator, "/v1/limits").await;
    assert!(limits.iter().any(|row| row["most"] == 1024 && row["used"].is_number()), "{limits:?}");
    let settings = rows(&mut operator, "/v1/configuration").await;
    let listen = settings.iter().find(|row| row["key"] == "http.admin.listen").unwrap();
    assert_eq!(listen["source"], "flag");
    let statements = rows(&mut operator, "/v1/statements").await;
    assert!(statements.iter().any(|row| row["plan"].as_str().is_some_and(|plan| plan.contains("USING"))));
    let services = operator.get("/v1/services").await.unwrap().expect(200);
    assert_eq!(services["health"]["status"], "ready");
    assert!(services["services"].as_array().unwrap().len() >= 9);
    rows(&mut operator, "/v1/jobs").await;
    rows(&mut operator, "/v1/schedules").await;
    for (path, status) in [
        ("/v1/sagas/shop.orders/run_00000000000000000000000000", 404),
        ("/v1/sagas?service=shop/nothing", 404),
        ("/v1/sagas?state=odd", 400),
        ("/v1/events/shop.orders/nobody/keys", 404),
    ] {
        assert_eq!(operator.get(path).await.unwrap().status, status, "{path}");
    }
    // The public has no such addresses.
    for path in ["/v1/sagas", "/v1/events", "/v1/leases", "/v1/limits", "/v1/configuration", "/v1/statements"]
    {
        assert_eq!(guest.client.get(path).await.unwrap().status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_has_evidence_for_each_line_and_ends_with_the_worst() {
    let admin = free_address();
    let world = World::single(&[&format!("http.admin.listen={admin}")]).await;
    let public = world.address();
    let program = world.program.clone();
    let data = world.data();
    let examine = tokio::task::spawn_blocking(move || {
        Command::new(program)
            .args(["doctor", "--json", "--at", &public.to_string(), "--operators", &admin.to_string()])
            .args(["--data", &data.display().to_string()])
            .output()
            .unwrap()
    });
    let output = examine.await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 15, "{text}");
    let verdict = |check: &str| lines.iter().find(|line| line["check"] == check).unwrap()["verdict"].clone();
    assert_eq!(verdict("health endpoints"), "good", "{text}");
    assert_eq!(verdict("pools"), "good", "{text}");
    assert_ne!(verdict("indexes behind every frequent query"), "not_checked", "{text}");
    assert_eq!(verdict("request time-outs"), "not_checked", "{text}");
    assert!(
        lines.iter().all(|line| line["evidence"].as_str().is_some_and(|words| !words.is_empty())),
        "{text}"
    );
    let worst = if text.contains("\"bad\"") { 2 } else { i32::from(text.contains("\"look\"")) };
    assert_eq!(output.status.code(), Some(worst), "{text}");
}
