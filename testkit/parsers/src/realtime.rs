//! What a client says over a WebSocket or in the address of an event stream.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use mainstay_realtime::RoomName;
use mainstay_realtime::codes::Close;
use mainstay_realtime::parsers::{Asked, Decoder, Event, answer, rooms};

use crate::choose;

/// The largest message; small, so that inputs get beyond it.
const MESSAGE_MAX: usize = 300;

pub fn feed(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes, 4) else { return };
    if choice == 0 {
        return frames(rest);
    }
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match choice {
        1 => asked(text),
        2 => names(text),
        _ => handshake(text),
    }
}

fn decode(bytes: &[u8], piece: usize) -> (Vec<Event>, Option<Close>) {
    let mut decoder = Decoder::new(MESSAGE_MAX);
    let mut events = Vec::new();
    for mut input in bytes.chunks(piece) {
        while !input.is_empty() {
            let before = input.len();
            match decoder.next(&mut input) {
                Ok(event) => events.extend(event),
                Err(close) => return (events, Some(close)),
            }
            assert!(input.len() < before, "the decoder takes nothing and would be asked for ever");
        }
    }
    (events, None)
}

/// Frames are the same in whatever pieces they arrive, and none is larger than its bound.
fn frames(bytes: &[u8]) {
    let Some((&piece, stream)) = bytes.split_first() else { return };
    let whole = decode(stream, usize::MAX);
    for event in &whole.0 {
        match event {
            Event::Text(text) => assert!(text.len() <= MESSAGE_MAX),
            Event::Ping(payload) => assert!(payload.len() <= 125),
            Event::Close(code) => assert!(code.is_none_or(|code| (1000..5000).contains(&code))),
            Event::Pong => {}
        }
    }
    assert_eq!(decode(stream, usize::from(piece % 16) + 1), whole);
    assert_eq!(decode(stream, 1), whole);
}

fn asked(text: &str) {
    let Ok(asked) = Asked::parse(text) else { return };
    let written = match &asked {
        Asked::Subscribe { room, after: None } => format!(r#"{{"subscribe":"{room}"}}"#),
        Asked::Subscribe { room, after: Some(after) } => {
            assert!(after.0 >= 0);
            format!(r#"{{"subscribe":"{room}","after":{after}}}"#)
        }
        Asked::Unsubscribe { room } => format!(r#"{{"unsubscribe":"{room}"}}"#),
    };
    assert_eq!(Asked::parse(&written).ok(), Some(asked));
}

fn names(text: &str) {
    if let Ok(room) = text.parse::<RoomName>() {
        assert_eq!(room.as_str(), text);
        assert_eq!(RoomName::new(room.kind(), room.key()).ok(), Some(room));
    }
    if let Ok(rooms) = rooms(text) {
        let written = rooms.iter().map(RoomName::as_str).collect::<Vec<_>>().join(",");
        assert_eq!(written, text);
    }
}

/// Headers, one a line.
fn handshake(text: &str) {
    let headers: HeaderMap = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, HeaderValue::from_str(value.trim()).ok()?))
        })
        .collect();
    if let Ok(response) = answer(&Method::GET, Version::HTTP_11, &headers) {
        assert_eq!(response.headers()["sec-websocket-accept"].len(), 28);
        assert_eq!(headers["sec-websocket-key"].len(), 24);
    }
}
