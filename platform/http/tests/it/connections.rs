//! Connections over real sockets: slow ones, broken ones, long ones, and both protocols.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mainstay_core::Stopwatch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::site::{Answer, PARSER_S_WORDS, Site};

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Reads until the other side closes.
async fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads one answer with a declared length.
async fn read_answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4_096];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "closed after {text:?}");
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() >= length.parse::<usize>().unwrap() {
                return text;
            }
        }
    }
}

#[tokio::test]
async fn one_connection_serves_many_requests_and_pipelined_ones() {
    let site = Site::new();
    let listening = site.listen().await;
    let mut stream = connect(listening.address).await;
    for _ in 0..50 {
        stream.write_all(b"GET /v1/hello HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert!(read_answer(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
    }
    let last = "GET /v1/hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let pipelined = format!("{}{last}", "GET /v1/hello HTTP/1.1\r\nhost: x\r\n\r\n".repeat(9));
    stream.write_all(pipelined.as_bytes()).await.unwrap();
    assert_eq!(read_all(&mut stream).await.matches("HTTP/1.1 200 OK").count(), 10);
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn a_head_that_never_ends_and_an_idle_connection_are_closed() {
    let site = Site::with(|options| options.header_timeout_ms = 150);
    let listening = site.listen().await;
    let mut never = connect(listening.address).await;
    let mut idle = connect(listening.address).await;
    let mut drips = connect(listening.address).await;
    let mut silent = connect(listening.address).await;
    let mut second = connect(listening.address).await;
    let watch = Stopwatch::start();
    never.write_all(b"GET /v1/hello HTTP/1.1\r\nhost: x\r\nx-").await.unwrap();
    idle.write_all(b"GET /v1/hello HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(read_answer(&mut idle).await.contains("200 OK"));
    drips.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let dripping = async {
        // Each byte comes in time; the head as a whole does not.
        while drips.write_all(b"x-a: b\r\n").await.is_ok() {
            mainstay_core::Clock::system().sleep(Duration::from_millis(20)).await;
        }
    };
    // The second head of a connection, one that looks like HTTP/2 for as long as it goes, and nothing at all.
    second.write_all(b"GET /v1/hello HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(read_answer(&mut second).await.contains("200 OK"));
    second.write_all(b"GET /v1/he").await.unwrap();
    let mut doubtful = connect(listening.address).await;
    doubtful.write_all(b"PRI").await.unwrap();
    let mut frames = connect(listening.address).await;
    frames.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let (never, second, idle, silent, doubtful, frames, ()) = tokio::join!(
        read_all(&mut never),
        read_all(&mut second),
        read_all(&mut idle),
        read_all(&mut silent),
        read_all(&mut doubtful),
        read_all(&mut frames),
        dripping
    );
    for late in [never, second] {
        assert!(late.starts_with("HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ndate: "), "{late}");
        let (head, body) = late.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("content-type: application/problem+json"), "{head}");
        let problem: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!((&problem["code"], &problem["status"]), (&"http.head_too_slow".into(), &408.into()));
    }
    assert_eq!((&*idle, &*silent, &*doubtful), ("", "", ""));
    assert!(!frames.is_empty() && !frames.contains("408"), "{frames:?}");
    assert!(watch.elapsed() < Duration::from_secs(5), "{:?}", watch.elapsed());
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn heads_that_are_too_large_or_no_http_are_refused() {
    let site = Site::new();
    let listening = site.listen().await;
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-a: b\r\n".repeat(200));
    // As much as is read of a head and not a byte more: of bytes that nobody reads a reset would tell, before the answer.
    let all_of = |begun: &str| format!("{begun}{}", "y".repeat(32 * 1_024 - begun.len()));
    let long = all_of("GET / HTTP/1.1\r\nhost: x\r\nx-long: ");
    let address = all_of("GET /");
    let hello = "GET /v1/hello HTTP/1.1\r\nhost: x\r\n\r\n";
    for (head, status, code) in [
        (many.as_str(), 431, "http.head_too_large"),
        (long.as_str(), 431, "http.head_too_large"),
        (address.as_str(), 431, "http.head_too_large"),
        ("not http at all\r\n\r\n", 400, "http.head_malformed"),
        ("GET / HTTP/1.0\r\nhost: x\r\nbad header\r\n\r\n", 400, "http.head_malformed"),
        (
            "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
            400,
            "http.head_malformed",
        ),
        (
            "POST /v1/orders HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            415,
            "http.media_type",
        ),
    ] {
        // On a connection that is new, and on one that has been used.
        for used in [false, true] {
            let mut stream = connect(listening.address).await;
            if used {
                stream.write_all(hello.as_bytes()).await.unwrap();
                assert!(read_answer(&mut stream).await.contains("200 OK"));
            }
            stream.write_all(head.as_bytes()).await.unwrap();
            let answer = read_all(&mut stream).await;
            let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{head}: {answer}"));
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
            for line in
                ["content-type: application/problem+json", "x-content-type-options: nosniff", "date: "]
            {
                assert!(head.contains(line), "{line}: {head}");
            }
            assert!(head.contains(&format!("content-length: {}", body.len())), "{answer}");
            assert_eq!(head.matches("content-length").count(), 1, "{head}");
            let problem: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!((&problem["code"], &problem["status"]), (&code.into(), &status.into()));
            let trace = problem["trace"].as_str().unwrap();
            assert!(head.contains(&format!("mainstay-trace: {trace}")), "{answer}");
        }
    }
    assert_eq!(site.get("/v1/hello").await.status.as_u16(), 200);
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn a_body_that_says_what_the_parser_would_is_left_alone() {
    let site = Site::new();
    let listening = site.listen().await;
    let mut stream = connect(listening.address).await;
    let head = b"GET /v1/parser-s-words HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let answer = read_all(&mut stream).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(body, PARSER_S_WORDS.repeat(3));
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn an_oversized_body_is_refused_before_it_is_sent() {
    let site = Site::new();
    let listening = site.listen().await;
    let mut stream = connect(listening.address).await;
    let head = "POST /v1/orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read_all(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("http.body_too_large"));
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn a_caller_who_hangs_up_ends_the_handler() {
    let site = Site::new();
    let listening = site.listen().await;
    let mut stream = connect(listening.address).await;
    stream.write_all(b"GET /v1/wait HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    site.gate.reached(&site.gate.entered, 1).await;
    drop(stream);
    site.gate.reached(&site.gate.left_unanswered, 1).await;
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn a_caller_who_does_not_read_is_cut_off_and_a_slow_one_is_not() {
    let site = Site::with(|options| options.write_timeout_ms = 1_000);
    let listening = site.listen().await;
    let ask = b"GET /v1/large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut slow = connect(listening.address).await;
    slow.write_all(ask).await.unwrap();
    let mut deaf = connect(listening.address).await;
    deaf.write_all(ask).await.unwrap();
    // Takes longer in all than the patience, but never stops for as long.
    let clock = mainstay_core::Clock::system();
    let (mut taken, mut buffer) = (0, vec![0; 256 * 1_024]);
    loop {
        let count = slow.read(&mut buffer).await.unwrap();
        taken += count;
        if count == 0 {
            break;
        }
        clock.sleep(Duration::from_millis(10)).await;
    }
    assert!(taken > 64 * 1_024 * 1_024, "{taken}");
    clock.sleep(Duration::from_millis(1_250)).await;
    let mut got = 0;
    let end = loop {
        match deaf.read(&mut buffer).await {
            Ok(count @ 1..) => got += count,
            end => break end,
        }
    };
    assert!(got < 64 * 1_024 * 1_024, "it was cut");
    let kind = end.map_err(|error| error.kind());
    assert_eq!(kind, Err(std::io::ErrorKind::ConnectionReset), "nothing is kept to be sent");
    assert_eq!(listening.stop().await.cut, 0, "and holds no place");
}

#[tokio::test]
async fn http_2_is_spoken_with_prior_knowledge() {
    let site = Site::new();
    let listening = site.listen().await;
    let io = TokioIo::new(connect(listening.address).await);
    let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    let running = site.tasks.spawn("test.client", connection);
    let calls = (0..100).map(|_| {
        let mut sender = sender.clone();
        async move {
            let request = Request::get("http://x/v1/hello").body(Body::empty()).unwrap();
            let response = sender.send_request(request).await.unwrap();
            assert_eq!(response.version(), Version::HTTP_2);
            Answer::of(response).await
        }
    });
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.json()["hello"] == "world"));
    drop(sender);
    assert!(running.join().await.unwrap().is_ok());
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn a_head_that_is_too_large_over_http2_is_refused_and_the_connection_goes_on() {
    let site = Site::new();
    let listening = site.listen().await;
    let io = TokioIo::new(connect(listening.address).await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    let running = site.tasks.spawn("test.client", connection);
    for (bytes, status) in [(30_000, 200), (40_000, 431), (30_000, 200)] {
        let request = Request::get("http://x/v1/hello").header("x-long", "y".repeat(bytes));
        let response = sender.send_request(request.body(Body::empty()).unwrap()).await.unwrap();
        let answer = Answer::of(response).await;
        if status == 200 {
            assert_eq!(answer.status, 200);
        } else {
            answer.problem(status, "http.head_too_large");
        }
    }
    drop(sender);
    assert!(running.join().await.unwrap().is_ok());
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn a_connection_too_many_waits_for_its_turn() {
    let site = Site::with(|options| options.connections_max = 1);
    let listening = site.listen().await;
    let mut first = connect(listening.address).await;
    first.write_all(b"GET /v1/hello HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    read_answer(&mut first).await;
    let mut second = connect(listening.address).await;
    second.write_all(b"GET /v1/hello HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let early =
        mainstay_core::Clock::system().timeout(Duration::from_millis(100), read_answer(&mut second)).await;
    assert!(early.is_err());
    drop(first);
    assert!(read_answer(&mut second).await.contains("200 OK"));
    drop(second);
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let site = Site::new();
    let listening = site.listen().await;
    let taken = Site::with(|options| options.listen = listening.address);
    let error = taken.app.clone().bind().await.map(drop).unwrap_err();
    assert!(error.is(&mainstay_http::codes::NOT_LISTENING));
    assert!(error.message().contains(&listening.address.to_string()), "{error}");
    assert_eq!(listening.stop().await.cut, 0);
}
