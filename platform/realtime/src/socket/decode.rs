//! Reads the frames of a client (RFC 6455, section 5), whatever the pieces in which they arrive.
//!
//! It takes what a subscriber has to say and no more: short text messages and control frames. No extension is
//! negotiated, so every reserved bit is an error, and a compressed frame that grows when it is read cannot exist. An idle
//! connection holds no buffer.

use crate::codes::Close;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// A control frame's payload at most.
const CONTROL_BYTES_MAX: usize = 125;

/// Two bytes, eight of length, four of the mask.
const HEAD_BYTES_MAX: usize = 14;

/// What a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Text(String),
    Ping(Vec<u8>),
    Pong,
    /// The code that it gave, if any.
    Close(Option<u16>),
}

/// The place within the stream.
#[derive(Debug)]
pub struct Decoder {
    message_max: usize,
    head: [u8; HEAD_BYTES_MAX],
    head_length: u8,
    // The frame whose payload is being read.
    frame: Option<Frame>,
    // The text so far; it goes on over frames.
    message: Vec<u8>,
    in_message: bool,
    control: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    opcode: u8,
    fin: bool,
    left: usize,
    mask: [u8; 4],
    at: usize,
}

impl Decoder {
    pub fn new(message_max: usize) -> Self {
        Self {
            message_max,
            head: [0; HEAD_BYTES_MAX],
            head_length: 0,
            frame: None,
            message: Vec::new(),
            in_message: false,
            control: Vec::new(),
        }
    }

    /// Takes from `input` up to the end of a frame, and gives what that frame completes. `Ok(None)` with input left means
    /// that a frame ended which completes nothing; with none left, that more is needed.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Event>, Close> {
        if self.frame.is_none() && !self.read_head(input)? {
            return Ok(None);
        }
        let Some(frame) = &mut self.frame else { return Ok(None) };
        let (taken, rest) = input.split_at(frame.left.min(input.len()));
        *input = rest;
        let into = if frame.opcode >= CLOSE { &mut self.control } else { &mut self.message };
        let start = into.len();
        into.extend_from_slice(taken);
        for (byte, at) in into[start..].iter_mut().zip(frame.at..) {
            *byte ^= frame.mask[at % 4];
        }
        frame.at += taken.len();
        frame.left -= taken.len();
        if frame.left > 0 {
            return Ok(None);
        }
        let done = *frame;
        self.frame = None;
        self.finish(done)
    }

    /// Reads as much of a head as there is; whether it is whole.
    fn read_head(&mut self, input: &mut &[u8]) -> Result<bool, Close> {
        loop {
            let have = usize::from(self.head_length);
            let need = if have < 2 { 2 } else { head_bytes(self.head[1]) };
            if have == need {
                break;
            }
            let (taken, rest) = input.split_at((need - have).min(input.len()));
            if taken.is_empty() {
                return Ok(false);
            }
            self.head[have..have + taken.len()].copy_from_slice(taken);
            self.head_length += taken.len() as u8;
            *input = rest;
        }
        self.head_length = 0;
        self.frame = Some(self.accept()?);
        Ok(true)
    }

    /// Refuses what a client must not send, before any of its payload is kept.
    fn accept(&self) -> Result<Frame, Close> {
        let (first, second) = (self.head[0], self.head[1]);
        let (opcode, fin) = (first & 0x0F, first & FIN != 0);
        if first & RESERVED != 0 || second & MASKED == 0 {
            return Err(Close::Protocol);
        }
        let (length, extended) = match second & !MASKED {
            126 => (u64::from(u16::from_be_bytes([self.head[2], self.head[3]])), 2),
            127 => {
                let bytes: [u8; 8] = self.head[2..10].try_into().unwrap_or_default();
                (u64::from_be_bytes(bytes), 8)
            }
            short => (u64::from(short), 0),
        };
        // The shortest form is the only one.
        if (extended == 2 && length < 126) || (extended == 8 && (length <= 0xFFFF || length >> 63 != 0)) {
            return Err(Close::Protocol);
        }
        let length = usize::try_from(length).map_err(|_| Close::TooBig)?;
        match opcode {
            CONTINUATION if !self.in_message => return Err(Close::Protocol),
            TEXT | BINARY if self.in_message => return Err(Close::Protocol),
            BINARY => return Err(Close::Unsupported),
            CONTINUATION | TEXT => {
                if length > self.message_max - self.message.len() {
                    return Err(Close::TooBig);
                }
            }
            CLOSE | PING | PONG => {
                if !fin || length > CONTROL_BYTES_MAX {
                    return Err(Close::Protocol);
                }
            }
            _ => return Err(Close::Protocol),
        }
        let mask_at = 2 + extended;
        let mask = self.head[mask_at..mask_at + 4].try_into().unwrap_or_default();
        Ok(Frame { opcode, fin, left: length, mask, at: 0 })
    }

    fn finish(&mut self, frame: Frame) -> Result<Option<Event>, Close> {
        match frame.opcode {
            PING => Ok(Some(Event::Ping(std::mem::take(&mut self.control)))),
            PONG => {
                self.control = Vec::new();
                Ok(Some(Event::Pong))
            }
            CLOSE => close_code(&std::mem::take(&mut self.control)).map(|code| Some(Event::Close(code))),
            _ => {
                self.in_message = !frame.fin;
                if self.in_message {
                    return Ok(None);
                }
                let message = std::mem::take(&mut self.message);
                String::from_utf8(message).map(|text| Some(Event::Text(text))).map_err(|_| Close::NotUtf8)
            }
        }
    }
}

fn head_bytes(second: u8) -> usize {
    // Whether it is masked is checked when it is whole; an unmasked head is read as if it were.
    match second & !MASKED {
        126 => 2 + 2 + 4,
        127 => HEAD_BYTES_MAX,
        _ => 2 + 4,
    }
}

fn close_code(payload: &[u8]) -> Result<Option<u16>, Close> {
    match payload {
        [] => Ok(None),
        [_] => Err(Close::Protocol),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            let allowed = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
            if !allowed {
                return Err(Close::Protocol);
            }
            std::str::from_utf8(reason).map_err(|_| Close::NotUtf8)?;
            Ok(Some(code))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [0x11, 0x22, 0x33, 0x44];
        let mut bytes = vec![first];
        match payload.len() {
            length @ 0..=125 => bytes.push(MASKED | length as u8),
            length @ 126..=0xFFFF => {
                bytes.push(MASKED | 126);
                bytes.extend((length as u16).to_be_bytes());
            }
            length => {
                bytes.push(MASKED | 127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        bytes.extend(mask);
        bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]));
        bytes
    }

    fn decode(bytes: &[u8], piece: usize) -> Result<Vec<Event>, Close> {
        let mut decoder = Decoder::new(1_000);
        let mut events = Vec::new();
        for mut input in bytes.chunks(piece) {
            while !input.is_empty() {
                events.extend(decoder.next(&mut input)?);
            }
        }
        Ok(events)
    }

    #[test]
    fn messages_are_the_same_in_whatever_pieces_they_arrive() {
        let long = "é".repeat(300);
        let mut bytes = frame(FIN | TEXT, b"one");
        bytes.extend(frame(TEXT, "tw\u{f6}".as_bytes()));
        bytes.extend(frame(FIN | PING, b"are you there"));
        bytes.extend(frame(CONTINUATION, b""));
        bytes.extend(frame(FIN | CONTINUATION, long.as_bytes()));
        bytes.extend(frame(FIN | PONG, b"x"));
        bytes.extend(frame(FIN | TEXT, b""));
        bytes.extend(frame(FIN | CLOSE, &[3, 232, b'b', b'y', b'e']));
        let expected = vec![
            Event::Text("one".into()),
            Event::Ping(b"are you there".to_vec()),
            Event::Text(format!("tw\u{f6}{long}")),
            Event::Pong,
            Event::Text(String::new()),
            Event::Close(Some(1000)),
        ];
        for piece in [1, 2, 3, 7, 64, bytes.len()] {
            assert_eq!(decode(&bytes, piece).unwrap(), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn what_a_client_must_not_send_is_refused_with_its_code() {
        let mut unmasked = frame(FIN | TEXT, b"a");
        unmasked[1] &= !MASKED;
        let not_shortest = [FIN | TEXT, MASKED | 126, 0, 5, 0, 0, 0, 0];
        let mut endless = vec![FIN | TEXT, MASKED | 127, 0xFF];
        endless.extend([0; 11]);
        let giant = [FIN | TEXT, MASKED | 127, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        let two = |one: Vec<u8>, other: Vec<u8>| [one, other].concat();
        for (what, bytes, close) in [
            ("unmasked", unmasked, Close::Protocol),
            ("compressed", frame(FIN | 0x40 | TEXT, b"a"), Close::Protocol),
            ("reserved bit", frame(FIN | 0x10 | TEXT, b"a"), Close::Protocol),
            ("reserved opcode", frame(FIN | 0x3, b"a"), Close::Protocol),
            ("reserved control", frame(FIN | 0xB, b""), Close::Protocol),
            ("binary", frame(FIN | BINARY, b"a"), Close::Unsupported),
            ("a control frame in pieces", frame(PING, b"a"), Close::Protocol),
            ("a long control frame", frame(FIN | PING, &[0; 126]), Close::Protocol),
            ("continues nothing", frame(FIN | CONTINUATION, b"a"), Close::Protocol),
            ("begins within", two(frame(TEXT, b"a"), frame(FIN | TEXT, b"b")), Close::Protocol),
            ("not UTF-8", frame(FIN | TEXT, &[0xC3, 0x28]), Close::NotUtf8),
            ("half a character", two(frame(TEXT, &[0xC3]), frame(FIN | CONTINUATION, b"")), Close::NotUtf8),
            ("too long", frame(FIN | TEXT, &[b'a'; 1_001]), Close::TooBig),
            (
                "too long in pieces",
                two(frame(TEXT, &[b'a'; 900]), frame(CONTINUATION, &[b'a'; 101])),
                Close::TooBig,
            ),
            ("not the shortest form", not_shortest.to_vec(), Close::Protocol),
            ("a negative length", endless, Close::Protocol),
            ("four gigabytes", giant.to_vec(), Close::TooBig),
            ("a close of one byte", frame(FIN | CLOSE, &[3]), Close::Protocol),
            ("a reserved close code", frame(FIN | CLOSE, &1005_u16.to_be_bytes()), Close::Protocol),
            ("a close reason that is no text", frame(FIN | CLOSE, &[3, 232, 0xFF]), Close::NotUtf8),
        ] {
            assert_eq!(decode(&bytes, 1).unwrap_err(), close, "{what}");
            assert_eq!(decode(&bytes, bytes.len()).unwrap_err(), close, "{what}");
        }
    }
}
