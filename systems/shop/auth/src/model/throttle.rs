//! How fast somebody may guess. Pure.
//!
//! Guesses are counted by three names, and each has its own patience. *The account from one network*: a person who
//! forgot, or somebody beside them; a few are free, then each failure doubles the wait. *One network*, over all
//! accounts: somebody who tries one password on many. *The account from everywhere*: many machines on one account; and
//! from this last one a network is exempt from which the account was logged in to before. So whoever guesses at
//! another's account from elsewhere slows down themselves, and never the owner at home; an owner who is on the road
//! meanwhile has the way of the mail, which is not counted here.

use std::net::IpAddr;
use std::time::Duration;

use mainstay_core::Timestamp;

/// The patience with one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// So many failures cost nothing.
    pub free: u32,
    /// The wait after the first one beyond.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

/// One account from one network. Five slips are human; after ten more a guess costs a quarter of an hour, which is a
/// hundred guesses a day.
pub const PAIR: Patience =
    Patience { free: 5, first: Duration::from_secs(1), longest: Duration::from_secs(900) };

/// One network, all accounts. An office or a mobile network behind one address has that many slips within the hour.
pub const NETWORK: Patience =
    Patience { free: 100, first: Duration::from_secs(1), longest: Duration::from_secs(300) };

/// One account, all networks that it was never logged in from.
pub const ACCOUNT: Patience =
    Patience { free: 50, first: Duration::from_secs(1), longest: Duration::from_secs(300) };

/// Failures are forgotten when there was none for so long.
pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(3_600);

/// For so long after a login its network is the account's own.
pub const TRUSTED_FOR: Duration = Duration::from_secs(90 * 24 * 3_600);

/// The most confirmations, resets and notes that one mailbox is sent in an hour, so that nobody fills another's.
pub const MAILS_AN_HOUR: u32 = 5;

/// The most lines about wrong guesses at accounts that there are, which the audit log is given in an hour: it is kept for
/// good, so whoever guesses from a thousand machines must not fill the disk with it.
pub const LINES_AN_HOUR: u32 = 100;

/// The same about all other wrong guesses. Apart, so that invented addresses do not crowd out those that exist.
pub const OTHER_LINES_AN_HOUR: u32 = 20;

/// What is remembered of a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub failures: u32,
    pub last_at: Option<Timestamp>,
    pub trusted_until: Option<Timestamp>,
}

impl Tally {
    /// The failures that still count.
    pub fn counting(&self, now: Timestamp) -> u32 {
        let recent = self.last_at.is_some_and(|last| now.since(last) < FORGOTTEN_AFTER);
        if recent { self.failures } else { 0 }
    }

    pub fn is_trusted(&self, now: Timestamp) -> bool {
        self.trusted_until.is_some_and(|until| now < until)
    }

    /// How long the next guess has to wait; nothing when it may come now.
    pub fn wait(&self, patience: Patience, now: Timestamp) -> Duration {
        let beyond = self.counting(now).saturating_sub(patience.free);
        let (Some(last), 1..) = (self.last_at, beyond) else { return Duration::ZERO };
        let doubled = 1_u32.checked_shl(beyond - 1).unwrap_or(u32::MAX);
        let pause = patience.first.saturating_mul(doubled).min(patience.longest);
        (last + pause).since(now)
    }
}

impl Patience {
    /// Whether so many failures are to be told: the first that is slowed down, and when those are sixteen times as many.
    pub fn tells(self, failures: u32) -> bool {
        let beyond = failures.saturating_sub(self.free);
        beyond.is_power_of_two() && beyond.trailing_zeros().is_multiple_of(4)
    }
}

/// The network that an address stands for: a household or a server has a /64 of IPv6, in which it picks addresses at
/// will.
pub fn network(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn tally(failures: u32) -> Tally {
        Tally { failures, last_at: Some(at(1_000)), trusted_until: None }
    }

    #[test]
    fn the_wait_doubles_up_to_the_longest_and_is_forgotten() {
        let wait = |failures, now| tally(failures).wait(PAIR, at(now)).as_secs();
        assert_eq!([0, 4, 5, 6, 7, 8].map(|failures| wait(failures, 1_000)), [0, 0, 0, 1, 2, 4]);
        assert_eq!(wait(8, 1_003), 1);
        assert_eq!(wait(8, 1_004), 0);
        assert_eq!(
            [15, 16, 37, 38, 100, u32::MAX].map(|failures| wait(failures, 1_000)),
            [512, 900, 900, 900, 900, 900]
        );
        assert_eq!(wait(100, 1_000 + 3_600), 0);
        assert_eq!(Tally::default().wait(PAIR, at(1_000)), Duration::ZERO);
    }

    #[test]
    fn who_goes_on_guessing_is_told_of_ever_more_seldom() {
        let told: Vec<_> = (0..100_000).filter(|failures| PAIR.tells(*failures)).collect();
        assert_eq!(told, [6, 21, 261, 4_101, 65_541]);
    }

    #[test]
    fn one_household_is_one_network() {
        let name = |text: &str| network(Some(text.parse().unwrap()));
        assert_eq!(name("2001:db8:1:2:aaaa::1"), name("2001:db8:1:2:bbbb::9"));
        assert_ne!(name("2001:db8:1:2::1"), name("2001:db8:1:3::1"));
        assert_eq!(name("::ffff:192.0.2.1"), name("192.0.2.1"));
        assert_ne!(name("192.0.2.1"), name("192.0.2.2"));
    }
}
