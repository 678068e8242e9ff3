//! How often somebody may ask: in all by address, in all by caller, and by caller for a route that says so.
//!
//! The allowances are kept behind the port `Limits`. When its engine does not answer, requests pass and it is counted: a
//! limit protects the service, and refusing everybody is what it was to prevent.

use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderValue;
use ipnet::IpNet;
use mainstay_core::{Principal, TenantId};
use mainstay_resilience::Rate;
use mainstay_resilience::limits::{Key, Limits};
use mainstay_telemetry::Counter;

use crate::codes::RATE_LIMITED;
use crate::metrics::Metrics;
use crate::options::RateOptions;
use crate::problem::Problem;
use crate::visit::Exchange;

/// Takes from allowances.
struct Taker {
    limits: Arc<dyn Limits>,
    exempt: Vec<IpNet>,
    refused: Counter,
    unanswered: Counter,
}

/// A rate, and how it is told.
struct Named {
    rate: Rate,
    policy: HeaderValue,
}

impl Named {
    fn new(name: &str, rate: Rate) -> Self {
        // The names are ours and those of routes.
        let quoted: String =
            name.chars().filter(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | ';')).collect();
        let text = format!("\"{quoted}\";q={};w={}", rate.burst(), window_seconds(&rate));
        Self { rate, policy: HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("\"\"")) }
    }
}

/// In which time a whole burst grows back.
fn window_seconds(rate: &Rate) -> u64 {
    let window = rate.interval().saturating_mul(rate.burst());
    window.as_secs() + u64::from(window.subsec_nanos() > 0)
}

impl Taker {
    fn new(limits: &Arc<dyn Limits>, options: &RateOptions, metrics: &Metrics) -> Self {
        Self {
            limits: Arc::clone(limits),
            exempt: options.exempt.clone(),
            refused: metrics.rate_limited.clone(),
            unanswered: metrics.limits_unanswered.clone(),
        }
    }

    fn is_exempt(&self, client: IpAddr) -> bool {
        self.exempt.iter().any(|network| network.contains(&client))
    }

    async fn take(
        &self,
        exchange: &mut Exchange,
        what: &str,
        who: &[u8],
        named: &Named,
    ) -> Result<(), Problem> {
        let key = Key { tenant: TenantId::SOLE, what, who };
        let verdict = match self.limits.take(&key, &named.rate).verdict().await {
            Ok(verdict) => verdict,
            Err(error) => {
                self.unanswered.inc();
                tracing::debug!(error = error.chain(), "the keeper of limits does not answer");
                return Ok(());
            }
        };
        let tightest = exchange.noted.allowance.as_ref();
        if tightest.is_none_or(|(known, _)| verdict.remaining < known.remaining || !verdict.allowed) {
            exchange.noted.allowance = Some((verdict, named.policy.clone()));
        }
        if verdict.allowed {
            return Ok(());
        }
        self.refused.inc();
        let error = RATE_LIMITED.error("that was too often; wait as long as Retry-After says");
        Err(error.retry_after(verdict.retry_after).into())
    }
}

/// All requests of one address.
pub(crate) struct ByAddress {
    of_all: Named,
    taker: Taker,
}

impl ByAddress {
    pub(super) fn new(limits: &Arc<dyn Limits>, options: &RateOptions, metrics: &Metrics) -> Self {
        Self { of_all: Named::new("address", options.address), taker: Taker::new(limits, options, metrics) }
    }

    pub(super) async fn take(&self, exchange: &mut Exchange) -> Result<(), Problem> {
        if self.of_all.rate.is_off() || self.taker.is_exempt(exchange.visit.client) {
            return Ok(());
        }
        let (who, length) = network_of(exchange.visit.client);
        self.taker.take(exchange, "address", &who[..length], &self.of_all).await
    }
}

/// Requests of one caller: all of them, and those to a route with a rate of its own.
pub(crate) struct ByCaller {
    of_all: Named,
    taker: Taker,
}

impl ByCaller {
    pub(super) fn new(limits: &Arc<dyn Limits>, options: &RateOptions, metrics: &Metrics) -> Self {
        Self { of_all: Named::new("caller", options.caller), taker: Taker::new(limits, options, metrics) }
    }

    pub(super) async fn take(&self, exchange: &mut Exchange) -> Result<(), Problem> {
        let of_route = exchange.policy.rate.filter(|rate| !rate.is_off());
        let of_all = !self.of_all.rate.is_off() && !self.taker.is_exempt(exchange.visit.client);
        if of_route.is_none() && !of_all {
            return Ok(());
        }
        // A visitor's session is had for the asking, so a visitor is known by the address.
        let known = match exchange.visit.context.get().map(|context| context.principal().clone()) {
            Some(Principal::Customer(account) | Principal::Staff(account)) => Some(*account.as_bytes()),
            Some(Principal::Service(_) | Principal::Anonymous(_)) | None => None,
        };
        if of_all && let Some(account) = &known {
            self.taker.take(exchange, "caller", account, &self.of_all).await?;
        }
        if let Some(rate) = of_route {
            let policy = Arc::clone(&exchange.policy);
            let named = Named::new(&policy.rate_name, rate);
            let (address, length) = network_of(exchange.visit.client);
            let who = known.as_ref().map_or(&address[..length], |account| &account[..]);
            self.taker.take(exchange, &policy.rate_name, who, &named).await?;
        }
        Ok(())
    }
}

/// Whoever has an IPv6 address has the 2^64 beside it as well.
fn network_of(client: IpAddr) -> ([u8; 16], usize) {
    let mut bytes = [0; 16];
    match client {
        IpAddr::V4(four) => {
            bytes[..4].copy_from_slice(&four.octets());
            (bytes, 4)
        }
        IpAddr::V6(six) => {
            bytes[..8].copy_from_slice(&six.octets()[..8]);
            (bytes, 8)
        }
    }
}
