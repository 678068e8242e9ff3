//! What services send each other: deadlines, failures, events, amounts, and where a peer is.

use mainstay_core::{Money, codes};
use mainstay_events::{Envelope, Page};
use mainstay_rpc::parsers::{decode_deadline, encode_deadline, parse_peer};
use mainstay_rpc::v1::{self, FollowResponse};
use mainstay_rpc::{error, status};
use prost::Message;
use tonic::{Code, Status};

use crate::choose;

pub fn feed(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes, 6) else { return };
    match choice {
        0 => envelopes(rest),
        1 => pages(rest),
        2 => amounts(rest),
        3 => failures(rest),
        _ => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            if choice == 4 { deadlines(text) } else { places(text) }
        }
    }
}

/// An event that is taken is the same after it has crossed once more.
fn envelopes(bytes: &[u8]) {
    let Ok(wire) = v1::Envelope::decode(bytes) else { return };
    let Ok(envelope) = Envelope::try_from(wire) else { return };
    let again = v1::Envelope::decode(v1::Envelope::from(envelope.clone()).encode_to_vec().as_slice());
    assert_eq!(again.ok().and_then(|wire| Envelope::try_from(wire).ok()), Some(envelope.clone()));
    assert!(envelope.to_cloudevent().is_object());
}

fn pages(bytes: &[u8]) {
    let Ok(wire) = FollowResponse::decode(bytes) else { return };
    let sent = wire.events.len();
    let Ok(page) = Page::try_from(wire) else { return };
    assert_eq!(page.events.len(), sent);
    assert_eq!(Page::try_from(FollowResponse::from(page.clone())).ok(), Some(page));
}

fn amounts(bytes: &[u8]) {
    let Ok(wire) = v1::Money::decode(bytes) else { return };
    match v1::required_money(Some(&wire), "total") {
        Ok(money) => {
            assert_eq!(v1::Money::from(money), wire);
            assert_eq!(Money::try_from(&wire).ok(), Some(money));
        }
        Err(refused) => {
            assert!(refused.is(&codes::INVALID));
            assert_eq!(refused.fields()[0].path, "total");
        }
    }
}

/// A status of any code and details: its kind and its retry hint survive the next hop.
fn failures(bytes: &[u8]) {
    let Some((&code, details)) = bytes.split_first() else { return };
    let code = Code::from_i32(i32::from(code % 17));
    if code == Code::Ok {
        return;
    }
    let seen = error(Status::with_details(code, "it failed", details.to_vec().into()));
    let again = error(status(&seen));
    assert_eq!(again.kind(), seen.kind());
    assert_eq!(again.code(), seen.code());
    assert_eq!(again.retry(), seen.retry());
    assert_eq!(again.fields(), seen.fields());
    assert_eq!(again.message(), seen.message());
}

/// Time is never gained on the way.
fn deadlines(text: &str) {
    if let Some(left) = decode_deadline(text) {
        let written = encode_deadline(left);
        assert!(written.len() <= 9);
        let told = decode_deadline(&written);
        assert!(told.is_some_and(|told| told <= left || left.as_micros() == 0), "{text} became {written}");
    }
}

/// An address that is taken is a host and a port, and nobody's name.
fn places(text: &str) {
    if let Some(authority) = parse_peer(text) {
        assert!(authority.port_u16().is_some() && !authority.as_str().contains('@'));
        assert_eq!(parse_peer(&format!("http://{authority}")), Some(authority));
    }
}
