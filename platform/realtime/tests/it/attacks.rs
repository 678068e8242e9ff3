//! Bytes that no client would send, and clients that do not read.

use mainstay_realtime::Options;

use crate::world::{FACTS, Raw, STATE, World, customer, frame};

#[tokio::test]
async fn broken_frames_end_their_connection_and_no_other() {
    let world = World::start().await;
    let mut witness = world.connect(None).await;
    witness.follow("state:a", None).await;
    let mut giant = vec![0x81, 0xFF];
    giant.extend(u64::from(u32::MAX).to_be_bytes());
    giant.extend([0; 4]);
    let bomb = frame(0xC1, &[0xAB; 100]);
    for (what, bytes, code) in [
        ("a giant frame", giant, 1009),
        (
            "a message in pieces that is a giant",
            [frame(0x01, &[b'a'; 4_000]), frame(0x00, &[b'a'; 4_000])].concat(),
            1009,
        ),
        ("a compressed frame", bomb, 1002),
        ("a ping in pieces", frame(0x09, b"a"), 1002),
        ("a ping with too much", frame(0x89, &[0; 126]), 1002),
        ("bad UTF-8", frame(0x81, &[0xF0, 0x28, 0x8C, 0xBC]), 1007),
        ("binary", frame(0x82, &[1, 2, 3]), 1003),
        ("an unmasked frame", vec![0x81, 0x01, b'a', 0, 0, 0], 1002),
        ("HTTP", b"GET /live HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(), 1002),
        ("a normal close", frame(0x88, &[0x03, 0xE8]), 1000),
    ] {
        let mut raw = Raw::open(&world).await;
        raw.send(&bytes).await;
        assert_eq!(raw.closed().await, code, "{what}");
    }
    world.tell(STATE, "a", "1").await;
    assert_eq!(witness.next().await["data"], 1);
}

#[tokio::test]
async fn a_storm_of_messages_ends_its_connection() {
    let world = World::start().await;
    for message in
        [frame(0x81, br#"{"subscribe":"state:a"}"#), frame(0x89, b""), frame(0x81, b""), frame(0x01, b"")]
    {
        let mut raw = Raw::open(&world).await;
        // Empty pieces of one message count as well as whole ones.
        let mut storm = message.clone();
        let again = if message[0] == 0x01 { frame(0x00, b"") } else { message };
        (0..2_000).for_each(|_| storm.extend_from_slice(&again));
        raw.send(&storm).await;
        assert_eq!(raw.closed().await, 1008);
    }
    world.until("all are gone", || world.metric("mainstay_realtime_subscriptions") == 0.0).await;
}

#[tokio::test]
async fn a_subscriber_that_never_reads_is_let_go_and_holds_nobody_up() {
    let world = World::start().await;
    let (slow_token, quick_token) = (customer(1), customer(2));
    let mut slow = world.connect(Some(&slow_token)).await;
    let mut quick = world.connect(Some(&quick_token)).await;
    slow.follow("facts:mine", None).await;
    quick.follow("facts:mine", None).await;
    // What two sockets buffer is a few megabytes at most.
    let data = format!("\"{}\"", "x".repeat(16_000));
    let mut last = 0;
    for _ in 0..1_500 {
        last = world.tell(FACTS, "mine", &data).await;
        assert_eq!(quick.next_of("message").await["position"], last);
    }
    // Now it reads, and finds that it was let go; what it missed it is not given in part.
    let mut position = 0;
    let code = loop {
        match slow.frame().await.expect("a farewell") {
            tokio_tungstenite::tungstenite::Message::Text(text) => {
                let said: serde_json::Value = serde_json::from_str(text.as_str()).unwrap();
                if said["type"] == "message" {
                    let next = said["position"].as_i64().unwrap();
                    assert_eq!(next, position + 1);
                    position = next;
                }
            }
            tokio_tungstenite::tungstenite::Message::Close(Some(close)) => break u16::from(close.code),
            _ => {}
        }
    };
    assert_eq!(code, 4008);
    assert!(position < last);
}

#[tokio::test]
async fn a_slow_reader_of_states_goes_on_with_the_newest() {
    let world = World::start().await;
    let (mut slow, mut quick) = (world.connect(None).await, world.connect(None).await);
    slow.follow("state:a", None).await;
    quick.follow("state:a", None).await;
    let filling = "x".repeat(16_000);
    let mut last = 0;
    for _ in 0..1_500 {
        last = world.tell(STATE, "a", &format!("\"{filling}\"")).await;
        assert_eq!(quick.next_of("message").await["position"], last);
    }
    let mut positions = Vec::new();
    while positions.last() != Some(&last) {
        positions.push(slow.next_of("message").await["position"].as_i64().unwrap());
    }
    assert!(positions.len() < 1_500, "nothing was left out");
    assert!(positions.is_sorted());
    assert!(world.metric("mainstay_realtime_conflated_total") >= 1.0);
}

#[tokio::test]
async fn a_handshake_that_is_none_is_refused() {
    let world = World::with(Options::default()).await;
    for (headers, status) in [
        ("upgrade: websocket\r\n", "400"),
        ("upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 8\r\n", "400"),
        (
            "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: short\r\n",
            "400",
        ),
        ("upgrade: h2c\r\nconnection: upgrade\r\n", "400"),
    ] {
        use tokio::io::AsyncWriteExt;
        let mut raw = Raw(tokio::net::TcpStream::connect(world.address).await.unwrap());
        raw.0.write_all(format!("GET /live HTTP/1.1\r\nhost: x\r\n{headers}\r\n").as_bytes()).await.unwrap();
        let head = raw.head().await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{headers}: {head}");
    }
    assert_eq!(world.hub.connections(), 0);
}
