//! The keys that a root key's file holds, and the text that they stand in.
//!
//! A key stands on a line. The first one of an installation is `mainstay-root-1` and hexadecimal; one that came later
//! says from when on it is used: `mainstay-root-2`, seconds since 1970, and hexadecimal. Each line ends in a check value,
//! so that a person can copy it to paper: one wrong letter is refused here instead of failing to open everything later.

use std::fmt::Write;

use data_encoding::HEXLOWER;
use mainstay_core::Timestamp;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::key::Key;

const FIRST: &str = "mainstay-root-1 ";
const LATER: &str = "mainstay-root-2 ";
const CHECK_BYTES: usize = 4;

/// Keys of one file. A key is replaced in years, and an old one goes within months.
pub(super) const KEYS_MAX: usize = 8;

/// A file of the most keys is under a kilobyte; one that is much longer is something else.
pub(super) const FILE_BYTES_MAX: u64 = 2_048;

/// One key, and from when on things are made with it. What was made with it holds before and after.
#[derive(Clone)]
pub(super) struct Dated {
    pub(super) key: Key,
    pub(super) from: Timestamp,
}

/// The keys, the newest first, at least one.
#[derive(Clone)]
pub(super) struct Ring(Vec<Dated>);

impl Ring {
    pub(super) fn of(key: Key) -> Self {
        Self(vec![Dated { key, from: Timestamp::default() }])
    }

    pub(super) fn keys(&self) -> &[Dated] {
        &self.0
    }

    /// The place of the key that things are made with at this time. A clock that was set back may find none that is
    /// used yet; then it is the first one.
    pub(super) fn in_use(&self, now: Timestamp) -> usize {
        self.0.iter().position(|dated| dated.from <= now).unwrap_or(self.0.len() - 1)
    }

    /// The same with a newer key; `None` when it would not be the newest, or there are too many.
    pub(super) fn with(&self, key: Key, from: Timestamp) -> Option<Self> {
        let keys = std::iter::once(Dated { key, from }).chain(self.0.iter().cloned()).collect();
        Self::checked(keys)
    }

    /// The same without the key at a place; `None` when it was the only one.
    pub(super) fn without(&self, place: usize) -> Option<Self> {
        let mut keys = self.0.clone();
        keys.remove(place);
        Self::checked(keys)
    }

    fn checked(keys: Vec<Dated>) -> Option<Self> {
        let in_order = keys.windows(2).all(|pair| pair[0].from > pair[1].from);
        (in_order && (1..=KEYS_MAX).contains(&keys.len())).then_some(Self(keys))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let lines = text.strip_suffix('\n')?.split('\n');
        Self::checked(lines.take(KEYS_MAX + 1).map(line).collect::<Option<_>>()?)
    }

    pub(super) fn text(&self) -> Zeroizing<String> {
        // Never grown, so that no half of it stays behind in the memory.
        let mut text = Zeroizing::new(String::with_capacity(usize::try_from(FILE_BYTES_MAX).unwrap_or(0)));
        for Dated { key, from } in &self.0 {
            let seconds = from.as_micros() / 1_000_000;
            if seconds == 0 {
                text.push_str(FIRST);
            } else {
                // Writing to a string cannot fail.
                let _ = write!(text, "{LATER}{seconds} ");
            }
            HEXLOWER.encode_append(key.as_bytes(), &mut text);
            HEXLOWER.encode_append(&check_value(key, seconds), &mut text);
            text.push('\n');
        }
        text
    }
}

fn line(line: &str) -> Option<Dated> {
    let (seconds, hex) = match line.strip_prefix(FIRST) {
        Some(hex) => (0, hex),
        None => {
            let (seconds, hex) = line.strip_prefix(LATER)?.split_once(' ')?;
            let digits = !seconds.starts_with('0') && seconds.bytes().all(|byte| byte.is_ascii_digit());
            (seconds.parse::<i64>().ok().filter(|_| digits)?, hex)
        }
    };
    let bytes = Zeroizing::new(HEXLOWER.decode(hex.as_bytes()).ok()?);
    let (key, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK_BYTES)?)?;
    let key = Key::from_bytes(key.try_into().ok()?);
    let from = Timestamp::from_micros(seconds.checked_mul(1_000_000)?);
    (check == check_value(&key, seconds)).then_some(Dated { key, from })
}

/// Of the key alone where it has no time: files of the first release have it so.
fn check_value(key: &Key, seconds: i64) -> [u8; CHECK_BYTES] {
    let mut digest = Sha256::new();
    if seconds != 0 {
        digest.update(seconds.to_be_bytes());
    }
    let digest = digest.chain_update(key.as_bytes()).finalize();
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&digest[..CHECK_BYTES]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::from_bytes([byte; 32])
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn text_and_back() {
        let one = Ring::of(key(1));
        assert_eq!(one.text().len(), 89, "as the first release wrote it");
        let three = one.with(key(2), at(1_900_000_000)).unwrap().with(key(3), at(1_900_000_001)).unwrap();
        for ring in [&one, &three, &three.without(2).unwrap()] {
            let again = Ring::parse(&ring.text()).unwrap();
            let flat = |ring: &Ring| {
                ring.keys().iter().map(|one| (*one.key.as_bytes(), one.from)).collect::<Vec<_>>()
            };
            assert_eq!(flat(&again), flat(ring));
        }
        assert!(three.text().len() as u64 <= FILE_BYTES_MAX);
    }

    #[test]
    fn what_is_cut_altered_or_out_of_order_is_refused() {
        let two = Ring::of(key(1)).with(key(2), at(1_900_000_000)).unwrap();
        let text = two.text();
        for cut in 0..text.len() {
            assert!(Ring::parse(&text[..cut]).is_none_or(|ring| ring.keys().len() == 1), "cut at {cut}");
        }
        for place in 0..text.len() {
            let mut bent = text.as_bytes().to_vec();
            bent[place] ^= 1;
            assert!(String::from_utf8(bent).ok().and_then(|bent| Ring::parse(&bent)).is_none(), "{place}");
        }
        let mut lines: Vec<&str> = text.lines().collect();
        lines.reverse();
        assert!(Ring::parse(&format!("{}\n", lines.join("\n"))).is_none());
        assert!(two.with(key(3), at(1_900_000_000)).is_none(), "no two from one time on");
        let mut ring = Ring::of(key(1));
        for more in 1..KEYS_MAX {
            ring = ring.with(key(9), at(more as i64)).unwrap();
        }
        assert!(ring.with(key(9), at(100)).is_none(), "there is an end of keys");
        assert!(Ring::of(key(1)).without(0).is_none());
    }

    #[test]
    fn the_newest_whose_time_has_come_is_in_use() {
        let ring = Ring::of(key(1)).with(key(2), at(100)).unwrap().with(key(3), at(200)).unwrap();
        for (now, place) in
            [(-1, 2), (0, 2), (99, 2), (100, 1), (199, 1), (200, 0), (i64::MAX / 1_000_000, 0)]
        {
            assert_eq!(ring.in_use(at(now)), place, "{now}");
        }
    }
}
