//! How much is allowed: `100/s`, `5/m burst 20`, or `off`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// So many in a time, and so many at once. `off` allows everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate {
    count: u32,
    per: Duration,
    burst: u32,
}

impl Rate {
    /// Allows everything.
    pub const OFF: Self = Self { count: 0, per: Duration::from_secs(1), burst: 0 };

    pub const fn per_second(count: u32) -> Self {
        Self { count, per: Duration::from_secs(1), burst: count }
    }

    pub const fn per_minute(count: u32) -> Self {
        Self { count, per: Duration::from_secs(60), burst: count }
    }

    pub const fn per_hour(count: u32) -> Self {
        Self { count, per: Duration::from_secs(3_600), burst: count }
    }

    /// So many at once, when nothing was taken for long enough.
    #[must_use]
    pub const fn with_burst(self, burst: u32) -> Self {
        Self { burst, ..self }
    }

    pub const fn is_off(&self) -> bool {
        self.count == 0
    }

    /// How many are allowed at once.
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    /// How many are allowed in [`Rate::per`], in the long run.
    pub const fn count(&self) -> u32 {
        self.count
    }

    pub const fn per(&self) -> Duration {
        self.per
    }

    /// The time that one taking costs.
    pub fn interval(&self) -> Duration {
        self.per.checked_div(self.count).unwrap_or_default()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_off() {
            return f.write_str("off");
        }
        let unit = match self.per.as_secs() {
            1 => "s",
            60 => "m",
            _ => "h",
        };
        write!(f, "{}/{unit}", self.count)?;
        if self.burst == self.count { Ok(()) } else { write!(f, " burst {}", self.burst) }
    }
}

impl FromStr for Rate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            if text == "off" {
                return Some(Self::OFF);
            }
            let (rate, burst) = match text.split_once(" burst ") {
                None => (text, None),
                Some((rate, burst)) => (rate, Some(burst.trim().parse::<u32>().ok()?)),
            };
            let (count, unit) = rate.split_once('/')?;
            let count = count.trim().parse::<u32>().ok().filter(|count| *count > 0)?;
            let per = match unit.trim() {
                "s" => 1,
                "m" => 60,
                "h" => 3_600,
                _ => return None,
            };
            let burst = burst.unwrap_or(count);
            (burst > 0).then_some(Self { count, per: Duration::from_secs(per), burst })
        };
        parse().ok_or_else(|| {
            BAD_CONFIGURATION.error(format!(
                "{text:?} is no rate; write how many in a second, minute or hour, such as 100/s, 5/m burst 20, or off"
            ))
        })
    }
}

impl TryFrom<String> for Rate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|error: Error| error.message().to_owned())
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in ["100/s", "5/m burst 20", "1/h", "off"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert_eq!(Rate::per_minute(6).interval(), Duration::from_secs(10));
        for wrong in
            ["", "100", "0/s", "-1/s", "1/d", "1/s burst", "1/s burst 0", "1/s burst x", "1/s  2", "Off"]
        {
            assert!(wrong.parse::<Rate>().unwrap_err().is(&BAD_CONFIGURATION), "{wrong}");
        }
    }
}
