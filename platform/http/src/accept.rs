//! `Accept` and `Accept-Encoding`: what a caller can read, and how much it likes it (RFC 9110, section 12).
//!
//! A header that makes no sense is read as far as it does; more than [`RANGES_MAX`] wishes are not looked at.

use crate::encoding::Coding;

/// Browsers send eight.
const RANGES_MAX: usize = 32;

/// The members of a list with their weight in thousandths.
fn weighted(header: &str) -> impl Iterator<Item = (&str, u16)> {
    header.split(',').take(RANGES_MAX).filter_map(|member| {
        let mut parts = member.split(';');
        let name = parts.next()?.trim_ascii();
        let weight = parts
            .find_map(|part| {
                let (key, value) = part.split_once('=')?;
                key.trim_ascii().eq_ignore_ascii_case("q").then(|| thousandths(value.trim_ascii()))
            })
            .unwrap_or(1_000);
        (!name.is_empty()).then_some((name, weight))
    })
}

/// `0.75` as 750. What is no weight is none.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return 0;
    }
    let part =
        fraction.bytes().chain(*b"000").take(3).fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match whole {
        "0" => part,
        "1" if part == 0 => 1_000,
        _ => 0,
    }
}

/// Whether an answer of this media type can be read.
pub fn accepts(header: &str, media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim_ascii();
    let (kind, subtype) = essence.split_once('/').unwrap_or_default();
    // The most particular range decides, whatever the others weigh.
    let mut best: Option<(u8, u16)> = None;
    for (range, weight) in weighted(header) {
        let (range_kind, range_subtype) = range.split_once('/').unwrap_or_default();
        let how_particular = match (range_kind, range_subtype) {
            ("*", "*") => 1,
            (own, "*") if own.eq_ignore_ascii_case(kind) => 2,
            (own, name) if own.eq_ignore_ascii_case(kind) && name.eq_ignore_ascii_case(subtype) => 3,
            // Who reads JSON reads a refusal in JSON and every other kind of it.
            (own, name)
                if own.eq_ignore_ascii_case(kind)
                    && name.eq_ignore_ascii_case("json")
                    && is_json(subtype) =>
            {
                3
            }
            _ => continue,
        };
        if best.is_none_or(|(known, _)| how_particular > known) {
            best = Some((how_particular, weight));
        }
    }
    match best {
        Some((_, weight)) => weight > 0,
        // Nothing but nonsense is no wish.
        None => weighted(header).all(|(range, _)| !range.contains('/')),
    }
}

fn is_json(subtype: &str) -> bool {
    subtype.len() > 5 && subtype.is_char_boundary(subtype.len() - 5) && subtype.ends_with("+json")
}

/// The best coding of ours that the caller takes: at equal weight the one that makes it smaller.
pub fn coding(header: &str) -> Coding {
    let (mut brotli, mut gzip, mut any) = (None, None, None);
    for (name, weight) in weighted(header) {
        match name {
            _ if name.eq_ignore_ascii_case("br") => brotli = Some(weight),
            _ if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => {
                gzip = Some(weight)
            }
            "*" => any = Some(weight),
            _ => {}
        }
    }
    let any = any.unwrap_or(0);
    let (brotli, gzip) = (brotli.unwrap_or(any), gzip.unwrap_or(any));
    match (brotli, gzip) {
        (0, 0) => Coding::Identity,
        (brotli, gzip) if brotli >= gzip => Coding::Brotli,
        _ => Coding::Gzip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_particular_range_decides() {
        for (header, media_type, readable) in [
            ("*/*", "application/json", true),
            ("application/json", "application/json; charset=utf-8", true),
            ("text/html", "application/json", false),
            ("text/html, */*;q=0.1", "application/json", true),
            ("application/json;q=0, */*", "application/json", false),
            ("application/*", "application/json", true),
            ("application/*;q=0, application/json", "application/json", true),
            ("APPLICATION/JSON", "application/json", true),
            ("application/json", "application/problem+json", true),
            ("application/xml;q=0.000", "application/xml", false),
            ("", "application/json", true),
            (";;;,,,q=", "application/json", true),
            ("text/html;q=2", "text/html", false),
        ] {
            assert_eq!(accepts(header, media_type), readable, "{header} {media_type}");
        }
    }

    #[test]
    fn codings_are_chosen_by_weight_and_then_by_size() {
        for (header, chosen) in [
            ("gzip, deflate, br, zstd", Coding::Brotli),
            ("gzip", Coding::Gzip),
            ("br;q=0.5, gzip", Coding::Gzip),
            ("br;q=0, gzip;q=0", Coding::Identity),
            ("*", Coding::Brotli),
            ("*;q=0", Coding::Identity),
            ("br;q=0, *", Coding::Gzip),
            ("identity", Coding::Identity),
            ("", Coding::Identity),
            ("GZIP;Q=0.3", Coding::Gzip),
        ] {
            assert_eq!(coding(header), chosen, "{header}");
        }
    }
}
