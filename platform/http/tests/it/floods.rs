//! Floods over HTTP/2 and connections that say nothing: the connection ends or is held still, memory stays where it was,
//! and others are served.

use std::time::Duration;

use mainstay_core::Clock;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::site::{Listening, Site};
use crate::wire::{
    CONTINUATION, END_HEADERS, END_STREAM, Frames, HEADERS, PING, RST_STREAM, SETTINGS, frame, hear, hello,
    request, resident,
};

/// More than the server of such a test ever holds for one connection.
const GROWTH_MAX: usize = 48 * 1_024 * 1_024;

async fn bounded(listening: &Listening, before: usize) {
    assert!(hello(listening.address).await.contains("world"), "others are served");
    let grown = resident().saturating_sub(before);
    assert!(grown < GROWTH_MAX, "memory grew by {grown} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn rapid_resets_end_the_connection() {
    let site = Site::new();
    let listening = site.listen().await;
    let before = resident();
    let mut frames = Frames::open(listening.address).await;
    let (block, reset) = (request("/v1/wait"), 8_u32.to_be_bytes());
    let mut sent = 0;
    for number in 0..20_000_u32 {
        let stream = number * 2 + 1;
        let pair =
            [frame(HEADERS, END_HEADERS | END_STREAM, stream, &block), frame(RST_STREAM, 0, stream, &reset)]
                .concat();
        if frames.flood(&pair, 1).await == 0 {
            break;
        }
        sent += 1;
    }
    let farewell = frames.farewell().await;
    assert!(matches!(farewell, None | Some(11)), "calm down: {farewell:?} after {sent}");
    bounded(&listening, before).await;
    let entered = site.gate.entered.load(std::sync::atomic::Ordering::SeqCst);
    assert!(entered < 20_000, "{entered} handlers were begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_without_an_end_ends_the_connection() {
    let site = Site::new();
    let listening = site.listen().await;
    let before = resident();
    let mut frames = Frames::open(listening.address).await;
    frames.0.write_all(&frame(HEADERS, END_STREAM, 1, &request("/v1/hello"))).await.unwrap();
    // A header that is in no table, over and over.
    let literal = [&[0x00, 0x01, b'a', 0x7f, 0x81, 0x7e][..], &[b'b'; 16_000]].concat();
    let sent = frames.flood(&frame(CONTINUATION, 0, 1, &literal), 10_000).await;
    assert!(sent < 10_000, "all of 160 MB were taken");
    bounded(&listening, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_head_that_stands_for_a_large_one_is_refused() {
    let site = Site::new();
    let listening = site.listen().await;
    let before = resident();
    let mut frames = Frames::open(listening.address).await;
    // One header of 4,000 bytes goes into the table, and is then named 10,000 times with a byte each: 40 MB.
    let mut block = request("/v1/hello");
    block.extend_from_slice(&[0x40, 0x01, b'a', 0x7f, 0xa1, 0x1e]);
    block.extend_from_slice(&[b'b'; 4_000]);
    block.extend_from_slice(&[0xbe; 10_000]);
    for stream in 0..20_u32 {
        let bomb = frame(HEADERS, END_HEADERS | END_STREAM, stream * 2 + 1, &block);
        if frames.flood(&bomb, 1).await == 0 {
            break;
        }
    }
    bounded(&listening, before).await;
    assert_eq!(site.gate.entered.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_and_pings_without_end_are_not_kept() {
    let site = Site::with(|options| options.write_timeout_ms = 500);
    let listening = site.listen().await;
    let before = resident();
    for (kind, payload) in [(SETTINGS, &[][..]), (SETTINGS, &[0, 4, 0, 0, 255, 255]), (PING, &[7; 8])] {
        let mut frames = Frames::open(listening.address).await;
        let many = frame(kind, 0, 0, payload).repeat(1_000);
        // Nothing of what it answers is read.
        frames.flood(&many, 1_000).await;
        bounded(&listening, before).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_streams_than_agreed_are_refused() {
    let site = Site::new();
    let listening = site.listen().await;
    let mut frames = Frames::open(listening.address).await;
    // The server's word on how many it takes is heard first.
    frames.until(SETTINGS).await.unwrap();
    let block = request("/v1/wait");
    for number in 0..400_u32 {
        let ask = frame(HEADERS, END_HEADERS | END_STREAM, number * 2 + 1, &block);
        if frames.flood(&ask, 1).await == 0 {
            break;
        }
    }
    let refused = frames.until(RST_STREAM).await;
    if let Some((stream, code)) = refused {
        assert!(stream > 256 && code == 7_u32.to_be_bytes(), "stream {stream}: {code:?}");
    }
    let entered = site.gate.entered.load(std::sync::atomic::Ordering::SeqCst);
    assert!(entered <= 128, "{entered} at once");
    assert!(hello(listening.address).await.contains("world"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_is_let_go_and_others_are_served_meanwhile() {
    let site = Site::with(|options| options.header_timeout_ms = 300);
    let listening = site.listen().await;
    let before = resident();
    let mut silent = Vec::new();
    for number in 0..200 {
        let mut stream = TcpStream::connect(listening.address).await.unwrap();
        let words: &[u8] = match number % 4 {
            0 => b"",
            1 => b"P",
            2 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            _ => b"GET /v1/hello HTTP/1.1\r\nhost: x\r\nx-a: ",
        };
        stream.write_all(words).await.unwrap();
        silent.push(stream);
    }
    bounded(&listening, before).await;
    for stream in &mut silent {
        let last = hear(stream).await;
        assert!(!last.contains(" 200 "), "{last}");
    }
    assert_eq!(listening.stop().await.cut, 0, "no place is held");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_to_a_patient_reader_is_not_taken_for_silence() {
    let site = Site::with(|options| options.header_timeout_ms = 200);
    let listening = site.listen().await;
    let mut stream = TcpStream::connect(listening.address).await.unwrap();
    stream.write_all(b"GET /v1/wait HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    site.gate.reached(&site.gate.entered, 1).await;
    Clock::system().sleep(Duration::from_millis(700)).await;
    site.gate.open();
    assert!(hear(&mut stream).await.ends_with("waited"));
}
