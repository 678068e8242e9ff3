//! What the service consumes: orders' events, each of which may become a mail.

use std::sync::Arc;
use std::time::Duration;

use mainstay_events::{Consumer, EventSource, Subscription};
use mainstay_jobs::{Jobs, NewJob};
use shop_orders_contracts as orders;

use crate::letter::Letter;
use crate::send_mail::{Mail, SendMail};

/// The consumer's name: its position is kept under it.
const GROUP: &str = "shop.notifications.orders";

/// Nobody waits for a mail that closely.
const PACE: Duration = Duration::from_millis(20);

/// Follows the orders' events.
pub fn follow_orders(source: Arc<dyn EventSource>, jobs: Jobs) -> Consumer {
    Subscription::new(GROUP, &orders::TOPIC, source).pace(PACE).handle(move |tx, ctx, envelope, event| {
        let to = event.email.clone();
        if let Some(letter) = Letter::about(event)? {
            let mail = Mail { id: envelope.id.twin(), to, letter };
            jobs.enqueue(tx, ctx, NewJob::of::<SendMail>(&mail)?)?;
        }
        Ok(())
    })
}
