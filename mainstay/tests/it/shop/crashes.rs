//! The process dies, at every commit of a checkout and at random under load.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use mainstay_core::Clock;

use super::books::Books;
use super::client::spawn;
use super::goods::variants;
use super::world::World;

const PATIENCE: Duration = Duration::from_secs(60);
/// A checkout and what follows it makes about forty commits; past this nothing of it can be left.
const COMMITS_TRIED_MAX: u64 = 120;

// The same shop in a program that aborts at a commit of our choice. It is another package's, so it is built here.
fn crashbox(world: &World) -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "crashbox"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success(), "crashbox cannot be built");
    world.program.with_file_name("crashbox")
}

async fn every_commit(moment: &str) {
    let mut world = World::single(&[]).await;
    let crashbox = crashbox(&world);
    let variant = variants()[0].clone();
    let mut orders = 0;
    for number in 1..=COMMITS_TRIED_MAX {
        world.shop.kill();
        // A lease that is renewed is a commit too, and may be the one, before there is anybody to talk to.
        let Ok(mut fragile) = world.start_fragile(&crashbox, &format!("{moment}:{number}")) else { continue };
        let mut buyer = super::buyer::Buyer::new(fragile.address);
        let key = format!("{moment}-{number}");
        let cart = buyer.filled_cart(&[(&variant, 1)], "tok_ok").await;
        let placed = match &cart {
            Ok(cart) => buyer.check_out(cart, &key).await.ok(),
            Err(_) => None,
        };
        let clock = Clock::system();
        for _ in 0..40 {
            if fragile.has_ended() {
                break;
            }
            clock.sleep(Duration::from_millis(25)).await;
        }
        let survived = !fragile.has_ended();
        fragile.kill();
        world.restart().await;
        // Whoever got no answer asks again with the same key, and gets the truth.
        if let Ok(cart) = &cart {
            let mut again = buyer.another_tab(world.address());
            let mut answer = again.check_out(cart, &key).await.unwrap();
            for _ in 0..200 {
                if answer.status.is_success() && answer.status != 202 {
                    break;
                }
                clock.sleep(Duration::from_millis(50)).await;
                answer = again.check_out(cart, &key).await.unwrap();
            }
            assert!(answer.status.is_success(), "{moment} {number}: {} {}", answer.status, answer.body);
            if let Some(first) = placed.filter(|first| first.status == 201) {
                assert_eq!(first.body["id"], answer.body["id"]);
            }
            orders += 1;
        }
        let books = Books::settle(&world.data(), PATIENCE).await;
        assert_eq!(books.orders, orders, "{moment} {number}");
        if survived {
            assert!(number > 15, "a checkout of {number} commits was not interrupted at all");
            return;
        }
    }
    panic!("a checkout makes more than {COMMITS_TRIED_MAX} commits");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_survives_a_crash_before_each_of_its_commits() {
    every_commit("before").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_survives_a_crash_after_each_of_its_commits() {
    every_commit("after").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_by_kills_at_random_under_load() {
    let mut world = World::single(&[]).await;
    let goods = variants();
    let clock = Clock::system();
    let mut acknowledged = 0;
    for round in 0..5u64 {
        let address = world.address();
        let buying: Vec<_> = (0..16)
            .map(|number| {
                let variant = goods[number % 4].clone();
                spawn(async move {
                    let mut placed = 0;
                    for turn in 0..50 {
                        let mut buyer = super::buyer::Buyer::new(address);
                        let Ok(cart) = buyer.filled_cart(&[(&variant, 1)], "tok_ok").await else { break };
                        match buyer.check_out(&cart, &format!("{round}-{number}-{turn}")).await {
                            Ok(answer) => placed += i64::from(answer.status == 201),
                            Err(_) => break,
                        }
                    }
                    placed
                })
            })
            .collect();
        // Other moments in each round, the same ones in each run.
        clock.sleep(Duration::from_millis(300 + 170 * round)).await;
        world.restart().await;
        for buyer in buying {
            acknowledged += buyer.await.unwrap();
        }
    }
    let books = Books::settle(&world.data(), PATIENCE).await;
    assert!(
        books.orders >= acknowledged,
        "{acknowledged} orders were acknowledged, {} are there",
        books.orders
    );
    assert!(acknowledged > 0, "nothing was bought");
}
