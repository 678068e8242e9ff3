//! Slows down who guesses, before a guess costs anything.
//!
//! A guess is counted as failed when it begins, and taken back when it was right: so a hundred guesses at once are a
//! hundred, and not one. What is counted survives a restart, since it is rows.
//!
//! The audit log is told when somebody begins to be slowed down, and not of each guess: it is kept for good, and whoever
//! guesses decides how often.

use std::sync::Arc;
use std::time::Duration;

use mainstay_audit::Entry;
use mainstay_core::{Context, Error, Result};
use mainstay_sql::Tx;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::codes;
use crate::model::AccountId;
use crate::model::throttle::{
    ACCOUNT, LINES_AN_HOUR, MAILS_AN_HOUR, NETWORK, OTHER_LINES_AN_HOUR, PAIR, TRUSTED_FOR, network,
};
use crate::store::tallies::{self, Name};

/// Whose password is guessed at, from where.
#[derive(Clone)]
pub struct Guess {
    pair: Name,
    network: Name,
    account: Name,
}

impl Guess {
    /// `whose` is what was typed, be it an address that exists or not: nobody learns which from being slowed down.
    pub fn new(ctx: &Context, whose: &str) -> Self {
        let from = network(ctx.client());
        let whose = whose.trim().to_ascii_lowercase();
        Self {
            pair: name(&["pair", &whose, &from]),
            network: name(&["network", &from]),
            account: name(&["account", &whose]),
        }
    }

    /// Counts the guess, or refuses it with `auth.slow_down` and how long to wait.
    pub async fn admit(&self, app: &App, ctx: &Context) -> Result<Admitted> {
        let guess = self.clone();
        app.db.write(ctx, move |tx| guess.count(tx)).await?.map_err(slow_down)
    }

    fn count(&self, tx: &Tx<'_>) -> Result<Result<Admitted, Duration>> {
        let now = tx.now();
        let pair = tallies::find(tx, &self.pair)?;
        let network = tallies::find(tx, &self.network)?;
        let account = tallies::find(tx, &self.account)?;
        let from_everywhere = if pair.is_trusted(now) { Duration::ZERO } else { account.wait(ACCOUNT, now) };
        let wait = pair.wait(PAIR, now).max(network.wait(NETWORK, now)).max(from_everywhere);
        if !wait.is_zero() {
            return Ok(Err(wait));
        }
        let counted = [
            (&self.pair, pair, PAIR, "account from one network"),
            (&self.account, account, ACCOUNT, "account from everywhere"),
            (&self.network, network, NETWORK, "network"),
        ];
        let mut admitted = Admitted::default();
        for (name, tally, patience, what) in counted {
            let failures = tally.counting(now).saturating_add(1);
            tallies::set(tx, name, failures, None)?;
            if patience.tells(failures) {
                admitted.slowed.push(Slowed { what, failures });
            }
        }
        Ok(Ok(admitted))
    }

    /// It was right: the failures of this account from this network are forgotten, and the network is its own.
    pub fn was_right(&self, tx: &Tx<'_>) -> Result<()> {
        tallies::set(tx, &self.pair, 0, Some(tx.now() + TRUSTED_FOR))?;
        tallies::take_back(tx, &self.network)?;
        tallies::take_back(tx, &self.account)
    }
}

/// A guess that may be made.
#[derive(Clone, Default)]
pub struct Admitted {
    /// Who has to wait from now on, should it be wrong.
    slowed: Vec<Slowed>,
}

#[derive(Clone, Copy)]
struct Slowed {
    what: &'static str,
    failures: u32,
}

impl Admitted {
    /// It was wrong, for this account if there is one. What is done is the same without one, as far as can be measured.
    pub async fn was_wrong(self, app: &Arc<App>, ctx: &Context, whose: Option<AccountId>) -> Result<()> {
        if self.slowed.is_empty() {
            return Ok(());
        }
        let (shared, inner) = (Arc::clone(app), ctx.clone());
        let write = move |tx: &Tx<'_>| {
            for slowed in &self.slowed {
                slowed.record(&shared, tx, &inner, whose)?;
            }
            Ok(())
        };
        app.db.write(ctx, write).await
    }
}

impl Slowed {
    fn record(self, app: &App, tx: &Tx<'_>, ctx: &Context, whose: Option<AccountId>) -> Result<()> {
        // The hour is in the name, so that a guess a minute does not keep the count from ever ending.
        let hour = (tx.now().as_micros() / HOUR_MICROS).to_string();
        let (kind, most) = match whose {
            Some(_) => ("account lines", LINES_AN_HOUR),
            None => ("other lines", OTHER_LINES_AN_HOUR),
        };
        let lines = name(&[kind, &hour]);
        let before = tallies::find(tx, &lines)?.failures;
        if before >= most {
            return Ok(());
        }
        tallies::set(tx, &lines, before + 1, None)?;
        let subject = whose.map_or_else(|| "no account".to_owned(), |account| account.to_string());
        let after = serde_json::json!({
            "slowed_down": self.what,
            "wrong_guesses": self.failures,
            "last_line_of_the_hour": before + 1 == most,
        });
        app.audit.record(tx, ctx, Entry::new("logins.delayed", subject).after(&after)?)
    }
}

const HOUR_MICROS: i64 = 3_600 * 1_000_000;

/// Whether one more mail may go to this address; if so, it is counted. Who asks for too many does not put off the next.
pub fn may_mail(tx: &Tx<'_>, email: &str) -> Result<bool> {
    let mailbox = name(&["mail", email]);
    let sent = tallies::find(tx, &mailbox)?.counting(tx.now());
    let may = sent < MAILS_AN_HOUR;
    if may {
        tallies::set(tx, &mailbox, sent + 1, None)?;
    }
    Ok(may)
}

fn name(parts: &[&str]) -> Name {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn slow_down(wait: Duration) -> Error {
    // Rounded up: who comes back too early waits again.
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    codes::SLOW_DOWN.error("too many guesses; wait").retry_after(Duration::from_secs(seconds))
}
