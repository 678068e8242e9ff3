//! Words of the vocabulary as people write them: ids, amounts, times, rates, addresses, settings, and what is searched for.

use mainstay_audit::Anchor;
use mainstay_blobs::BlobKey;
use mainstay_core::config::Configuration;
use mainstay_core::{Account, Currency, Id, Money, Principal, Timestamp};
use mainstay_notify::Address;
use mainstay_resilience::limits::Rate;
use mainstay_search::parsers::{shortened, to_html, within_one};
use mainstay_search::{Query, WORDS_MAX};
use mainstay_secrets::SecretSource;

use crate::choose_text;

pub fn feed(bytes: &[u8]) {
    let Some((choice, text)) = choose_text(bytes, 13) else { return };
    match choice {
        0 => ids(text),
        1 => principals(text),
        2 => amounts(text),
        3 => shares(text),
        4 => times(text),
        5 => rates(text),
        6 => anchors(text),
        7 => addresses(text),
        8 => searches(text),
        9 => marks(text),
        10 => slips(text),
        11 => settings(text),
        _ => places(text),
    }
}

fn ids(text: &str) {
    if let Ok(id) = text.parse::<Id<Account>>() {
        assert_eq!(id.to_string(), text);
        assert_eq!(Id::<Account>::try_from_slice(id.as_bytes()).ok(), Some(id));
    }
    if let Ok(id) = serde_json::from_str::<Id<Account>>(text) {
        assert_eq!(
            serde_json::to_string(&id).ok().and_then(|json| serde_json::from_str(&json).ok()),
            Some(id)
        );
    }
}

fn principals(text: &str) {
    if let Ok(principal) = text.parse::<Principal>() {
        assert_eq!(principal.to_string(), text);
    }
}

/// A currency and an amount: what is read is written shorter or the same, and never another amount.
fn amounts(text: &str) {
    let Some((currency, amount)) = text.split_at_checked(3) else { return };
    if let Ok(money) = serde_json::from_str::<Money>(amount) {
        let again = serde_json::to_string(&money).ok().and_then(|json| serde_json::from_str(&json).ok());
        assert_eq!(again, Some(money));
    }
    let Ok(currency) = currency.parse::<Currency>() else { return };
    assert_eq!(currency.as_str(), &text[..3]);
    let Ok(money) = Money::parse(amount, currency) else { return };
    assert_eq!(Money::parse(&money.amount(), currency).ok(), Some(money));
}

/// An amount and weights: no unit is lost when it is shared out.
fn shares(text: &str) {
    let mut numbers = text.split(' ');
    let Some(minor) = numbers.next().and_then(|word| word.parse().ok()) else { return };
    let weights: Vec<u64> = numbers.filter_map(|word| word.parse().ok()).take(64).collect();
    let money = Money::new(minor, Currency::GBP);
    let Ok(parts) = money.allocate(&weights) else { return };
    assert_eq!(parts.len(), weights.len());
    let sum: i128 = parts.iter().map(|part| i128::from(part.minor)).sum();
    assert_eq!(sum, i128::from(minor));
    for (part, weight) in parts.iter().zip(&weights) {
        assert!(part.minor.signum() * minor.signum() >= 0);
        assert!(*weight > 0 || part.minor == 0 || weights.iter().all(|weight| *weight == 0));
    }
}

fn times(text: &str) {
    if let Ok(time) = text.parse::<Timestamp>() {
        assert_eq!(time.to_string().parse::<Timestamp>().ok(), Some(time));
    }
}

fn rates(text: &str) {
    if let Ok(rate) = text.parse::<Rate>() {
        assert_eq!(rate.to_string().parse::<Rate>().ok(), Some(rate));
        let _ = rate.interval();
    }
    if let Ok(source) = text.parse::<SecretSource>() {
        assert_eq!(source.to_string(), text);
    }
}

fn anchors(text: &str) {
    if let Ok(anchor) = text.parse::<Anchor>() {
        assert_eq!(anchor.to_string().parse::<Anchor>().ok(), Some(anchor));
    }
}

/// Nothing that is taken for an address could be more than one, or a header.
fn addresses(text: &str) {
    if let Ok(address) = text.parse::<Address>() {
        assert_eq!(address.as_str(), text);
        assert_eq!(text.matches('@').count(), 1);
        assert!(text.len() <= 254 && text.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(!text.contains([',', ';', '<', '>', '"', '(', ')', ':', '\\']));
        assert!(text.ends_with(address.domain()) && !address.domain().is_empty());
        assert!(!format!("{address:?}").contains(&text[..text.len() - address.domain().len()]));
    }
}

/// What is typed becomes a bounded number of words, and words only, in both indexes.
fn searches(text: &str) {
    if let Some(query) = Query::parse(text) {
        assert!((1..=WORDS_MAX).contains(&query.words().len()));
        for word in query.words() {
            assert!(!word.is_empty() && word.chars().count() <= 120);
            assert!(!word.contains(['"', '*', '(', ')', ':', '^', '\0', ' ']));
        }
    }
    if let Some(query) = mainstay_observe::parsers::query(text) {
        assert!(query.split(' ').count() <= 16);
        for word in query.split(' ') {
            let word = word.strip_suffix('*').unwrap_or(word);
            let bare = word.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
            assert!(bare.is_some_and(|bare| !bare.is_empty() && bare.chars().all(char::is_alphanumeric)));
        }
    }
}

/// Marked text is HTML in which nothing but marks is an element.
fn marks(text: &str) {
    let html = to_html(text);
    let mut open = false;
    let mut rest = html.as_str();
    while let Some(place) = rest.find('<') {
        let tag = if open { "</mark>" } else { "<mark>" };
        assert!(rest[place..].starts_with(tag), "{html}");
        open = !open;
        rest = &rest[place + tag.len()..];
    }
    assert!(!open && !html.contains(['"', '\'']));
}

fn slips(text: &str) {
    let (one, other) = text.split_once(' ').unwrap_or((text, "mug"));
    if one.len() > 160 || other.len() > 160 {
        return;
    }
    let near = within_one(one, other);
    assert_eq!(near, within_one(other, one));
    if near {
        let forms = shortened(one);
        assert!(shortened(other).iter().any(|form| forms.contains(form)));
    }
}

/// `--set` and the environment: whatever is written is a value or a sentence.
fn settings(text: &str) {
    let flags: Vec<String> = text.lines().take(8).map(str::to_owned).collect();
    if flags.iter().any(|flag| flag.len() > 300) {
        return;
    }
    let variables = flags.iter().filter_map(|flag| flag.split_once('='));
    let variables = variables.map(|(name, value)| (format!("MAINSTAY_{name}"), value.to_owned()));
    let _ = Configuration::load(None, variables.collect::<Vec<_>>(), &[]);
    let _ = Configuration::load(None, [], &flags);
}

/// A key of an object leads nowhere but down.
fn places(text: &str) {
    let Ok(key) = text.parse::<BlobKey>() else { return };
    assert_eq!(key.as_str(), text);
    assert!(!text.contains("..") || !text.split('/').any(|part| part.starts_with('.')));
    assert!(!text.starts_with('/') && !text.ends_with('/') && !text.contains("//") && text.len() <= 400);
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'));
    if let Ok(inner) = key.join(&key) {
        assert_eq!(inner.below(&key), Some(key));
    }
}
