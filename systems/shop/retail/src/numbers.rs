//! The numbers and dates of the file, read by the mapping's rules and not by a language's idea of a number: `1e3`, `+1`
//! and ` 1` are none.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use mainstay_core::Timestamp;

/// Most digits before and after the point.
const DIGITS_MAX: usize = 9;

/// An optional minus, digits, perhaps a point and zeros.
pub fn whole(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(rest) => natural(rest).map(|number| -i64::from(number)),
        None => natural(text).map(i64::from),
    }
}

/// Digits, perhaps a point and zeros.
pub fn natural(text: &str) -> Option<u32> {
    let (digits, zeros) = text.split_once('.').map_or((text, None), |(digits, zeros)| (digits, Some(zeros)));
    if zeros.is_some_and(|zeros| zeros.is_empty() || !zeros.bytes().all(|byte| byte == b'0')) {
        return None;
    }
    if is_number(digits) { digits.parse().ok() } else { None }
}

/// A price, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    NotPositive,
    /// It has a fraction of a penny.
    TooFine,
    Pence(i64),
}

/// An optional minus, digits, perhaps a point and digits.
pub fn price(text: &str) -> Option<Price> {
    let (negative, bare) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (pounds, fraction) =
        bare.split_once('.').map_or((bare, "0"), |(pounds, fraction)| (pounds, fraction));
    if !is_number(pounds) || !is_number(fraction) {
        return None;
    }
    let is_zero = pounds.bytes().chain(fraction.bytes()).all(|byte| byte == b'0');
    if negative || is_zero {
        return Some(Price::NotPositive);
    }
    let (pence, finer) = fraction.split_at(fraction.len().min(2));
    if finer.bytes().any(|byte| byte != b'0') {
        return Some(Price::TooFine);
    }
    let pounds: i64 = pounds.parse().ok()?;
    let tens: i64 = pence.parse().ok()?;
    Some(Price::Pence(pounds * 100 + if pence.len() == 1 { tens * 10 } else { tens }))
}

/// `YYYY-MM-DD HH:MM:SS`, a date that exists, as UTC.
pub fn time(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let shape = b"dddd-dd-dd dd:dd:dd";
    let fits = bytes.len() == shape.len()
        && bytes.iter().zip(shape).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            other => byte == other,
        });
    if !fits {
        return None;
    }
    let at = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<i16>().ok());
    let small = |from: usize| at(from, from + 2).and_then(|number| i8::try_from(number).ok());
    let year = at(0, 4).filter(|year| *year > 0)?;
    let civil = DateTime::new(year, small(5)?, small(8)?, small(11)?, small(14)?, small(17)?, 0).ok()?;
    let utc = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_micros(utc.timestamp().as_microsecond()))
}

fn is_number(digits: &str) -> bool {
    (1..=DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers() {
        for (text, number) in
            [("6.0", 6), ("-6.0", -6), ("12", 12), ("0", 0), ("80995.000", 80_995), ("-0", 0)]
        {
            assert_eq!(whole(text), Some(number), "{text}");
        }
        for text in ["", "-", "+1", " 1", "1 ", "1.", ".0", "1.5", "1e3", "1,000", "--1", "1234567890", "١"]
        {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn prices_are_exact() {
        for (text, pence) in
            [("2.55", 255), ("2.5", 250), ("2", 200), ("0.01", 1), ("0.290000", 29), ("13541.33", 1_354_133)]
        {
            assert_eq!(price(text), Some(Price::Pence(pence)), "{text}");
        }
        for text in ["0", "0.0", "-0", "-2.55", "-0.001", "-11062.06"] {
            assert_eq!(price(text), Some(Price::NotPositive), "{text}");
        }
        for text in ["0.001", "2.555", "1.000000001"] {
            assert_eq!(price(text), Some(Price::TooFine), "{text}");
        }
        for text in ["", ".5", "5.", "1e2", "£5", "NaN", "1.0000000001", "5.-5", "- 5"] {
            assert_eq!(price(text), None, "{text}");
        }
    }

    #[test]
    fn only_dates_that_exist() {
        let noon = time("2010-12-01 12:00:00").map(|time| time.to_string());
        assert!(noon.is_some_and(|text| text.starts_with("2010-12-01T12:00:00")));
        assert!(time("2012-02-29 00:00:00").is_some());
        for text in [
            "2011-02-29 12:00:00",
            "2011-13-01 12:00:00",
            "2011-00-10 12:00:00",
            "2011-04-31 12:00:00",
            "2011-04-01 24:00:00",
            "2011-04-01 12:60:00",
            "2011-04-01 12:00:60",
            "0000-04-01 12:00:00",
            "2011-04-01T12:00:00",
            "2011-4-1 12:00:00",
            "2011-04-01",
            "",
            "2011-04-01 12:00:0é",
        ] {
            assert!(time(text).is_none(), "{text}");
        }
    }
}
