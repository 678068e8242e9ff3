//! What the shop reads of strangers beyond its contracts: the provider's webhooks and lists, files of goods, addresses and
//! tokens of buyers.

use std::sync::OnceLock;

use mainstay_core::Timestamp;
use mainstay_records::Format;
use shop_auth::parsers::Email;
use shop_cart::parsers::{PaymentToken, check_shipping_method};
use shop_imports::parsers::{Content, Reader};
use shop_payments::parsers::{Event, WebhookSecret, WireList};
use shop_test_provider::{Token, sign};

use crate::choose;

const SECRET: &str = "whsec_fuzz";
const NOW: Timestamp = Timestamp::from_micros(1_900_000_000_000_000);

pub fn feed(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes, 8) else { return };
    match choice {
        0 => signed(rest),
        1 => events(rest),
        2 => lists(rest),
        _ => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            match choice {
                3 => forged(text),
                4 => tokens(text),
                5 => emails(text),
                6 => goods(text, Format::Csv),
                _ => goods(text, Format::JsonLines),
            }
        }
    }
}

fn secret() -> &'static WebhookSecret {
    static WEBHOOKS: OnceLock<WebhookSecret> = OnceLock::new();
    WEBHOOKS.get_or_init(|| WebhookSecret::new(SECRET))
}

/// A body that the provider signed is taken, and none with another byte.
fn signed(body: &[u8]) {
    let Ok(signature) = sign(SECRET.as_bytes(), NOW, body) else { return };
    assert!(secret().verify(&signature, body, NOW).is_ok());
    let mut bent = body.to_vec();
    bent.push(b' ');
    assert!(secret().verify(&signature, &bent, NOW).is_err());
}

/// A signature that nobody made.
fn forged(text: &str) {
    assert!(secret().verify(text, b"{}", NOW).is_err());
    let Ok(signature) = sign(SECRET.as_bytes(), NOW, b"{}") else { return };
    // What else stands beside a right tag changes nothing, as long as the whole is a list of pairs.
    let both = format!("{signature},{text}");
    if secret().verify(&both, b"{}", NOW).is_ok() {
        assert!(both.len() <= 512);
    }
}

fn events(body: &[u8]) {
    if let Ok(event) = Event::parse(body) {
        assert!((1..=200).contains(&event.id.len()));
        let currency = event.charge.seen.amount.currency;
        assert!(event.charge.seen.refunds.iter().all(|refund| refund.amount.currency == currency));
    }
}

fn lists(body: &[u8]) {
    if let Ok(list) = serde_json::from_slice::<WireList>(body) {
        for charge in list.charges {
            drop(charge.listed());
        }
    }
}

/// What a buyer pays with is never a card's number.
fn tokens(text: &str) {
    if let Ok(token) = PaymentToken::parse(text) {
        assert_eq!(token.expose(), text);
        assert!((1..=200).contains(&text.len()) && text.is_ascii() && !text.contains(' '));
        let digits: String = text.chars().filter(|letter| !matches!(letter, '-' | '.' | '_' | '/')).collect();
        assert!(!is_card(&digits), "{text}");
    }
    if let Some(token) = Token::parse(text) {
        assert_eq!(token.name(), text);
    }
    if check_shipping_method(text).is_ok() {
        assert!((1..=40).contains(&text.len()) && text.is_ascii());
    }
}

/// As ISO/IEC 7812 has it, written otherwise than in the shop.
fn is_card(digits: &str) -> bool {
    let all = digits.bytes().all(|byte| byte.is_ascii_digit());
    let sum = digits.bytes().rev().zip([1_u32, 2].into_iter().cycle()).fold(0, |sum, (byte, factor)| {
        let product = u32::from(byte.wrapping_sub(b'0')) * factor;
        sum + product / 10 + product % 10
    });
    all && (12..=19).contains(&digits.len()) && sum % 10 == 0
}

fn emails(text: &str) {
    if let Ok(email) = Email::parse(text) {
        assert_eq!(Email::parse(email.as_str()).ok().as_ref(), Some(&email));
        assert_eq!(email.as_str(), text.trim().to_ascii_lowercase());
    }
}

/// What a line of a file of goods says is within the catalogue's bounds, and is the same after it was stored.
fn goods(text: &str, format: Format) {
    let (header, lines) = match format {
        Format::Csv => text.split_once('\n').unwrap_or((text, "")),
        Format::JsonLines => ("", text),
    };
    let Ok(mut reader) = Reader::new(format, header) else { return };
    for (number, line) in (1_u64..).zip(lines.lines()) {
        let Ok(content) = reader.read(number, line) else { continue };
        assert!((1..=80).contains(&content.product.len()) && (1..=80).contains(&content.sku.len()));
        assert!(content.name.iter().chain(&content.variant).all(|text| text.chars().count() <= 200));
        assert!(content.price.is_none_or(|price| price.minor >= 0));
        assert!(content.stock.is_none_or(|pieces| (0..=1_000_000_000).contains(&pieces)));
        let stored = serde_json::to_string(&content).unwrap_or_default();
        assert_eq!(serde_json::from_str::<Content>(&stored).ok(), Some(content));
    }
}
