//! How long a call may take: gRPC's `grpc-timeout`, which carries the time that is left and no moment of any clock.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use mainstay_core::{Clock, Context, Result, codes};

const HEADER: HeaderName = HeaderName::from_static("grpc-timeout");

/// For calls in a context without a deadline, on both sides. Nothing waits for ever; work that takes longer than this
/// is a job or a saga, not a call.
pub(crate) const DEFAULT: Duration = Duration::from_secs(10);

/// gRPC allows eight digits before the unit.
const DIGITS_MAX: usize = 8;
const LARGEST: u128 = 99_999_999;

/// The time that a call in this context gets; `core.deadline` when it is used up.
pub(crate) fn time_left(ctx: &Context, clock: &Clock) -> Result<Duration> {
    Ok(ctx.remaining(clock)?.unwrap_or(DEFAULT))
}

pub(crate) fn write(headers: &mut HeaderMap, left: Duration) {
    if let Ok(value) = HeaderValue::try_from(encode(left)) {
        headers.insert(HEADER, value);
    }
}

/// [`DEFAULT`] without the header; `core.invalid` when it is malformed.
pub(crate) fn read(headers: &HeaderMap) -> Result<Duration> {
    let Some(value) = headers.get(HEADER) else { return Ok(DEFAULT) };
    let parsed = value.to_str().ok().and_then(decode);
    parsed.ok_or_else(|| codes::INVALID.error("grpc-timeout is up to eight digits and a unit, such as 250m"))
}

/// Rounded down, so that no callee believes to have more time than its caller waits; never to nothing.
pub fn encode(left: Duration) -> String {
    let (amount, unit) = if left.as_micros() <= LARGEST {
        (left.as_micros().max(1), 'u')
    } else if left.as_millis() <= LARGEST {
        (left.as_millis(), 'm')
    } else {
        (u128::from(left.as_secs()).min(LARGEST), 'S')
    };
    format!("{amount}{unit}")
}

pub fn decode(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let digits = &text[..text.len() - unit.len_utf8()];
    if digits.len() > DIGITS_MAX || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        'H' => Duration::from_secs(amount * 3_600),
        'M' => Duration::from_secs(amount * 60),
        'S' => Duration::from_secs(amount),
        'm' => Duration::from_millis(amount),
        'u' => Duration::from_micros(amount),
        'n' => Duration::from_nanos(amount),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn others_units_are_read_and_nonsense_is_not() {
        for (text, expected) in [
            ("1H", Some(Duration::from_secs(3_600))),
            ("2M", Some(Duration::from_secs(120))),
            ("99999999S", Some(Duration::from_secs(99_999_999))),
            ("250m", Some(Duration::from_millis(250))),
            ("7n", Some(Duration::from_nanos(7))),
            ("", None),
            ("S", None),
            ("1", None),
            ("123456789S", None),
            ("-1S", None),
            ("+1S", None),
            ("1\u{e9}", None),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn time_is_never_gained_on_the_way(micros in 1_u64..100_000_000_000_000) {
            let left = Duration::from_micros(micros);
            let text = encode(left);
            prop_assert!(text.len() <= DIGITS_MAX + 1);
            let seen = decode(&text).unwrap();
            prop_assert!(seen <= left);
            prop_assert!(left - seen < Duration::from_secs(1) || left > Duration::from_secs(99_999_999));
        }
    }
}
