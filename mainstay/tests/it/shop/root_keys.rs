//! The root key replaced beside a shop that sells, in one process and in two, and the old one dropped.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use mainstay_core::Clock;
use mainstay_host::service_keys;
use mainstay_identity::AnonymousSessions;
use mainstay_secrets::RootKey;
use serde_json::Value;

use super::books::Books;
use super::buyer::Buyer;
use super::client::spawn;
use super::goods::variants;
use super::provider::decide;
use super::world::{Topology, World};
use crate::process::run;

const PATIENCE: Duration = Duration::from_secs(30);

/// Looked at so often before a test gives up: twenty seconds.
const LOOKS: usize = 100;

fn file(world: &World) -> PathBuf {
    world.data().join("keys/root")
}

fn root(world: &World) -> RootKey {
    RootKey::open(&file(world), Clock::system().now()).unwrap()
}

fn command(world: &World, words: &[&str]) -> Output {
    let output = run(world.data().parent().unwrap(), words);
    let told = [&output.stdout[..], &output.stderr].concat();
    for key in fs::read_to_string(file(world)).unwrap().split_whitespace().filter(|word| word.len() > 60) {
        assert!(!String::from_utf8_lossy(&told).contains(key), "a root key was printed");
    }
    output
}

fn succeeds(world: &World, words: &[&str]) -> String {
    let output = command(world, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn refused(world: &World, words: &[&str]) -> String {
    let output = command(world, words);
    assert!(!output.status.success(), "{words:?}");
    String::from_utf8(output.stderr).unwrap()
}

async fn pause() {
    Clock::system().sleep(Duration::from_millis(200)).await;
}

/// Waits until new visitors get tokens of this key alone: until the process uses it.
async fn used_by(world: &World, others: &[String]) {
    let clock = Clock::system();
    for _ in 0..LOOKS {
        let only = others.iter().fold(root(world), |root, other| root.without(other, clock.now()).unwrap());
        let mut visitor = world.buyer();
        visitor.cart().await.unwrap();
        let token = visitor.client.bearer.unwrap();
        if AnonymousSessions::new(&only).verify(&token, &clock).is_ok() {
            return;
        }
        pause().await;
    }
    panic!("the new root key is not used");
}

/// Buys one piece; why it did not work.
async fn buy(buyer: &mut Buyer, variant: &str, key: &str) -> Result<(), String> {
    let cart = buyer.filled_cart(&[(variant, 1)], "tok_ok").await?;
    let answer = buyer.check_out(&cart, key).await?;
    if answer.status == 201 { Ok(()) } else { Err(format!("{}: {}", answer.status, answer.body)) }
}

/// A payment that the shop learns of by a webhook.
async fn buy_with_challenge(world: &World, key: &str) {
    let mut buyer = world.buyer();
    let cart = buyer.filled_cart(&[(&variants()[0], 1)], "tok_challenge").await.unwrap();
    let pending = buyer.check_out(&cart, key).await.unwrap().expect(202);
    assert_eq!(decide(pending["challenge_url"].as_str().unwrap(), "pass").await, 200);
    buyer.settled(pending["id"].as_str().unwrap()).await.unwrap().expect(200);
}

async fn root_key_check(world: &World) -> Value {
    let probe = world.buyer().client.get("/readyz").await.unwrap();
    assert_eq!(probe.status, 200, "a root key's file takes nobody out of service");
    let checks = probe.body["checks"].as_array().unwrap().clone();
    checks.into_iter().find(|check| check["name"] == "root key").unwrap()
}

fn whole(world: &World) {
    let verified = succeeds(world, &["audit", "verify", "--json"]);
    assert_eq!(verified.matches("\"whole\"").count(), verified.lines().count(), "{verified}");
}

async fn replaced_under_load(topology: Topology) {
    let world = World::open(topology, &[]).await;
    let old = root(&world).shown()[0].id.clone();
    let mut guest = world.buyer();
    let cart = guest.cart().await.unwrap();
    guest.add(&cart, &variants()[1], 1).await.unwrap().expect(200);
    let mut staff = world.staff().await;

    let (ended, bought) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let buyers: Vec<_> = (0..3)
        .map(|number| {
            let (address, ended, bought) = (world.address(), Arc::clone(&ended), Arc::clone(&bought));
            spawn(async move {
                let mut round = 0;
                while !ended.load(Ordering::Relaxed) {
                    let variant = &variants()[2 + number];
                    buy(&mut Buyer::new(address), variant, &format!("{number}-{round}")).await?;
                    bought.fetch_add(1, Ordering::Relaxed);
                    round += 1;
                    pause().await;
                }
                Ok::<(), String>(())
            })
        })
        .collect();
    let new = succeeds(&world, &["keys", "root", "rotate", "--after", "5"]);
    let again = refused(&world, &["keys", "root", "rotate"]);
    assert!(again.contains("waits already"), "{again}");
    assert!(refused(&world, &["keys", "root", "drop", &old]).contains("in use"));
    used_by(&world, std::slice::from_ref(&old)).await;
    let before = bought.load(Ordering::Relaxed);
    buy_with_challenge(&world, "challenge").await;
    for _ in 0..LOOKS {
        if bought.load(Ordering::Relaxed) > before + 3 {
            break;
        }
        pause().await;
    }
    ended.store(true, Ordering::Relaxed);
    for buyer in buyers {
        buyer.await.unwrap().unwrap();
    }
    assert!(bought.load(Ordering::Relaxed) > before, "nobody bought with the new key");

    // Who came before is still known, and what was written before is still whole.
    guest.client.get(&format!("/v1/carts/{cart}")).await.unwrap().expect(200);
    staff.client.get("/v1/reports/sales").await.unwrap().expect(200);
    let listed = succeeds(&world, &["keys", "root", "list", "--json"]);
    assert!(
        listed.contains(&format!("\"key\":\"{new}\"")) && listed.contains("\"state\":\"in use\""),
        "{listed}"
    );
    let kept = refused(&world, &["keys", "root", "drop", &old, "--end-sessions"]);
    assert!(kept.contains("tokens between services"), "{kept}");
    Books::settle(&world.data(), PATIENCE).await;
    whole(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_root_key_is_replaced_while_one_process_sells() {
    replaced_under_load(Topology::One).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_root_key_is_replaced_while_two_processes_sell() {
    replaced_under_load(Topology::Split).await;
}

/// A new key that has been in use for so long.
fn add_long_ago(world: &World, seconds: u64) {
    let now = Clock::system().now();
    root(world).add(now - Duration::from_secs(seconds), now).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_root_key_is_dropped_when_nothing_is_left_of_it_and_a_killed_drop_is_asked_again() {
    let mut world = World::open(Topology::Split, &[]).await;
    let old = root(&world).shown()[0].id.clone();
    let mut guest = world.buyer();
    let cart = guest.cart().await.unwrap();
    let mut staff = world.staff().await;
    let (email, password) = (mainstay::shop::demo::LOGINS[0].email, mainstay::shop::demo::LOGINS[0].password);
    let login = serde_json::json!({"email": email, "password": password});
    let tokens = world.buyer().client.post("/v1/tokens", &login).await.unwrap().expect(201);

    add_long_ago(&world, 300);
    used_by(&world, std::slice::from_ref(&old)).await;
    let kept = refused(&world, &["keys", "root", "drop", &old]);
    assert!(kept.contains("sessions of visitors") && kept.contains("--end-sessions"), "{kept}");

    // Killed after the first service was sealed anew: everything goes on with both keys.
    let sealed = root(&world);
    let database = mainstay::engines::all()
        .open_database(
            &format!("sqlite:{}", world.data().display()),
            "shop.auth",
            &Clock::system(),
            &mainstay_sql::Metrics::unregistered(),
        )
        .unwrap();
    let ctx = mainstay_core::Context::background("mainstay.operator");
    let keys =
        shop_auth::SigningKeys::new(database.clone(), service_keys(&sealed, "shop.auth"), Clock::system());
    assert_eq!(keys.seal_anew(&ctx).await.unwrap(), 1);
    database.close().await;
    world.restart().await;
    guest = guest.another_tab(world.address());
    guest.client.get(&format!("/v1/carts/{cart}")).await.unwrap().expect(200);

    succeeds(&world, &["keys", "root", "drop", &old, "--end-sessions"]);
    assert_eq!(root(&world).shown().len(), 1);
    // The visitor of before is nobody any more, as soon as the process has looked.
    let mut gone = false;
    for _ in 0..LOOKS {
        gone = guest.client.get(&format!("/v1/carts/{cart}")).await.unwrap().status != 200;
        if gone {
            break;
        }
        pause().await;
    }
    assert!(gone, "a session of a dropped key holds");
    // Whoever logged in is somebody, and what was sealed opens: also in processes that know the new key alone.
    for restarted in [false, true] {
        if restarted {
            world.restart().await;
        }
        staff = staff.another_tab(world.address());
        staff.client.get("/v1/reports/sales").await.unwrap().expect(200);
        let mut program = world.buyer();
        program.client.bearer = tokens["access_token"].as_str().map(str::to_owned);
        program.client.get("/v1/addresses").await.unwrap().expect(200);
        buy_with_challenge(&world, &format!("after-{restarted}")).await;
        whole(&world);
    }
    succeeds(&world, &["keys", "rotate"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_keys_file_that_cannot_be_used_is_told_and_harms_nobody() {
    let mut world = World::single(&[]).await;
    assert_eq!(root_key_check(&world).await["ok"], true);
    let (path, whole) = (file(&world), fs::read(file(&world)).unwrap());
    for (spoil, code) in [
        (
            (|path| fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap()) as fn(&PathBuf),
            "mode 644",
        ),
        (|path| fs::write(path, "mainstay-root-1 00\n").unwrap(), "not a whole root key"),
    ] {
        spoil(&path);
        let mut told = Value::Null;
        for _ in 0..LOOKS {
            told = root_key_check(&world).await;
            if told["ok"] == false {
                break;
            }
            pause().await;
        }
        assert_eq!(told["ok"], false, "{code}");
        assert!(!told["message"].as_str().unwrap().contains("data"), "the probe tells where it lies: {told}");
        buy(&mut world.buyer(), &variants()[0], &code.replace(' ', "-")).await.unwrap();
        fs::write(&path, &whole).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        for _ in 0..LOOKS {
            if root_key_check(&world).await["ok"] == true {
                break;
            }
            pause().await;
        }
        assert_eq!(root_key_check(&world).await["ok"], true);
    }
    world.stop();
    let log = world.shop.told();
    for code in ["mode 644", "not a whole root key", "can be used again"] {
        assert!(log.contains(code), "the log does not say: {code}");
    }
    let key = String::from_utf8(whole).unwrap();
    assert!(!log.contains(key.split_whitespace().nth(1).unwrap()), "a root key was logged");
}
