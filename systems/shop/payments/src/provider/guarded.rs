//! A provider with a time limit, a bound on calls, a breaker, and a count and a span of each call.
//!
//! It does not retry by default: callers are sagas and jobs, which ask again with the same key, and retries multiply.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Money, Result, Stopwatch, Timestamp};
use mainstay_resilience::{Dependency, Options, RetryOptions};
use mainstay_telemetry::{Registry, span};

use crate::metrics::{Metrics, Operation};
use crate::model::{PaymentId, RefundId, Seen};
use crate::provider::{Page, Provider};

/// Options that suit a provider.
pub fn default_options() -> Options {
    Options { retry: RetryOptions { attempts: 1, ..RetryOptions::default() }, ..Options::default() }
}

/// A provider behind everything that stands between us and it.
pub struct Guarded<P> {
    provider: P,
    dependency: Dependency,
    metrics: Arc<Metrics>,
}

impl<P: Provider> Guarded<P> {
    pub fn new(
        provider: P,
        options: &Options,
        clock: &Clock,
        registry: &Registry,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { provider, dependency: Dependency::new("payment_provider", options, clock, registry), metrics }
    }

    async fn call<'a, T, F>(
        &'a self,
        operation: Operation,
        ctx: &Context,
        call: impl Fn(&'a P, Context) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut span = span(ctx, operation.span());
        let watch = Stopwatch::start();
        let outcome = self.dependency.call(&span.context(), |ctx| call(&self.provider, ctx)).await;
        self.metrics.called(operation, watch.elapsed(), outcome.is_err());
        span.note(outcome)
    }
}

#[async_trait]
impl<P: Provider> Provider for Guarded<P> {
    async fn authorise(&self, ctx: &Context, payment: PaymentId, amount: Money, token: &str) -> Result<Seen> {
        self.call(Operation::Authorise, ctx, |provider, ctx| async move {
            provider.authorise(&ctx, payment, amount, token).await
        })
        .await
    }

    async fn capture(&self, ctx: &Context, payment: PaymentId) -> Result<Seen> {
        self.call(
            Operation::Capture,
            ctx,
            |provider, ctx| async move { provider.capture(&ctx, payment).await },
        )
        .await
    }

    async fn void(&self, ctx: &Context, payment: PaymentId) -> Result<Seen> {
        self.call(Operation::Void, ctx, |provider, ctx| async move { provider.void(&ctx, payment).await })
            .await
    }

    async fn refund(
        &self,
        ctx: &Context,
        payment: PaymentId,
        refund: RefundId,
        amount: Money,
    ) -> Result<Seen> {
        self.call(Operation::Refund, ctx, |provider, ctx| async move {
            provider.refund(&ctx, payment, refund, amount).await
        })
        .await
    }

    async fn find(&self, ctx: &Context, payment: PaymentId) -> Result<Option<Seen>> {
        self.call(Operation::Find, ctx, |provider, ctx| async move { provider.find(&ctx, payment).await })
            .await
    }

    async fn list(&self, ctx: &Context, since: Timestamp, after: i64) -> Result<Page> {
        self.call(
            Operation::List,
            ctx,
            |provider, ctx| async move { provider.list(&ctx, since, after).await },
        )
        .await
    }
}
