//! WebSockets: what is followed arrives, who may not enter does not, and rights end.

use tokio_tungstenite::tungstenite::Message as Frame;

use crate::world::{FACTS, STATE, World, customer};
use mainstay_realtime::Options;

#[tokio::test]
async fn a_message_reaches_everybody_in_its_room_and_nobody_else() {
    let world = World::start().await;
    let (mut ada, mut bob) = (world.connect(None).await, world.connect(None).await);
    assert_eq!(ada.follow("state:a", None).await, 0);
    assert_eq!(bob.follow("state:b", None).await, 0);
    assert_eq!(bob.follow("state:a", None).await, 0);
    let first = world.tell(STATE, "a", r#"{"n":1}"#).await;
    let second = world.tell(STATE, "b", r#"{"n":2}"#).await;
    let seen = ada.next().await;
    assert_eq!((seen["type"].as_str(), seen["room"].as_str()), (Some("message"), Some("state:a")));
    assert_eq!((seen["position"].as_i64(), seen["data"]["n"].as_i64()), (Some(first), Some(1)));
    let mut positions = [bob.next().await, bob.next().await].map(|seen| seen["position"].as_i64().unwrap());
    positions.sort_unstable();
    assert_eq!(positions, [first, second]);

    bob.send(r#"{"unsubscribe":"state:a"}"#).await;
    assert_eq!(bob.next_of("unsubscribed").await["room"], "state:a");
    world.tell(STATE, "a", r#"{"n":3}"#).await;
    world.tell(STATE, "b", r#"{"n":4}"#).await;
    assert_eq!(bob.next().await["data"]["n"], 4);
    assert_eq!(ada.next().await["data"]["n"], 3);
    assert_eq!(world.metric("mainstay_realtime_subscriptions"), 2.0);
}

#[tokio::test]
async fn a_room_lets_in_whom_its_doorkeeper_lets_in() {
    let world = World::start().await;
    let mut buyer = world.connect(Some(&customer(1))).await;
    let mut stranger = world.connect(None).await;
    for (room, code) in [
        ("facts:mine", "core.not_found"),
        ("nothing:mine", "realtime.bad_room"),
        ("facts", "realtime.bad_room"),
    ] {
        stranger.subscribe(room, None).await;
        let refused = stranger.next().await;
        assert_eq!(
            (refused["type"].as_str(), refused["code"].as_str()),
            (Some("refused"), Some(code)),
            "{room}"
        );
        assert_eq!(refused["trace"].as_str().unwrap().len(), 32);
    }
    stranger.send("what?").await;
    assert_eq!(stranger.next().await["code"], "realtime.bad_message");
    buyer.follow("facts:mine", None).await;
    world.tell(FACTS, "mine", r#""paid""#).await;
    assert_eq!(buyer.next().await["data"], "paid");
    // The stranger is still there, and has heard nothing.
    stranger.follow("state:a", None).await;
}

#[tokio::test]
async fn a_session_that_ends_closes_its_connections_within_a_heartbeat() {
    let world = World::start().await;
    let (mut ends, mut stays) =
        (world.connect(Some(&customer(1))).await, world.connect(Some(&customer(2))).await);
    ends.follow("facts:mine", None).await;
    stays.follow("facts:mine", None).await;
    world.pass(31).await;
    stays.next_of("heartbeat").await;
    world.revoked.lock().insert(customer(1));
    world.pass(31).await;
    assert_eq!(ends.closed().await, 4001);
    drop(ends);
    world.tell(FACTS, "mine", "1").await;
    assert_eq!(stays.next_of("message").await["data"], 1);
    world.until("one connection is left", || world.hub.connections() == 1).await;
}

#[tokio::test]
async fn who_answers_no_ping_is_let_go_and_who_answers_stays() {
    let world = World::start().await;
    let mut answers = world.connect(None).await;
    answers.follow("state:a", None).await;
    let mut silent = crate::world::Raw::open(&world).await;
    silent.send(&crate::world::frame(0x81, br#"{"subscribe":"state:a"}"#)).await;
    world.until("both follow", || world.metric("mainstay_realtime_subscriptions") == 2.0).await;
    for _ in 0..110 {
        world.pass(1).await;
        // Reading answers the pings.
        while let Ok(frame) = mainstay_core::Clock::system()
            .timeout(std::time::Duration::from_millis(1), futures::StreamExt::next(&mut answers.0))
            .await
        {
            assert!(matches!(frame, Some(Ok(Frame::Ping(_) | Frame::Text(_)))), "{frame:?}");
        }
    }
    world.until("the silent one is gone", || world.hub.connections() == 1).await;
    world.tell(STATE, "a", "1").await;
    assert_eq!(answers.next_of("message").await["data"], 1);
}

#[tokio::test]
async fn when_the_process_ends_everybody_is_told_to_come_back_elsewhere() {
    let world = World::start().await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(world.connect(None).await);
    }
    clients[0].follow("state:a", None).await;
    world.shutdown.request();
    for client in &mut clients {
        assert_eq!(client.closed().await, 1001);
    }
    drop(clients);
    world.until("all have gone", || world.hub.connections() == 0).await;
    assert_eq!(world.try_connect(None, &[]).await.err(), Some(503));
}

#[tokio::test]
async fn connections_and_rooms_are_bounded() {
    let options = Options { connections_per_principal: 2, rooms_per_connection: 3, ..Options::default() };
    let world = World::with(options).await;
    let ada = customer(1);
    let mut first = world.connect(Some(&ada)).await;
    let second = world.connect(Some(&ada)).await;
    assert_eq!(world.try_connect(Some(&ada), &[]).await.err(), Some(429));
    drop(second);
    world.until("its place is free", || world.hub.connections() == 1).await;
    world.connect(Some(&ada)).await;

    for room in ["state:a", "state:b", "state:c", "state:a"] {
        first.follow(room, None).await;
    }
    first.subscribe("state:d", None).await;
    assert_eq!(first.next().await["code"], "realtime.too_many_rooms");
    first.send(r#"{"unsubscribe":"state:a"}"#).await;
    first.next_of("unsubscribed").await;
    first.follow("state:d", None).await;
}

#[tokio::test]
async fn pages_of_other_origins_may_not_connect() {
    let world =
        World::with(Options { origins: vec!["https://partner.example".into()], ..Options::default() }).await;
    let host = world.address.to_string();
    for (origin, expected) in [
        (format!("http://{host}"), None),
        ("https://partner.example".to_owned(), None),
        ("https://evil.example".to_owned(), Some(403)),
        ("null".to_owned(), Some(403)),
    ] {
        let outcome = world.try_connect(Some(&customer(1)), &[("origin", &origin)]).await;
        assert_eq!(outcome.err(), expected, "{origin}");
    }
}
