//! Configuration: flag before environment before file before default, the source of every value known, unknown keys
//! refused.
//!
//! A part of the system asks for its section as a type with serde defaults and `deny_unknown_fields`; what nobody
//! asked for by the end is unknown too.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::error::{Code, Kind, Result};
use crate::shown_url::without_passwords;

pub const BAD_CONFIGURATION: Code = Code::new(
    "core.bad_configuration",
    Kind::InvalidArgument,
    "The configuration is not usable",
    "Change the key that the message names; `mainstay config show` prints every value with its source.",
);

/// Every code of this module.
pub const CODES: &[&Code] = &[&BAD_CONFIGURATION];

/// Environment variables of ours begin so: `MAINSTAY_SHOP__ORDERS__KEY` is the key `shop.orders.key`.
pub const ENVIRONMENT_PREFIX: &str = "MAINSTAY_";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Flag,
    Environment(String),
    File(PathBuf),
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One effective value, as `config show` prints it.
#[derive(Clone, Debug)]
pub struct Setting {
    pub key: String,
    pub value: String,
    pub source: Source,
}

/// The layers, merged; remembers what was asked for.
#[derive(Debug, Default)]
pub struct Configuration {
    values: Table,
    sources: BTreeMap<String, Source>,
    // Section name to its effective values with defaults filled in.
    asked: Mutex<BTreeMap<String, Table>>,
}

impl Configuration {
    /// Merges a file (absent is fine unless it was named), the environment and `key=value` flags.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[String],
    ) -> Result<Self> {
        let mut configuration = Self::default();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|error| {
                BAD_CONFIGURATION
                    .error(format!("the configuration file {} cannot be read: {error}", path.display()))
            })?;
            let table: Table = text.parse().map_err(|error: toml::de::Error| {
                // TOML's own rendering draws over several lines; who types wants the place and the reason.
                let before = &text[..error.span().map_or(0, |span| span.start.min(text.len()))];
                let line = before.matches('\n').count() + 1;
                let reason = error.message().replace('\n', ", ");
                BAD_CONFIGURATION
                    .error(format!("{} is not valid TOML in line {line}: {reason}", path.display()))
            })?;
            for (key, value) in leaves(table) {
                configuration.set(&key, value, Source::File(path.to_owned()))?;
            }
        }
        for (name, text) in environment {
            let Some(rest) = name.strip_prefix(ENVIRONMENT_PREFIX) else { continue };
            // A single word such as MAINSTAY_LOG is no key: those are read by whoever documents them.
            if !rest.contains("__") {
                continue;
            }
            let key = rest.to_ascii_lowercase().replace("__", ".");
            configuration.set(&key, parse_value(&text), Source::Environment(name))?;
        }
        for flag in flags {
            let Some((key, text)) = flag.split_once('=') else {
                return Err(BAD_CONFIGURATION.error(format!("write --set key=value instead of --set {flag}")));
            };
            configuration.set(key.trim(), parse_value(text), Source::Flag)?;
        }
        Ok(configuration)
    }

    fn set(&mut self, key: &str, value: Value, source: Source) -> Result<()> {
        let mut table = &mut self.values;
        let path: Vec<String> = split_key(key);
        let Some((last, parents)) = path.split_last() else {
            return Err(BAD_CONFIGURATION.error(format!("{key:?} is not a key")));
        };
        for part in parents {
            let entry = table.entry(part.clone()).or_insert_with(|| Value::Table(Table::new()));
            table = entry.as_table_mut().ok_or_else(|| {
                BAD_CONFIGURATION.error(format!("{key}: {part} is a value, so nothing can stand below it"))
            })?;
        }
        table.insert(last.clone(), value);
        self.sources.insert(path.join("."), source);
        Ok(())
    }

    /// The section as a type; absent keys take the type's defaults.
    pub fn section<T: DeserializeOwned + Serialize>(&self, name: &str) -> Result<T> {
        let mut table = Some(&self.values);
        for part in split_key(name) {
            table = table.and_then(|table| table.get(&part)).and_then(Value::as_table);
        }
        let given = Value::Table(table.cloned().unwrap_or_default());
        let typed: T = serde_path_to_error::deserialize(given.clone())
            .map_err(|error| BAD_CONFIGURATION.error(in_section(name, &given, &error)))?;
        let effective = Table::try_from(&typed)
            .map_err(|error| BAD_CONFIGURATION.because(format!("[{name}] cannot be shown"), error))?;
        self.asked.lock().insert(name.to_owned(), effective);
        Ok(typed)
    }

    /// Whether a flag, the environment or the file says something about the key.
    pub fn is_set(&self, key: &str) -> bool {
        self.sources.contains_key(&split_key(key).join("."))
    }

    /// Refuses keys that belong to no section that was asked for.
    pub fn refuse_unknown(&self) -> Result<()> {
        let asked = self.asked.lock();
        for (key, source) in &self.sources {
            let known = asked.keys().any(|section| key.starts_with(&format!("{section}.")));
            if !known {
                let nearest = asked
                    .iter()
                    .flat_map(|(section, values)| values.keys().map(move |leaf| format!("{section}.{leaf}")))
                    .min_by_key(|candidate| unlikeness(candidate, key));
                let hint = nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default();
                return Err(
                    BAD_CONFIGURATION.error(format!("{key} (from {source}) is not a known key{hint}"))
                );
            }
        }
        Ok(())
    }

    /// Every value of every section that was asked for, with its source; addresses without their passwords.
    pub fn show(&self) -> Vec<Setting> {
        let asked = self.asked.lock();
        let mut settings = Vec::new();
        for (section, values) in asked.iter() {
            for (leaf, value) in leaves(values.clone()) {
                let key = format!("{section}.{leaf}");
                let source = self.sources.get(&split_key(&key).join(".")).cloned().unwrap_or(Source::Default);
                let value = without_passwords(&value.to_string()).into_owned();
                settings.push(Setting { key, value, source });
            }
        }
        settings
    }
}

// What is wrong with a section, with the nearest key when one is unknown. Serde tells the keys that there are in its
// message and nowhere else.
fn in_section(name: &str, given: &Value, error: &serde_path_to_error::Error<toml::de::Error>) -> String {
    let message = error.inner().message();
    let mut quoted = message.split('`').skip(1).step_by(2);
    match (message.starts_with("unknown field"), quoted.next()) {
        (true, Some(unknown)) => {
            let near = quoted.filter(|candidate| is_near(candidate, unknown));
            let nearest = near.min_by_key(|candidate| unlikeness(candidate, unknown));
            let hint = nearest.map(|nearest| format!("; did you mean {name}.{nearest}?")).unwrap_or_default();
            format!("{name}.{unknown} is not a known key{hint}")
        }
        _ => {
            let path = error.path().to_string();
            let value = path.split('.').try_fold(given, |value, part| value.get(part));
            match value {
                // What was found stands in the message, too.
                Some(value) => {
                    let sentence = format!("{name}.{path} is {value}: {}", message.trim_end());
                    without_passwords(&sentence).into_owned()
                }
                None => format!("[{name}]: {}", message.trim_end()),
            }
        }
    }
}

// `peers."shop.payments"` names one key below `peers`.
fn split_key(key: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    for letter in key.chars() {
        match letter {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(std::mem::take(&mut part)),
            other => part.push(other),
        }
    }
    parts.push(part);
    parts
}

fn leaves(table: Table) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (key, value) in table {
        let key = if key.contains('.') { format!("\"{key}\"") } else { key };
        match value {
            Value::Table(inner) => {
                found.extend(leaves(inner).into_iter().map(|(leaf, value)| (format!("{key}.{leaf}"), value)));
            }
            other => found.push((key, other)),
        }
    }
    found
}

// What reads as a TOML value is one; all else is text, so that nobody has to quote in a shell.
fn parse_value(text: &str) -> Value {
    format!("value = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

// For 'did you mean': a key that was cut short is nearer than any misspelling.
fn unlikeness(candidate: &str, written: &str) -> (bool, usize) {
    (!candidate.starts_with(written), distance(candidate, written))
}

fn is_near(candidate: &str, written: &str) -> bool {
    candidate.starts_with(written) || distance(candidate, written) * 2 < candidate.len()
}

// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.chars().enumerate() {
            let next = (diagonal + usize::from(left != right)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = next;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Serialize, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Section {
        listen: String,
        limit: u32,
    }

    fn refused(flags: &[&str]) -> String {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let configuration = Configuration::load(None, [], &flags).unwrap();
        let read = configuration.section::<Section>("http").map(drop);
        read.and_then(|()| configuration.refuse_unknown()).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest() {
        assert_eq!(refused(&["http.listn=x"]), "http.listn is not a known key; did you mean http.listen?");
        assert_eq!(
            refused(&["htp.limit=3"]),
            "htp.limit (from flag) is not a known key; did you mean http.limit?"
        );
        assert_eq!(refused(&["http.lim=x"]), "http.lim is not a known key; did you mean http.limit?");
        assert_eq!(refused(&["http.nope=x"]), "http.nope is not a known key");
        assert!(refused(&["http.limit=many"]).starts_with("http.limit is \"many\": invalid type"));
    }

    #[test]
    fn a_flag_wins_over_the_environment() {
        let environment = [("MAINSTAY_HTTP__LIMIT".to_owned(), "1".to_owned())];
        let configuration =
            Configuration::load(None, environment.clone(), &["http.limit=2".to_owned()]).unwrap();
        assert_eq!(configuration.section::<Section>("http").unwrap().limit, 2);
        let configuration = Configuration::load(None, environment, &[]).unwrap();
        assert_eq!(configuration.section::<Section>("http").unwrap().limit, 1);
        assert!(configuration.is_set("http.limit") && !configuration.is_set("http.listen"));
    }
}
