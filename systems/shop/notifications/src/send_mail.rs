//! The job that sends one mail.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Id, Result};
use mainstay_jobs::{Job, JobContext, Jobs, Policy, Rate};
use mainstay_notify::{Address, Message, MessageKind, Notifier};
use mainstay_telemetry::{Role, span_as};
use serde::{Deserialize, Serialize};

use crate::letter::Letter;
use crate::render::Templates;

/// Renders and sends letters.
pub struct SendMail {
    pub notifier: Arc<dyn Notifier>,
    pub templates: Templates,
    /// What the mail server puts up with.
    pub rate: Option<Rate>,
}

/// One mail: to whom, what, and under which id.
#[derive(Debug, Serialize, Deserialize)]
pub struct Mail {
    /// The event's: the same however often the event or the job comes.
    pub id: Id<MessageKind>,
    pub to: String,
    pub letter: Letter,
}

#[async_trait]
impl Job for SendMail {
    const KIND: &'static str = "shop.notifications.mail";
    type Payload = Mail;

    fn policy(&self) -> Policy {
        Policy {
            // A mail server that is away for a day still gets its mail.
            max_attempts: 40,
            longest_retry: Duration::from_secs(3_600),
            // Mails that are under way together share the commits of their beginnings and ends. How many are sent at once is
            // the notifier's to bound, and a mail server that minds how many come has the rate.
            concurrency: Jobs::CONCURRENCY,
            rate: self.rate,
            ..Policy::default()
        }
    }

    async fn run(&self, cx: &JobContext, mail: Mail) -> Result<()> {
        // An address that nothing can be sent to is for a person: the job is dead at once.
        let to: Address = mail.to.parse()?;
        let rendered = self.templates.render(&mail.letter)?;
        let message =
            Message::new(mail.id, to, mail.letter.subject(), rendered.text)?.with_html(rendered.html)?;
        let mut span = span_as(cx.ctx(), Role::Client, "send mail");
        let sent = self.notifier.send(&span.context(), &message).await;
        span.note(sent)
    }
}
