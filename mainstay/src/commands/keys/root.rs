//! `mainstay keys root`: the root key replaced while everything runs.
//!
//! A new key is written beside the old one and used from a time on that is ahead; running processes see the file change.
//! The old key stays until nothing is left of it. What is sealed under it is sealed anew before it goes, and a key that
//! something still needs is not dropped. Each step may be killed and asked again.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use mainstay_audit::Audit;
use mainstay_core::{Clock, Result, Timestamp};
use mainstay_host::{Engines, Opened, Settings, service_keys};
use mainstay_identity::session::ANONYMOUS_LIFETIME;
use mainstay_secrets::codes::ROOT_KEY_KEPT;
use mainstay_secrets::{KNOWN_BEFORE_MIN, RootKey, RootKeyShown};
use shop_auth::{SigningKeys, closed_letters};

use crate::commands::keys::AUTH;
use crate::commands::{Global, operator};
use crate::output::{self, Cell, Format, Table, Tone};

/// How long a new key is known before it is used, if nothing else is said: time to carry the file to other machines.
const KNOWN_BEFORE_SECONDS: u64 = 600;

/// Longer than any token between services holds, and than any process takes to see that another key is in use.
const SETTLED: Duration = Duration::from_secs(120);

/// The root key, from which all others come.
#[derive(Debug, Subcommand)]
pub enum Root {
    /// Make a new root key, which is used when every process knows it
    Rotate(Rotate),
    /// List the root keys, and what the old ones are needed for
    List(List),
    /// Take an old root key away
    Drop(Drop),
}

/// Make a new root key, which is used when every process knows it.
///
/// Running processes see the file within a second. Copy it to every other machine of the installation before the new key
/// is used. What was made with the old key holds as long as that is in the file.
#[derive(Debug, Args)]
pub struct Rotate {
    /// From when on the new key is used
    #[arg(long, value_name = "SECONDS", default_value_t = KNOWN_BEFORE_SECONDS,
        value_parser = clap::value_parser!(u64).range(KNOWN_BEFORE_MIN.as_secs()..=2_592_000))]
    after: u64,
}

/// List the root keys, and what the old ones are needed for.
#[derive(Debug, Args)]
pub struct List {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Take an old root key away.
///
/// What is sealed under it in the databases of this configuration is sealed anew before. Refused as long as something
/// else that was made with it holds.
#[derive(Debug, Args)]
pub struct Drop {
    /// The key, as the list calls it
    #[arg(value_name = "KEY")]
    key: String,
    /// Drop it although visitors have sessions that were made with it: those who come back find an empty cart
    #[arg(long)]
    end_sessions: bool,
}

impl Root {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let settings = Settings::read(&global.configuration(&[])?)?;
        let clock = Clock::system();
        let now = clock.now();
        let root = RootKey::open(&settings.root_key(), now)?;
        match self {
            Self::Rotate(rotate) => rotate.run(&root, global, engines, now).await,
            Self::List(list) => list.run(&root, now),
            Self::Drop(drop) => drop.run(&root, global, engines, &clock).await,
        }
    }
}

impl Rotate {
    async fn run(
        self,
        root: &RootKey,
        global: &Global,
        engines: Engines,
        now: Timestamp,
    ) -> Result<ExitCode> {
        let from = now + Duration::from_secs(self.after);
        let id = root.add(from, now)?;
        for opened in operator::ready(global, engines, &[]).await? {
            note(&opened, "root_key.rotate", &id).await?;
        }
        anstream::println!("{id}");
        output::note(&format!(
            "the new root key is used from {from} on; until then copy the file to every other machine of the installation"
        ));
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    fn run(self, root: &RootKey, now: Timestamp) -> Result<ExitCode> {
        let mut table = Table::new(&["key", "state", "from", "until", "needed until"]);
        for key in root.shown() {
            let state = State::of(&key, now);
            if self.json {
                let line = serde_json::json!({
                    "key": key.id, "state": state.name(), "from": key.from, "until": key.until,
                    "needed_until": state.needed_until(),
                });
                output::data(&format!("{line}\n"));
                continue;
            }
            let tone = if key.in_use { Tone::Good } else { Tone::Quiet };
            table.row([
                Cell::text(&*key.id),
                Cell::text(state.name()).tone(tone),
                Cell::optional(key.from.map(|time| time.to_string()).as_deref()),
                Cell::optional(key.until.map(|time| time.to_string()).as_deref()),
                Cell::optional(state.needed_until().map(|time| time.to_string()).as_deref()),
            ]);
        }
        if !self.json {
            table.print(Format::Table, "");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Where a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing was made with it yet.
    Waiting,
    InUse,
    /// Nothing is made with it since then.
    Old(Timestamp),
}

impl State {
    fn of(key: &RootKeyShown, now: Timestamp) -> Self {
        match key.until {
            _ if key.in_use => Self::InUse,
            Some(until) if until <= now => Self::Old(until),
            Some(_) | None => Self::Waiting,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::InUse => "in use",
            Self::Old(_) => "old",
        }
    }

    /// When the last session of a visitor has run out. Nothing else holds longer without being sealed anew.
    fn needed_until(self) -> Option<Timestamp> {
        match self {
            Self::Waiting | Self::InUse => None,
            Self::Old(since) => Some(since + ANONYMOUS_LIFETIME),
        }
    }
}

impl Drop {
    async fn run(self, root: &RootKey, global: &Global, engines: Engines, clock: &Clock) -> Result<ExitCode> {
        let now = clock.now();
        let key = root.shown().into_iter().find(|key| key.id == self.key);
        if let Some(State::Old(since)) = key.map(|key| State::of(&key, now)) {
            self.check_age(since, now)?;
            // Nobody works with fewer keys until the file says so; this is to see whether anybody could.
            let fewer = root.without(&self.key, now);
            for opened in operator::ready(global, engines, &[]).await? {
                let anew = seal_anew(&opened, root, clock).await?;
                if let Some(fewer) = &fewer {
                    check_sealed(&opened, fewer, &self.key, clock).await?;
                }
                note(&opened, "root_key.drop", &self.key).await?;
                output::note(&format!("{}: {anew} sealed anew", opened.name));
            }
        }
        root.remove(&self.key, clock.now())?;
        output::note(&format!(
            "the root key {} is gone; running processes refuse it within a second",
            self.key
        ));
        Ok(ExitCode::SUCCESS)
    }

    fn check_age(&self, since: Timestamp, now: Timestamp) -> Result<()> {
        if now.since(since) < SETTLED {
            return Err(ROOT_KEY_KEPT.error(format!(
                "tokens between services that were made with the root key {} hold until {}",
                self.key,
                since + SETTLED
            )));
        }
        let until = since + ANONYMOUS_LIFETIME;
        if until > now && !self.end_sessions {
            return Err(ROOT_KEY_KEPT.error(format!(
                "sessions of visitors that were made with the root key {} hold until {until}; --end-sessions drops it \
                 all the same, and visitors who come back find an empty cart",
                self.key
            )));
        }
        Ok(())
    }
}

/// Seals what the service keeps with the root key in use; how much it was.
async fn seal_anew(opened: &Opened, root: &RootKey, clock: &Clock) -> Result<usize> {
    let service = service_keys(root, opened.name);
    let audit = Audit::new(&service);
    let end = opened.database.write(&operator::context(), move |tx| audit.seal_anew(tx)).await?;
    let signing = if opened.name == AUTH {
        let keys = SigningKeys::new(opened.database.clone(), &service, clock.clone());
        keys.seal_anew(&operator::context()).await?
    } else {
        0
    };
    Ok(signing + usize::from(end))
}

/// Refuses when something of the service does not open without the key.
async fn check_sealed(opened: &Opened, fewer: &RootKey, key: &str, clock: &Clock) -> Result<()> {
    let service = service_keys(fewer, opened.name);
    let needed = |what: &str| {
        ROOT_KEY_KEPT.error(format!("the root key {key} is still needed by {what} of {}", opened.name))
    };
    let audit = Audit::new(&service);
    if !opened.database.read(&operator::context(), move |view| audit.opens(view)).await? {
        return Err(needed("the audit log"));
    }
    if opened.name == AUTH {
        let keys = SigningKeys::new(opened.database.clone(), &service, clock.clone());
        keys.public(&operator::context()).await.map_err(|_| needed("a signing key"))?;
        let letters =
            opened.database.read(&operator::context(), move |view| closed_letters(view, &service)).await?;
        if letters > 0 {
            return Err(needed(&format!("{letters} letters that have not left")));
        }
    }
    Ok(())
}

async fn note(opened: &Opened, action: &'static str, key: &str) -> Result<()> {
    let (audit, key) = (opened.audit.clone(), key.to_owned());
    let note = move |tx: &mainstay_sql::Tx<'_>| {
        operator::record(&audit, tx, action, key.clone(), &serde_json::json!({}))
    };
    opened.database.write(&operator::context(), note).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_needed_as_long_as_a_visitor_may_come_back() {
        let at = |days: u64| Timestamp::default() + Duration::from_secs(days * 86_400);
        let key = |from: u64, until: Option<u64>, in_use| RootKeyShown {
            id: "a".into(),
            from: Some(at(from)),
            until: until.map(at),
            in_use,
        };
        assert_eq!(State::of(&key(0, Some(10), false), at(11)), State::Old(at(10)));
        assert_eq!(State::of(&key(0, Some(10), true), at(9)), State::InUse);
        assert_eq!(State::of(&key(10, None, false), at(9)), State::Waiting);
        assert_eq!(State::Old(at(10)).needed_until(), Some(at(100)));
        let drop = |end_sessions| Drop { key: "a".into(), end_sessions };
        for (now, end_sessions, allowed) in
            [(at(10), true, false), (at(11), false, false), (at(11), true, true), (at(100), false, true)]
        {
            assert_eq!(drop(end_sessions).check_age(at(10), now).is_ok(), allowed, "{now} {end_sessions}");
        }
    }
}
