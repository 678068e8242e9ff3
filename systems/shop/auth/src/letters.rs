//! The mails of auth, each a durable job: written in the transaction of what they tell, sent after it.
//!
//! A letter with a token holds it sealed: a job's payload stays in the database for a day, and whoever reads that must not
//! find a way into an account. A request for an address without an account enqueues a letter to nobody, so that it is as
//! much work as any other.

use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::BASE64;
use mainstay_core::{Context, Id, Result, codes};
use mainstay_jobs::inspect::{self, JobState};
use mainstay_jobs::{Job, JobContext, Jobs, NewJob, Policy, Priority};
use mainstay_notify::{Address, Message, MessageKind, Notifier};
use mainstay_secrets::Keys;
use mainstay_sql::{Tx, View};
use serde::{Deserialize, Serialize};

use crate::tokens::{ConfirmToken, ResetToken};

/// Binds a sealed token to this use.
const PLACE: &str = "letter/1";

/// What is told. Stored with its job: a later release must read what an earlier one wrote.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    /// Somebody wants an account with this address.
    Confirm { sealed: String },
    /// Somebody wants an account with an address that has one.
    HasAccount,
    /// Somebody wants to set the password anew.
    Reset { sealed: String },
    /// The password was changed.
    PasswordChanged {
        /// It was set anew by mail, which ended the API keys, too.
        #[serde(default)]
        anew: bool,
    },
    /// Nothing is sent.
    Nothing,
}

/// A letter on its way.
#[derive(Debug, Serialize, Deserialize)]
pub struct Envelope {
    id: Id<MessageKind>,
    to: String,
    letter: Letter,
}

/// Writes letters.
#[derive(Clone)]
pub struct Letters {
    jobs: Jobs,
    key: Keys,
}

impl Letters {
    pub fn new(jobs: Jobs, service: &Keys) -> Self {
        Self { jobs, key: service.derive("letters/1") }
    }

    pub fn confirm(&self, token: &ConfirmToken) -> Result<Letter> {
        Ok(Letter::Confirm { sealed: self.seal(token.as_bytes())? })
    }

    pub fn reset(&self, token: &ResetToken) -> Result<Letter> {
        Ok(Letter::Reset { sealed: self.seal(token.as_bytes())? })
    }

    /// Puts a letter into the post, which leaves after the transaction.
    pub fn post(
        &self,
        tx: &Tx<'_>,
        ctx: &Context,
        id: Id<MessageKind>,
        to: &str,
        letter: Letter,
    ) -> Result<()> {
        let envelope = Envelope { id, to: to.to_owned(), letter };
        let job = NewJob::of::<SendLetter>(&envelope)?.priority(Priority::High);
        self.jobs.enqueue(tx, ctx, job).map(drop)
    }

    /// The job that sends them, to be registered.
    pub fn sender(&self, notifier: Arc<dyn Notifier>, links: &str) -> SendLetter {
        SendLetter { notifier, key: self.key.clone(), links: links.trim_end_matches('/').to_owned() }
    }

    fn seal(&self, token: &[u8]) -> Result<String> {
        Ok(BASE64.encode(&self.key.seal(PLACE, token)?))
    }
}

/// How many letters wait whose tokens do not open under these keys of the service.
///
/// # Errors
/// What the database raises.
pub fn closed(view: &View<'_>, service: &Keys) -> Result<usize> {
    let key = service.derive("letters/1");
    let mut closed = 0;
    for state in [JobState::Queued, JobState::Running, JobState::Dead] {
        let mut after = None;
        loop {
            let page = inspect::list(view, state, after, LOOKED_AT_ONCE)?;
            let letters = page.iter().filter(|job| job.kind == SendLetter::KIND);
            closed += letters.filter(|job| !opens(&key, &job.payload)).count();
            match page.last() {
                Some(last) if page.len() == LOOKED_AT_ONCE as usize => after = Some(last.id),
                _ => break,
            }
        }
    }
    Ok(closed)
}

/// Jobs that are read at once.
const LOOKED_AT_ONCE: u32 = 500;

// What cannot be read is no letter that a key could be needed for.
fn opens(key: &Keys, payload: &str) -> bool {
    let Ok(envelope) = serde_json::from_str::<Envelope>(payload) else { return true };
    match envelope.letter {
        Letter::Confirm { sealed } | Letter::Reset { sealed } => {
            BASE64.decode(sealed.as_bytes()).is_ok_and(|sealed| key.open(PLACE, &sealed).is_ok())
        }
        Letter::HasAccount | Letter::PasswordChanged { .. } | Letter::Nothing => true,
    }
}

/// Sends letters.
pub struct SendLetter {
    notifier: Arc<dyn Notifier>,
    key: Keys,
    links: String,
}

#[async_trait]
impl Job for SendLetter {
    const KIND: &'static str = "shop.auth.letter";
    type Payload = Envelope;

    fn policy(&self) -> Policy {
        // What it tells is of use for a day at most.
        Policy { max_attempts: 20, ..Policy::default() }
    }

    async fn run(&self, cx: &JobContext, envelope: Envelope) -> Result<()> {
        let Some((subject, text)) = self.words(&envelope.letter)? else { return Ok(()) };
        let to: Address = envelope.to.parse()?;
        self.notifier.send(cx.ctx(), &Message::new(envelope.id, to, subject, text)?).await
    }
}

impl SendLetter {
    fn words(&self, letter: &Letter) -> Result<Option<(&'static str, String)>> {
        Ok(Some(match letter {
            Letter::Confirm { sealed } => {
                let token = ConfirmToken::from_bytes(self.open(sealed)?).to_text();
                let words = "Somebody, we hope you, asked for an account with this address. To have it, confirm \
                             with the password that you chose; this holds for a day:";
                let close = "If it was not you, do nothing: without your confirmation there is no account.";
                ("Confirm your address", self.letter(words, "confirm", &token, close))
            }
            Letter::HasAccount => {
                let words = "Somebody, perhaps you, asked for an account with this address. There is one already: \
                             log in, or set your password anew if you forgot it. If it was not you, do nothing.";
                ("You have an account already", format!("{words}\n"))
            }
            Letter::Reset { sealed } => {
                let token = ResetToken::from_bytes(self.open(sealed)?).to_text();
                let words =
                    "Somebody, we hope you, asked to set your password anew. This holds for an hour, once:";
                let close = "If it was not you, do nothing: your password stays as it is.";
                ("Set your password anew", self.letter(words, "reset", &token, close))
            }
            Letter::PasswordChanged { anew: false } => {
                let words = "Your password was changed, and whoever was logged in elsewhere is logged out. API keys still \
                             hold; revoke those that you do not know. If it was not you, set your password anew at \
                             once: that revokes them all.";
                ("Your password was changed", format!("{words}\n"))
            }
            Letter::PasswordChanged { anew: true } => {
                let words = "Your password was set anew. Whoever was logged in is logged out, and every API key of your \
                             account is revoked: make new ones for your programs. If it was not you, set your password \
                             anew at once.";
                ("Your password was set anew", format!("{words}\n"))
            }
            Letter::Nothing => return Ok(None),
        }))
    }

    // The token is behind the number sign, which a browser sends to nobody.
    fn letter(&self, words: &str, page: &str, token: &str, close: &str) -> String {
        let way = if self.links.is_empty() {
            token.to_owned()
        } else {
            format!("{}/account/{page}#{token}", self.links)
        };
        format!("{words}\n\n{way}\n\n{close}\n")
    }

    fn open(&self, sealed: &str) -> Result<[u8; 32]> {
        let lost = || codes::DATA_LOSS.error("a letter's token cannot be read");
        let sealed = BASE64.decode(sealed.as_bytes()).map_err(|_| lost())?;
        let token = self.key.open(PLACE, &sealed)?;
        token.expose().as_slice().try_into().map_err(|_| lost())
    }
}
