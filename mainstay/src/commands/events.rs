//! `mainstay events`: what consumers could not handle, looked at and decided on.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use mainstay_core::{Id, Result};
use mainstay_events::{EventKind, dead_letters};

use crate::commands::{Global, operator};
use crate::output::{self, Cell, Format, Table, Tone};
use mainstay_host::Engines;

/// Keys or messages that one listing shows; more are reached with --after.
const ROWS_MAX: u32 = 200;

/// Look at consumers of events; replay or skip what they could not handle.
#[derive(Debug, Subcommand)]
pub enum Events {
    /// List consumers, how far they are and how much waits
    List(List),
    /// List the keys of a consumer whose messages wait, and why
    Parked(Parked),
    /// Show the messages of one key, in the order in which they will be handled
    Inspect(Inspect),
    /// Try a key again from its first message, after what was wrong is corrected
    Replay(Replay),
    /// Give up the first message of a key, which then counts as handled
    Skip(Skip),
}

/// List consumers, how far they are and how much waits.
#[derive(Debug, Args)]
pub struct List {
    /// Services such as shop/orders; all when none is named
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// A consumer of a service.
#[derive(Debug, Args)]
pub struct Which {
    /// The consumer's service, such as shop/notifications
    #[arg(value_name = "SERVICE")]
    service: String,
    /// The consumer, as `events list` names it
    #[arg(value_name = "CONSUMER")]
    consumer: String,
}

/// List the keys of a consumer whose messages wait, and why.
#[derive(Debug, Args)]
pub struct Parked {
    #[command(flatten)]
    which: Which,
    /// Only keys that wait for a person
    #[arg(long)]
    dead: bool,
    /// Go on after this key
    #[arg(long, value_name = "KEY", default_value = "")]
    after: String,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Show the messages of one key, in the order in which they will be handled.
#[derive(Debug, Args)]
pub struct Inspect {
    #[command(flatten)]
    which: Which,
    /// The key, as `events parked` shows it
    #[arg(value_name = "KEY")]
    key: String,
    /// One CloudEvent in JSON a line, with the original bytes
    #[arg(long)]
    json: bool,
}

/// Try a key again from its first message.
#[derive(Debug, Args)]
pub struct Replay {
    #[command(flatten)]
    which: Which,
    /// The key, as `events parked` shows it
    #[arg(value_name = "KEY", required_unless_present = "all")]
    key: Option<String>,
    /// Every dead key of the consumer
    #[arg(long, conflicts_with = "key")]
    all: bool,
}

/// Give up the first message of a key.
#[derive(Debug, Args)]
pub struct Skip {
    #[command(flatten)]
    which: Which,
    /// The key, as `events parked` shows it
    #[arg(value_name = "KEY")]
    key: String,
    /// The message, as `events inspect` shows it, so that nobody skips what he has not seen
    #[arg(value_name = "MESSAGE")]
    message: Id<EventKind>,
}

impl Events {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        match self {
            Self::List(list) => list.run(global, engines).await,
            Self::Parked(parked) => parked.run(global, engines).await,
            Self::Inspect(inspect) => inspect.run(global, engines).await,
            Self::Replay(replay) => replay.run(global, engines).await,
            Self::Skip(skip) => skip.run(global, engines).await,
        }
    }
}

impl List {
    async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let mut table = Table::new(&["service", "consumer", "source", "topic", "position", "waiting"]);
        for opened in operator::ready(global, engines, &self.services).await? {
            for row in opened.database.read(&operator::context(), dead_letters::consumers).await? {
                let waiting = i64::try_from(row.parked).unwrap_or(i64::MAX);
                table.row([
                    Cell::text(opened.name),
                    Cell::text(row.name),
                    Cell::text(row.source),
                    Cell::text(row.topic),
                    Cell::number(row.position.0),
                    Cell::number(waiting).tone(if waiting == 0 { Tone::Quiet } else { Tone::Bad }),
                ]);
            }
        }
        table.print(Format::of(self.json), "no consumer has run yet");
        Ok(ExitCode::SUCCESS)
    }
}

impl Parked {
    async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let opened = operator::ready_one(global, engines, &self.which.service).await?;
        let (consumer, after, dead_only) = (self.which.consumer, self.after, self.dead);
        let keys = opened
            .database
            .read(&operator::context(), move |view| {
                let mut keys = dead_letters::dead(view, &consumer, &after, ROWS_MAX)?;
                if !dead_only {
                    keys.extend(dead_letters::parked(view, &consumer, &after, ROWS_MAX)?);
                }
                Ok(keys)
            })
            .await?;
        let mut table =
            Table::new(&["key", "state", "messages", "attempts", "since", "next try", "code", "reason"]);
        for key in keys {
            let (state, next) = if key.dead {
                ("dead", Cell::absent())
            } else {
                ("retrying", Cell::text(key.due_at.to_string()))
            };
            table.row([
                Cell::text(key.key),
                Cell::text(state).tone(if key.dead { Tone::Bad } else { Tone::Plain }),
                Cell::number(i64::try_from(key.messages).unwrap_or(i64::MAX)),
                Cell::number(key.attempts),
                Cell::text(key.since.to_string()),
                next,
                Cell::text(key.code),
                Cell::text(key.reason),
            ]);
        }
        table.print(Format::of(self.json), "nothing waits");
        Ok(ExitCode::SUCCESS)
    }
}

impl Inspect {
    async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let opened = operator::ready_one(global, engines, &self.which.service).await?;
        let (consumer, key) = (self.which.consumer, self.key);
        let messages = opened
            .database
            .read(&operator::context(), move |view| dead_letters::messages(view, &consumer, &key, ROWS_MAX))
            .await?;
        if self.json {
            let lines: Vec<String> =
                messages.iter().map(|message| format!("{}\n", message.to_cloudevent())).collect();
            output::data(&lines.concat());
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = Table::new(&["message", "type", "position", "time", "bytes"]);
        for message in messages {
            table.row([
                Cell::text(message.id.to_string()),
                Cell::text(message.event_type),
                Cell::number(message.position.0),
                Cell::text(message.time.to_string()),
                Cell::number(i64::try_from(message.data.len()).unwrap_or(i64::MAX)),
            ]);
        }
        table.print(Format::Table, "nothing of this key waits");
        Ok(ExitCode::SUCCESS)
    }
}

impl Replay {
    async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let opened = operator::ready_one(global, engines, &self.which.service).await?;
        let (consumer, key) = (self.which.consumer, self.key);
        let audit = opened.audit;
        let sentence = opened
            .database
            .write(&operator::context(), move |tx| match &key {
                Some(key) => {
                    dead_letters::replay(tx, &consumer, key)?;
                    operator::record(&audit, tx, "event.replay", consumer.clone(), key)?;
                    Ok(format!("{key} of {consumer} is tried again"))
                }
                None => {
                    let keys = dead_letters::replay_all(tx, &consumer)?;
                    operator::record(&audit, tx, "event.replay", consumer.clone(), &"every dead key")?;
                    Ok(format!("{keys} dead keys of {consumer} are tried again"))
                }
            })
            .await?;
        output::note(&sentence);
        Ok(ExitCode::SUCCESS)
    }
}

impl Skip {
    async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let opened = operator::ready_one(global, engines, &self.which.service).await?;
        let (consumer, key, message) = (self.which.consumer, self.key, self.message);
        let audit = opened.audit;
        let skipped = opened
            .database
            .write(&operator::context(), move |tx| {
                let skipped = dead_letters::skip(tx, &consumer, &key, message)?;
                operator::record(&audit, tx, "event.skip", consumer.clone(), &message)?;
                Ok(skipped)
            })
            .await?;
        // What was given up goes to stdout, so that it can be kept.
        output::data(&format!("{}\n", skipped.to_cloudevent()));
        Ok(ExitCode::SUCCESS)
    }
}
