//! Notifications as the host mounts it. It has no ways in: it follows events and sends mail.

use std::sync::Arc;

use mainstay_core::{Clock, Result};
use mainstay_events::{Consumers, EventSource};
use mainstay_host::{Mounted, Scope, Service};
use mainstay_jobs::Jobs;
use mainstay_notify::Notifier;
use shop_orders_contracts as orders;

use crate::config::Config;
use crate::events;
use crate::render::Templates;
use crate::send_mail::SendMail;

/// Notifications, for [`Host::mount`](mainstay_host::Host::mount).
pub struct Notifications;

/// What notifications reaches.
pub struct Needs {
    /// Follows the orders' events.
    pub consumers: Consumers,
    /// Keeps mails until they are sent.
    pub jobs: Jobs,
    /// The orders' events.
    pub orders: Arc<dyn EventSource>,
    /// Sends mails.
    pub notifier: Arc<dyn Notifier>,
}

impl mainstay_host::Needs for Needs {
    fn gather(scope: &Scope) -> Result<Self> {
        // The tables are the platform's alone: the inbox and the jobs.
        scope.database(&[])?;
        Ok(Self {
            consumers: scope.consumers()?,
            jobs: scope.jobs()?,
            orders: scope.event_source(orders::SERVICE)?,
            notifier: scope.notifier(),
        })
    }
}

impl Service for Notifications {
    const NAME: &'static str = "shop.notifications";
    type Config = Config;
    type Needs = Needs;

    fn start(needs: Needs, config: Config, _: Clock) -> Result<Mounted> {
        let Needs { consumers, jobs, orders, notifier } = needs;
        jobs.register(SendMail { notifier, templates: Templates::new()?, rate: config.rate() })?;
        consumers.add(events::follow_orders(orders, jobs))?;
        Ok(Mounted::new())
    }
}
