//! Coming back: what was missed is given once and in order, and what is gone is said to be gone.

use crate::world::{Client, FACTS, STATE, World, customer};
use mainstay_realtime::Options;

async fn data(client: &mut Client, count: usize) -> Vec<i64> {
    let mut seen = Vec::new();
    for _ in 0..count {
        seen.push(client.next_of("message").await["data"].as_i64().unwrap());
    }
    seen
}

#[tokio::test]
async fn what_was_missed_is_given_once_and_in_order() {
    let world = World::start().await;
    let mut client = world.connect(None).await;
    client.follow("state:a", None).await;
    let place = world.tell(STATE, "a", "1").await;
    assert_eq!(data(&mut client, 1).await, [1]);
    drop(client);
    for number in 2..=5 {
        world.tell(STATE, "a", &number.to_string()).await;
        world.tell(STATE, "b", "99").await;
    }
    let mut back = world.connect(None).await;
    assert_eq!(back.follow("state:a", Some(place)).await, place);
    assert_eq!(data(&mut back, 4).await, [2, 3, 4, 5]);
    world.tell(STATE, "a", "6").await;
    assert_eq!(data(&mut back, 1).await, [6]);
}

#[tokio::test]
async fn messages_that_arrive_while_one_comes_back_are_neither_lost_nor_doubled() {
    let world = World::start().await;
    let token = customer(1);
    let mut sent = 0;
    let mut seen = Vec::new();
    let mut place = 0;
    for _ in 0..40 {
        let mut client = world.connect(Some(&token)).await;
        client.subscribe("facts:mine", Some(place)).await;
        for _ in 0..3 {
            sent += 1;
            world.tell(FACTS, "mine", &sent.to_string()).await;
        }
        // Some are read, then the connection breaks in the middle.
        for _ in 0..2 {
            let message = client.next_of("message").await;
            place = message["position"].as_i64().unwrap();
            seen.push(message["data"].as_i64().unwrap());
        }
        drop(client);
        if sent - seen.len() as i64 >= 5 {
            let mut client = world.connect(Some(&token)).await;
            client.subscribe("facts:mine", Some(place)).await;
            while (seen.len() as i64) < sent {
                let message = client.next_of("message").await;
                place = message["position"].as_i64().unwrap();
                seen.push(message["data"].as_i64().unwrap());
            }
        }
    }
    assert_eq!(seen, (1..=seen.len() as i64).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_no_longer_kept_is_said_to_be_gone() {
    let world = World::closed(Options::default()).await;
    world.open(STATE, 1_000).await;
    for position in 1_001..=1_020 {
        world.tell_at(STATE, "a", "1", position).await;
    }
    let mut client = world.connect(None).await;
    // Before what this process knows, beyond the log's end, and more than a ring.
    for after in [999, 5_000, 1_005] {
        client.subscribe("state:a", Some(after)).await;
        if after == 5_000 {
            // It waits for a while for what another process may have read already.
            world.pass(4).await;
        }
        client.next_of("subscribed").await;
        let reset = client.next().await;
        assert_eq!(
            (reset["type"].as_str(), reset["position"].as_i64()),
            (Some("reset"), Some(1_020)),
            "{after}"
        );
    }
    assert_eq!(client.follow("state:a", Some(1_012)).await, 1_012);
    for position in 1_013..=1_020 {
        assert_eq!(client.next().await["position"], position);
    }
}

#[tokio::test]
async fn a_log_that_begins_anew_resets_its_rooms_and_goes_on() {
    let world = World::start().await;
    let mut client = world.connect(None).await;
    client.follow("state:a", None).await;
    world.tell_at(STATE, "a", "1", 100).await;
    assert_eq!(data(&mut client, 1).await, [1]);
    world.open(STATE, 50).await;
    assert_eq!(client.next().await["type"], "reset");
    world.tell_at(STATE, "a", "2", 51).await;
    assert_eq!(data(&mut client, 1).await, [2]);
}

#[tokio::test]
async fn whoever_comes_before_the_log_is_followed_waits_for_it() {
    let world = World::closed(Options::default()).await;
    let mut client = world.connect(None).await;
    client.subscribe("state:a", Some(7)).await;
    world.until("it waits", || world.manual.sleepers() >= 2).await;
    world.open(STATE, 0).await;
    for position in 1..=9 {
        world.tell_at(STATE, "a", &position.to_string(), position).await;
    }
    assert_eq!(data(&mut client, 2).await, [8, 9]);

    client.subscribe("facts:mine", None).await;
    let mut buyer = world.connect(Some(&customer(1))).await;
    buyer.subscribe("facts:mine", None).await;
    world.until("it waits", || world.manual.sleepers() >= 2).await;
    world.pass(4).await;
    let refused = buyer.next_of("refused").await;
    assert_eq!(refused["code"], "core.unavailable");
}

#[tokio::test]
async fn a_heartbeat_says_how_far_everything_was_read() {
    let world = World::start().await;
    let mut client = world.connect(Some(&customer(1))).await;
    client.follow("state:quiet", None).await;
    client.follow("facts:mine", None).await;
    let last = world.tell(STATE, "loud", "1").await;
    world.pass(31).await;
    let heartbeat = client.next_of("heartbeat").await;
    assert_eq!(heartbeat["positions"]["state"], last);
    assert_eq!(heartbeat["positions"]["facts"], 0);
}
