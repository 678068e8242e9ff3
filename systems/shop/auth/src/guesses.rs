//! Slows down who guesses, before a guess costs anything.
//!
//! A guess is counted as failed when it begins, and taken back when it was right: so a hundred guesses at once are a
//! hundred, and not one. What is counted survives a restart, since it is rows.

use std::time::Duration;

use mainstay_core::{Context, Error, Result};
use mainstay_sql::Tx;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::codes;
use crate::model::throttle::{ACCOUNT, MAILS_AN_HOUR, NETWORK, PAIR, TRUSTED_FOR, network};
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
    pub async fn admit(&self, app: &App, ctx: &Context) -> Result<()> {
        let guess = self.clone();
        let wait = app.db.write(ctx, move |tx| guess.count(tx)).await?;
        if wait.is_zero() { Ok(()) } else { Err(slow_down(wait)) }
    }

    fn count(&self, tx: &Tx<'_>) -> Result<Duration> {
        let now = tx.now();
        let pair = tallies::find(tx, &self.pair)?;
        let network = tallies::find(tx, &self.network)?;
        let account = tallies::find(tx, &self.account)?;
        let from_everywhere = if pair.is_trusted(now) { Duration::ZERO } else { account.wait(ACCOUNT, now) };
        let wait = pair.wait(PAIR, now).max(network.wait(NETWORK, now)).max(from_everywhere);
        if wait.is_zero() {
            tallies::set(tx, &self.pair, pair.counting(now).saturating_add(1), None)?;
            tallies::set(tx, &self.network, network.counting(now).saturating_add(1), None)?;
            tallies::set(tx, &self.account, account.counting(now).saturating_add(1), None)?;
        }
        Ok(wait)
    }

    /// It was right: the failures of this account from this network are forgotten, and the network is its own.
    pub fn was_right(&self, tx: &Tx<'_>) -> Result<()> {
        tallies::set(tx, &self.pair, 0, Some(tx.now() + TRUSTED_FOR))?;
        tallies::take_back(tx, &self.network)?;
        tallies::take_back(tx, &self.account)
    }
}

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
