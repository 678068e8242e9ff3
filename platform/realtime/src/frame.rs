//! A message as it leaves: encoded once, shared by everybody who follows the room.
//!
//! What a server sends is not masked, so one encoded WebSocket frame fits all clients; no client has a copy of it, only
//! a reference. The form for server-sent events is made when somebody first asks for it.

use std::sync::OnceLock;

use bytes::{BufMut, Bytes, BytesMut};
use mainstay_events::Position;

use crate::room::RoomName;

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
const FIN: u8 = 0x80;

/// The way in which a subscriber reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    WebSocket,
    Events,
}

/// One message of one room.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) position: Position,
    socket: Bytes,
    // Where the JSON begins within `socket`.
    text_at: usize,
    events: OnceLock<Bytes>,
}

impl Frame {
    /// `data` is JSON without line breaks, as serde writes it.
    pub(crate) fn new(room: &RoomName, position: Position, data: &[u8]) -> Self {
        let head = format!(r#"{{"type":"message","room":"{room}","position":{position},"data":"#);
        let length = head.len() + data.len() + 1;
        let mut bytes = BytesMut::with_capacity(length + 10);
        header(&mut bytes, TEXT, length);
        let text_at = bytes.len();
        bytes.put_slice(head.as_bytes());
        bytes.put_slice(data);
        bytes.put_u8(b'}');
        Self { position, socket: bytes.freeze(), text_at, events: OnceLock::new() }
    }

    pub(crate) fn bytes(&self, format: Format) -> &Bytes {
        match format {
            Format::WebSocket => &self.socket,
            Format::Events => self.events.get_or_init(|| {
                let head = format!("id: {}\ndata: ", self.position);
                let text = &self.socket[self.text_at..];
                let mut bytes = BytesMut::with_capacity(head.len() + text.len() + 2);
                bytes.put_slice(head.as_bytes());
                bytes.put_slice(text);
                bytes.put_slice(b"\n\n");
                bytes.freeze()
            }),
        }
    }

    /// What it takes of the memory that a history may have.
    pub(crate) fn size(&self) -> usize {
        self.socket.len() + std::mem::size_of::<Self>()
    }
}

fn header(bytes: &mut BytesMut, opcode: u8, length: usize) {
    bytes.put_u8(FIN | opcode);
    match length {
        0..=125 => bytes.put_u8(length as u8),
        126..=0xFFFF => {
            bytes.put_u8(126);
            bytes.put_u16(length as u16);
        }
        _ => {
            bytes.put_u8(127);
            bytes.put_u64(length as u64);
        }
    }
}

fn frame(opcode: u8, payload: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(payload.len() + 10);
    header(&mut bytes, opcode, payload.len());
    bytes.put_slice(payload);
    bytes.freeze()
}

/// A text frame.
pub(crate) fn text(payload: &[u8]) -> Bytes {
    frame(TEXT, payload)
}

/// Asks for a pong, so that a peer who is gone without a word is noticed. It is the same for all.
pub(crate) fn ping() -> Bytes {
    Bytes::from_static(&[FIN | PING, 0])
}

/// Answers a ping with its own payload, which is at most 125 bytes.
pub(crate) fn pong(payload: &[u8]) -> Bytes {
    frame(PONG, payload)
}

/// Says that the connection ends, and why.
pub(crate) fn close(code: u16, reason: &str) -> Bytes {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason.as_bytes());
    frame(CLOSE, &payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_in_the_shortest_form() {
        for (length, head) in [(0, 2), (125, 2), (126, 4), (0xFFFF, 4), (0x1_0000, 10)] {
            let frame = text(&vec![b'a'; length]);
            assert_eq!(frame.len(), head + length);
        }
        assert_eq!(text(&[b'a'; 126])[..4], [0x81, 126, 0, 126]);
        assert_eq!(text(&vec![b'a'; 0x1_0000])[1], 127);
    }

    #[test]
    fn both_forms_say_the_same() {
        let room: RoomName = "stock:var_1".parse().unwrap();
        let frame = Frame::new(&room, Position(7), br#"{"available":3}"#);
        let json = r#"{"type":"message","room":"stock:var_1","position":7,"data":{"available":3}}"#;
        assert_eq!(&frame.bytes(Format::WebSocket)[2..], json.as_bytes());
        assert_eq!(&frame.bytes(Format::Events)[..], format!("id: 7\ndata: {json}\n\n").as_bytes());
    }
}
