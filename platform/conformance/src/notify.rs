//! What every engine that delivers messages must do.

use std::sync::Arc;

use futures::future::{BoxFuture, join_all};
use mainstay_core::{Clock, Context, Id, Result};
use mainstay_notify::{Address, Message, Notifier};

use crate::case::{Case, Outcome, ensure, same, told};

/// Fetches what was delivered so far.
pub type Delivered = Arc<dyn Fn() -> BoxFuture<'static, Result<Vec<Vec<u8>>>> + Send + Sync>;

/// An engine, and a way to see what it delivered so far, each message in its wire form.
#[derive(Clone)]
pub struct Delivery {
    pub notifier: Arc<dyn Notifier>,
    pub delivered: Delivered,
}

/// Every case of the port. What was delivered before is left alone.
pub fn cases(delivery: &Delivery) -> Vec<Case> {
    let case = |promise: &str, check: fn(Delivery) -> BoxFuture<'static, Outcome>| {
        let delivery = delivery.clone();
        Case::new(format!("notify: {promise}"), move || check(delivery))
    };
    vec![
        case("a message arrives with what it says", |d| Box::pin(arrives(d))),
        case("one id is delivered once, also to many at once", |d| Box::pin(once(d))),
        case("different ids are different messages", |d| Box::pin(apart(d))),
        case("text that looks like mail's own syntax stays text", |d| Box::pin(hostile(d))),
    ]
}

impl Delivery {
    async fn send(&self, message: &Message) -> Outcome {
        self.notifier.send(&Context::background("conformance"), message).await.map_err(told)
    }

    /// What was delivered with `mark` in it. Marks are words that no encoding of mail touches.
    async fn with(&self, mark: &str) -> Outcome<Vec<String>> {
        let all = (self.delivered)().await.map_err(told)?;
        let texts = all.iter().map(|mail| String::from_utf8_lossy(mail).into_owned());
        Ok(texts.filter(|mail| mail.contains(mark)).collect())
    }
}

// A word of this run alone.
fn mark() -> String {
    format!("mark{}", &Id::<mainstay_notify::MessageKind>::generate(&Clock::system()).to_string()[4..])
}

fn message(subject: &str, text: &str) -> Outcome<Message> {
    let to: Address = "ada@example.org".parse().map_err(told)?;
    Message::new(Id::generate(&Clock::system()), to, subject, text).map_err(told)
}

async fn arrives(delivery: Delivery) -> Outcome {
    let mark = mark();
    let message = message("Your order", &mark)?.with_html(format!("<p>{mark}</p>")).map_err(told)?;
    delivery.send(&message).await?;
    let found = delivery.with(&mark).await?;
    same("messages", found.len(), 1)?;
    for part in ["Subject: Your order", "ada@example.org", "text/plain", "text/html"] {
        ensure(found[0].contains(part), format!("the message has {part:?}"))?;
    }
    Ok(())
}

async fn once(delivery: Delivery) -> Outcome {
    let mark = mark();
    let message = message("Once", &mark)?;
    for sent in join_all((0..20).map(|_| delivery.send(&message))).await {
        sent?;
    }
    delivery.send(&message).await?;
    same("messages", delivery.with(&mark).await?.len(), 1)
}

async fn apart(delivery: Delivery) -> Outcome {
    let mark = mark();
    for sent in join_all((0..20).map(|_| async { delivery.send(&message("Same", &mark)?).await })).await {
        sent?;
    }
    same("messages", delivery.with(&mark).await?.len(), 20)
}

async fn hostile(delivery: Delivery) -> Outcome {
    let mark = mark();
    let text = format!("{mark}\r\n.\r\nBcc: eve@example.org\r\nFrom eve\r\n\r\n--boundary--\r\n");
    delivery.send(&message("Подтверждение — ¡listo! 🎁", &text)?).await?;
    let found = delivery.with(&mark).await?;
    same("messages", found.len(), 1)?;
    let head = found[0].split("\r\n\r\n").next().unwrap_or_default();
    ensure(head.is_ascii(), "headers are ASCII")?;
    ensure(!head.contains("eve@example.org"), "the text added no header")
}
